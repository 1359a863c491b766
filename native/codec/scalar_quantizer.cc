#include "codec/scalar_quantizer.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

#include "base/error.h"
#include "base/thread_pool.h"

namespace voronode {
namespace {

using Ranges = ScalarTraits::Ranges;

constexpr size_t kTaskRows = 2048;
constexpr float kAny = std::numeric_limits<float>::infinity();
// The largest half, 65504, and the largest upper half, each and half a step: from there on floats become infinite.
constexpr float kHalfOverflow = 0x1.FFEp15f;
constexpr float kUpperHalfOverflow = 0x1.FFp127f;
// The floats before these.
constexpr float kMostHalf = 0x1.FFDFFEp15f;
constexpr float kMostUpperHalf = 0x1.FEFFFEp127f;

constexpr ScalarTraits kTraits[] = {
    {ScalarCode::k8bit, "SQ8", "QT_8bit", Ranges::kOfDimensions, -kAny, kAny},
    {ScalarCode::k6bit, "SQ6", "QT_6bit", Ranges::kOfDimensions, -kAny, kAny},
    {ScalarCode::k4bit, "SQ4", "QT_4bit", Ranges::kOfDimensions, -kAny, kAny},
    {ScalarCode::kFp16, "SQfp16", "QT_fp16", Ranges::kNone, -kMostHalf, kHalfOverflow},
    {ScalarCode::kBf16, "SQbf16", "QT_bf16", Ranges::kNone, -kMostUpperHalf, kUpperHalfOverflow},
    {ScalarCode::k8bitDirect, "SQ8_direct", "QT_8bit_direct", Ranges::kNone, 0, 256},
    {ScalarCode::k8bitDirectSigned, "SQ8_direct_signed", "QT_8bit_direct_signed", Ranges::kNone, -128, 128},
    {ScalarCode::k8bitUniform, "SQ8_uniform", "QT_8bit_uniform", Ranges::kOne, -kAny, kAny},
    {ScalarCode::k4bitUniform, "SQ4_uniform", "QT_4bit_uniform", Ranges::kOne, -kAny, kAny},
};

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

[[noreturn]] void refuse_range(size_t component) {
  throw Error(Code::kInvalidArgValue,
              format("The vectors differ by more than float32 can hold in component %zu: the codes have no range for "
                     "it. Scale the vectors down",
                     component));
}

// vmin and vdiff of all components together: at [0] and [1].
std::vector<float> joined(const std::vector<float>& ranges, const std::vector<float>& high) {
  const size_t d = high.size();
  const float low = *std::min_element(ranges.begin(), ranges.begin() + static_cast<ptrdiff_t>(d));
  const auto greatest = std::max_element(high.begin(), high.end());
  const float diff = *greatest - low;
  if (!std::isfinite(diff)) refuse_range(static_cast<size_t>(greatest - high.begin()));
  return {low, diff};
}

// Puts the code of one component, of so many bits, at its place among the others of a row of zeros.
void put_bits(uint8_t* code, size_t j, size_t bits, unsigned value) noexcept {
  const size_t at = j * bits;
  const unsigned placed = value << at % 8;
  code[at / 8] = static_cast<uint8_t>(code[at / 8] | placed);
  if (placed > 0xFF) code[at / 8 + 1] = static_cast<uint8_t>(code[at / 8 + 1] | placed >> 8);
}

// What part of the range the value lies at, in a whole number of so many bits. Faiss computes in double but for bytes.
unsigned spaced(float part, size_t bits) noexcept {
  const float within = std::clamp(part, 0.0f, 1.0f);
  if (bits == 8) return static_cast<unsigned>(255.0f * within);
  return static_cast<unsigned>(static_cast<double>(within) * ((1 << bits) - 1));
}

}  // namespace

std::span<const ScalarTraits> scalar_traits() noexcept { return kTraits; }

const ScalarTraits* find_scalar_code(int64_t number) noexcept {
  for (const ScalarTraits& each : kTraits) {
    if (static_cast<int64_t>(each.code) == number) return &each;
  }
  return nullptr;
}

const ScalarTraits& traits(ScalarCode code) noexcept { return *find_scalar_code(static_cast<int64_t>(code)); }

ScalarQuantizer::ScalarQuantizer(size_t d, ScalarCode code) : d_(d), code_(code) {
  if (learns()) {
    vmin_.resize(d);
    vdiff_.resize(d);
  } else if (code == ScalarCode::k8bitDirect || code == ScalarCode::k8bitDirectSigned) {
    vmin_.assign(d, traits(code).least);
  }
}

size_t ScalarQuantizer::trained_size() const noexcept {
  switch (traits(code_).ranges) {
    case Ranges::kNone:
      return 0;
    case Ranges::kOne:
      return 2;
    case Ranges::kOfDimensions:
      return 2 * d_;
  }
  return 0;
}

void ScalarQuantizer::set_trained(std::vector<float> trained) noexcept {
  if (trained.size() != trained_size()) trained.clear();
  trained_ = std::move(trained);
  const size_t step = traits(code_).ranges == Ranges::kOne ? 0 : 1;
  for (size_t j = 0; j < d_ && !trained_.empty(); ++j) {
    vmin_[j] = trained_[j * step];
    vdiff_[j] = trained_[trained_.size() / 2 + j * step];
  }
}

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
    if (!std::isfinite(all.low[j]) || !std::isfinite(out.back())) refuse_range(j);
  }
  if (traits(code_).ranges == Ranges::kOne) out = joined(out, all.high);
  const size_t bad = first_infinite_range(out);
  if (bad < out.size() / 2) refuse_range(bad);
  return out;
}

