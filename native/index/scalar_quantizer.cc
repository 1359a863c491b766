#include "index/scalar_quantizer.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>

#include "base/error.h"
#include "base/thread_pool.h"

namespace voronode {
namespace {

constexpr size_t kTaskRows = 2048;

struct Extremes {
  std::vector<float> low, high;

  void take(const float* row) noexcept {
    for (size_t j = 0; j < low.size(); ++j) {
      // Of equal ones (zeros of both signs) the first stays, as in Faiss.
      low[j] = row[j] < low[j] ? row[j] : low[j];
      high[j] = row[j] > high[j] ? row[j] : high[j];
    }
  }
};

Extremes extremes_of(size_t begin, size_t end, size_t d, const ScalarQuantizer::Row& row) {
  std::vector<float> x(d);
  row(begin, x.data());
  Extremes out{x, x};
  for (size_t i = begin + 1; i < end; ++i) {
    row(i, x.data());
    out.take(x.data());
  }
  return out;
}

}  // namespace

std::vector<float> ScalarQuantizer::learn(size_t n, const Row& row, const Cancel* cancel) const {
  if (!learns()) return {};
  std::vector<Extremes> parts((n + kTaskRows - 1) / kTaskRows);
  ThreadPool::instance().parallel_for(parts.size(), cancel, [&](size_t p) {
    parts[p] = extremes_of(p * kTaskRows, std::min(n, (p + 1) * kTaskRows), d_, row);
  });
  Extremes all = parts.front();
  for (const Extremes& part : parts) {
    all.take(part.low.data());
    all.take(part.high.data());
  }
  std::vector<float> out = all.low;
  for (size_t j = 0; j < d_; ++j) {
    out.push_back(all.high[j] - all.low[j]);
    if (std::isfinite(all.low[j]) && std::isfinite(out.back())) continue;
    throw Error(Code::kInvalidArgValue,
                format("The vectors differ by more than float32 can hold in component %zu: SQ8 codes have no range for "
                       "it. Scale the vectors down",
                       j));
  }
  return out;
}

void ScalarQuantizer::encode(const float* x, const float* centroid, uint8_t* code) const noexcept {
  const float* const vmin = trained_.data();
  const float* const vdiff = vmin + (learns() ? d_ : 0);
  for (size_t j = 0; j < d_; ++j) {
    const float value = centroid != nullptr ? x[j] - centroid[j] : x[j];
    if (code_ == ScalarCode::kFp16) {
      const uint16_t half = to_half(value);
      std::memcpy(code + 2 * j, &half, sizeof half);
    } else {
      const float part = vdiff[j] != 0 ? (value - vmin[j]) / vdiff[j] : 0.0f;
      code[j] = static_cast<uint8_t>(static_cast<int>(255.0f * std::clamp(part, 0.0f, 1.0f)));
    }
  }
}

size_t ScalarQuantizer::first_without_code(const float* x, const float* centroid) const noexcept {
  for (size_t j = 0; j < d_; ++j) {
    const float value = centroid != nullptr ? x[j] - centroid[j] : x[j];
    if (!(std::fabs(value) < kHalfOverflow)) return j;
  }
  return d_;
}

uint16_t to_half(float x) noexcept {
  const uint32_t bits = std::bit_cast<uint32_t>(x);
  const uint32_t sign = bits >> 16 & 0x8000;
  const uint32_t magnitude = bits & 0x7FFFFFFF;
  uint32_t half;
  if (magnitude < 0x38800000) {
    // Below 2⁻¹⁴, the least normal half. The last bit of a float at 0.5 weighs 2⁻²⁴, as that of such halves: adding
    // rounds as it should.
    half = std::bit_cast<uint32_t>(std::bit_cast<float>(magnitude) + 0.5f) - 0x3F000000;
  } else if (magnitude < 0x47800000) {
    // Below 2¹⁶: the exponent's bias goes from 127 to 15, 13 of the fraction's bits away.
    half = (magnitude - 0x38000000 + 0xFFF + (magnitude >> 13 & 1)) >> 13;
  } else {
    half = magnitude > 0x7F800000 ? 0x7E00 : 0x7C00;
  }
  return static_cast<uint16_t>(sign | half);
}

}  // namespace voronode
