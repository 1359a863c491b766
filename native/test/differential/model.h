// What an index of any kind must answer, from the definitions alone (reference.h): every row of every visited list is
// looked at, and all is sorted.
#pragma once

#include <algorithm>
#include <vector>

#include "index/refine.h"
#include "test/differential/kind.h"
#include "test/ivf_model.h"
#include "test/reference.h"

namespace voronode::test {

struct ModelRow {
  idx_t label;           // of the outermost index
  std::vector<float> x;  // as it came
  std::vector<float> y;  // transformed, and through its code and back; empty: not known yet
  std::vector<float> z;  // as it came, through the code of the refinement and back; likewise
  size_t list;
};

class Model {
 public:
  Model(const Kind& kind, TransformChain chain, std::vector<float> centroids) : kind_(kind), chain_(std::move(chain)) {
    lists_.metric = kind.metric;
    lists_.d = transformed_d();
    lists_.centroids = std::move(centroids);
    lists_.lists.resize(kind.nlist);
  }

  const Kind& kind() const { return kind_; }
  std::vector<ModelRow>& rows() { return rows_; }
  const std::vector<ModelRow>& rows() const { return rows_; }

  size_t transformed_d() const { return chain_.empty() ? kind_.d : chain_.back()->d_out(); }

  // The transforms themselves are tested elsewhere. Throws as they do.
  std::vector<float> transformed(const float* x) const {
    std::vector<float> y(x, x + kind_.d);
    for (const auto& stage : chain_) {
      const std::vector<float> before = std::move(y);
      y.assign(stage->d_out(), 0);
      stage->apply(1, before.data(), y.data(), nullptr);
    }
    return y;
  }

  // Whether float32 can hold what becomes of n vectors.
  bool can_transform(size_t n, const float* x) const {
    try {
      for (size_t i = 0; i < n; ++i) transformed(x + i * kind_.d);
    } catch (const Error& error) {
      if (error.code() == Code::kOutOfRange) return false;
      throw;
    }
    return true;
  }

  // What look_up gives of a row; throws as the transforms do.
  std::vector<float> stored(const ModelRow& row) const {
    if (kind_.refined) return row.z;
    std::vector<float> x = row.y;
    for (auto stage = chain_.rbegin(); stage != chain_.rend(); ++stage) {
      const std::vector<float> after = std::move(x);
      x.assign((*stage)->d_in(), 0);
      (*stage)->reverse(after.data(), x.data());
    }
    return x;
  }

  void add(size_t n, const float* x, const std::vector<idx_t>& labels) {
    for (size_t i = 0; i < n; ++i) {
      const float* const row = x + i * kind_.d;
      std::vector<float> y = transformed(row);
      const size_t list = kind_.nlist == 0 ? 0 : lists_.nearest_lists(y.data(), 1)[0];
      if (kind_.coded()) y.clear();
      std::vector<float> z;
      if (!kind_.refined_by_code()) z.assign(row, row + kind_.d);
      rows_.push_back({labels[i], std::vector<float>(row, row + kind_.d), std::move(y), std::move(z), list});
    }
  }

  size_t remove(const IDSelector& selector) {
    const size_t gone = std::erase_if(rows_, [&](const ModelRow& row) { return selector.is_member(row.label); });
    if (!kind_.has_ids()) number();
    return gone;
  }

  // Labels of an index without ids: the positions.
  void number() {
    for (size_t i = 0; i < rows_.size(); ++i) rows_[i].label = static_cast<idx_t>(i);
  }

  idx_t next_label() const {
    idx_t max = -1;
    for (const ModelRow& row : rows_) max = std::max(max, row.label);
    return kind_.nlist > 0 && kind_.has_ids() ? max + 1 : static_cast<idx_t>(rows_.size());
  }