// The greatest code stands for a bit more than the greatest value of the training.
size_t ScalarQuantizer::first_infinite_range(const std::vector<float>& trained) const noexcept {
  const auto most = static_cast<float>((1 << scalar_code_bits(code_)) - 1);
  const size_t count = trained.size() / 2;
  for (size_t j = 0; j < count; ++j) {
    if (!std::isfinite(trained[j] + (most + 0.5f) / most * trained[count + j])) return j;
  }
  return count;
}

void ScalarQuantizer::encode(const float* x, const float* centroid, uint8_t* code) const noexcept {
  const size_t bits = scalar_code_bits(code_);
  std::memset(code, 0, code_size());
  for (size_t j = 0; j < d_; ++j) {
    const float value = centroid != nullptr ? x[j] - centroid[j] : x[j];
    if (bits == 16) {
      const uint16_t half = code_ == ScalarCode::kFp16 ? to_half(value) : to_upper_half(value);
      std::memcpy(code + 2 * j, &half, sizeof half);
    } else if (learns()) {
      put_bits(code, j, bits, spaced(vdiff_[j] != 0 ? (value - vmin_[j]) / vdiff_[j] : 0.0f, bits));
    } else {
      // Summed in float32, as in Faiss; where that gives 256, Faiss's code begins anew at 0.
      code[j] = static_cast<uint8_t>(static_cast<int>(std::min(value - vmin_[j], 255.0f)));
    }
  }
}

size_t ScalarQuantizer::first_without_code(const float* x, const float* centroid) const noexcept {
  const ScalarTraits& code = traits(code_);
  if (learns()) return d_;
  for (size_t j = 0; j < d_; ++j) {
    const float value = centroid != nullptr ? x[j] - centroid[j] : x[j];
    if (!(value >= code.least && value < code.beyond)) return j;
  }
  return d_;
}

uint16_t to_half(float x) noexcept {
  const uint32_t bits = std::bit_cast<uint32_t>(x);
  const uint32_t sign = bits >> 16 & 0x8000;
  const uint32_t magnitude = bits & 0x7FFFFFFF;
  uint32_t half;
  if (magnitude < 0x38800000) {
    // Below 2⁻¹⁴, the least normal half: a multiple of 2⁻²⁴.
    const float steps = std::bit_cast<float>(magnitude) * 0x1p24f;
    const float whole = std::floor(steps);
    half = static_cast<uint32_t>(whole) + (steps - whole >= 0.5f ? 1 : 0);
  } else if (magnitude < 0x47800000) {
    // Below 2¹⁶: the exponent's bias goes from 127 to 15, 13 of the fraction's bits away.
    half = (magnitude - 0x38000000 + 0x1000) >> 13;
  } else {
    half = magnitude > 0x7F800000 ? 0x7E00 : 0x7C00;
  }
  return static_cast<uint16_t>(sign | half);
}

uint16_t to_upper_half(float x) noexcept { return static_cast<uint16_t>((std::bit_cast<uint32_t>(x) + 0x8000) >> 16); }

}  // namespace voronode
