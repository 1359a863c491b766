// What a search must answer, from the definitions alone: the distance of kernels.h one component at a time, a scan of
// every row, a full sort.
#pragma once

#include <algorithm>
#include <bit>
#include <cfloat>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include "index/index.h"

namespace voronode::test {

inline constexpr Metric kAllMetrics[] = {Metric::kL2, Metric::kInnerProduct, Metric::kL1, Metric::kLinf};

// Equal bits; NaNs count as equal (their sign and payload are the processor's).
inline bool same(float a, float b) {
  return std::bit_cast<uint32_t>(a) == std::bit_cast<uint32_t>(b) || (std::isnan(a) && std::isnan(b));
}

inline bool same(const std::vector<float>& a, const std::vector<float>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](float x, float y) { return same(x, y); });
}

// The key of kernels.h: ‖x - y‖², -x·y, Σ |x - y| or max |x - y|. Behind the last component there are zeros up to a
// multiple of 16: they turn a lane that has come to -0 into 0.
inline float reference_key(Metric metric, const float* x, const float* y, size_t d) {
  float lanes[16] = {};
  for (size_t j = 0; j < (d + 15) / 16 * 16; ++j) {
    float& lane = lanes[j % 16];
    const float a = j < d ? x[j] : 0.0f;
    const float b = j < d ? y[j] : 0.0f;
    if (metric == Metric::kL2) lane = std::fma(a - b, a - b, lane);
    if (metric == Metric::kInnerProduct) lane = std::fma(a, b, lane);
    if (metric == Metric::kL1) lane += std::fabs(a - b);
    if (metric == Metric::kLinf) lane = std::max(lane, std::fabs(a - b));
  }
  if (metric == Metric::kLinf) return *std::max_element(lanes, lanes + 16);
  for (size_t half = 8; half > 0; half /= 2) {
    for (size_t l = 0; l < half; ++l) lanes[l] += lanes[l + half];
  }
  return metric == Metric::kInnerProduct ? -lanes[0] : lanes[0];
}

struct Found {
  float key;
  idx_t label;
};

// Smaller keys first, NaN last, ties by the smaller label.
inline bool before(const Found& a, const Found& b) {
  if (std::isnan(a.key) != std::isnan(b.key)) return std::isnan(b.key);
  if (a.key < b.key || a.key > b.key) return a.key < b.key;
  return a.label < b.label;
}

struct Answer {
  std::vector<float> distances;
  std::vector<idx_t> labels;
  bool operator==(const Answer& other) const { return labels == other.labels && same(distances, other.distances); }
};

// Some rows with their labels (none: the positions), as a naive index.
struct Rows {
  Metric metric;
  size_t d;
  std::vector<float> x = {};
  std::vector<idx_t> ids = {};

  size_t size() const { return x.size() / d; }
  idx_t label(size_t row) const { return ids.empty() ? static_cast<idx_t>(row) : ids[row]; }

  // Every row that the filter lets pass, sorted.
  std::vector<Found> ranking(const float* query, const IDSelector* filter = nullptr) const {
    std::vector<Found> all;
    for (size_t i = 0; i < size(); ++i) {
      if (filter != nullptr && !filter->is_member(label(i))) continue;
      all.push_back({reference_key(metric, query, x.data() + i * d, d), label(i)});
    }
    std::sort(all.begin(), all.end(), before);
    return all;
  }

  float sign() const { return metric == Metric::kInnerProduct ? -1.0f : 1.0f; }

  Answer search(size_t nq, const float* xq, size_t k, const IDSelector* filter = nullptr) const {
    Answer out;
    for (size_t q = 0; q < nq; ++q) append_row(ranking(xq + q * d, filter), k, &out);
    return out;
  }

  void append_row(const std::vector<Found>& ranking, size_t k, Answer* out) const {
    for (size_t i = 0; i < k; ++i) {
      out->distances.push_back(sign() * (i < ranking.size() ? ranking[i].key : FLT_MAX));
      out->labels.push_back(i < ranking.size() ? ranking[i].label : -1);
    }
  }

  RangeResult range_search(size_t nq, const float* xq, float radius, const IDSelector* filter = nullptr) const {
    RangeResult out;
    out.lims.push_back(0);
    for (size_t q = 0; q < nq; ++q) {
      for (const Found& found : ranking(xq + q * d, filter)) {
        const float distance = sign() * found.key;
        if (!(metric == Metric::kInnerProduct ? distance > radius : distance < radius)) continue;
        out.distances.push_back(distance);
        out.labels.push_back(found.label);
      }
      out.lims.push_back(out.labels.size());
    }
    return out;
  }
};

inline Answer search(const Index& index, size_t nq, const float* xq, size_t k, const SearchParams& params = {}) {
  Answer out;
  out.distances.assign(nq * k, -7.0f);  // values that no search gives
  out.labels.assign(nq * k, -7);
  index.search(nq, xq, k, params, out.distances.data(), out.labels.data());
  return out;
}

inline bool same(const RangeResult& a, const RangeResult& b) {
  return a.lims == b.lims && a.labels == b.labels && same(a.distances, b.distances);
}

}  // namespace voronode::test