  Answer search(const float* x, size_t k, const SearchParams& params) const {
    Rows out{kind_.metric, kind_.d};
    Answer answer;
    const std::vector<Found> all = kind_.refined ? refined(x, nearest(x, params, wanted(k, factor_of(params))))
                                                 : reported(nearest(x, params, rows_.size()));
    out.append_row(all, k, &answer);
    return answer;
  }

  // As one query's answer.
  Answer range_search(const float* x, float radius, const SearchParams& params) const {
    const float sign = kind_.metric == Metric::kInnerProduct ? -1.0f : 1.0f;
    const auto outside = [&](float limit) { return [=](const Found& f) { return !(f.key < sign * limit); }; };
    std::vector<Found> all = nearest(x, params, rows_.size());
    if (kind_.refined) {
      for (Found& f : all) f.key = clamped(f.key);
      std::erase_if(all, outside(widened(radius, factor_of(params))));
      all = refined(x, all);
    } else {
      all = reported(all);
    }
    std::erase_if(all, outside(radius));
    Answer answer;
    for (const Found& found : all) {
      answer.distances.push_back(sign * found.key);
      answer.labels.push_back(found.label);
    }
    return answer;
  }

 private:
  static float factor_of(const SearchParams& params) { return static_cast<float>(params.get(kKFactor, 1)); }
  static size_t wanted(size_t k, float factor) {
    return std::max(k, static_cast<size_t>(static_cast<float>(k) * factor));
  }
  float widened(float radius, float factor) const {
    return kind_.metric == Metric::kInnerProduct && radius > 0 ? radius / factor : radius * factor;
  }

  // The nearest rows of the visited lists by what the lists hold, labelled by their place in rows_; ties as the lists
  // see them: by the label, or in a refined index by the position.
  std::vector<Found> nearest(const float* x, const SearchParams& params, size_t most) const {
    const std::vector<float> y = transformed(x);
    std::vector<char> visited(std::max<size_t>(1, kind_.nlist), kind_.nlist == 0);
    if (kind_.nlist > 0) {
      for (size_t list : lists_.nearest_lists(y.data(), static_cast<size_t>(params.get(kNprobe, 1)))) visited[list] = 1;
    }
    std::vector<Found> all;
    for (size_t i = 0; i < rows_.size(); ++i) {
      const ModelRow& row = rows_[i];
      if (!visited[row.list] || (params.filter != nullptr && !params.filter->is_member(row.label))) continue;
      all.push_back({reference_key(kind_.metric, y.data(), row.y.data(), y.size()), static_cast<idx_t>(i)});
    }
    std::sort(all.begin(), all.end(), [&](const Found& a, const Found& b) {
      if (kind_.refined) return before(a, b);
      return before({a.key, rows_[static_cast<size_t>(a.label)].label},
                    {b.key, rows_[static_cast<size_t>(b.label)].label});
    });
    if (all.size() > most) all.resize(most);
    return all;
  }

  // Cosines are answered within [-1, 1]; their order is settled before.
  float clamped(float key) const {
    const bool cosine = kind_.norms > 0 && kind_.metric == Metric::kInnerProduct;
    return cosine ? std::clamp(key, -1.0f, 1.0f) : key;
  }

  std::vector<Found> reported(std::vector<Found> found) const {
    for (Found& f : found) f = {clamped(f.key), rows_[static_cast<size_t>(f.label)].label};
    return found;
  }

  // Candidates in the order of their vectors as they came.
  std::vector<Found> refined(const float* x, std::vector<Found> candidates) const {
    for (Found& f : candidates) {
      const ModelRow& row = rows_[static_cast<size_t>(f.label)];
      f = {reference_key(kind_.metric, x, row.z.data(), kind_.d), row.label};
    }
    std::sort(candidates.begin(), candidates.end(), before);
    return candidates;
  }

  Kind kind_;
  TransformChain chain_;
  IvfModel lists_;
  std::vector<ModelRow> rows_;
};

}  // namespace voronode::test
