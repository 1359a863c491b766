// Faiss's scalar quantizer: a component in a few bits. What the codes mean is in kernels/kernels.h.
//
//   SQ8, SQ6, SQ4      evenly spaced between the least and the greatest of its dimension in the training
//   SQ8_uniform, SQ4_uniform       the same between the least and the greatest of all components
//   SQfp16, SQbf16     a half-precision float; the upper half of a float32, with its range and 8 significant bits
//   SQ8_direct, SQ8_direct_signed  whole numbers of a byte, as they are: 0 … 255, -128 … 127
//
// Spaced codes are truncated, not rounded: 255 · (x - vmin) / vdiff, cut to the range; decoding puts a code into the
// middle of its interval. Components outside the range of the training become its ends. Halves, whole and upper, are
// rounded to nearest, ties away from zero; direct ones are rounded down, in float32: all as Faiss does it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "base/cancel.h"
#include "kernels/kernels.h"

namespace voronode {

// What there is to know of a code.
struct ScalarTraits {
  ScalarCode code;
  const char* name;        // in the API, and, but for the uniform ones, in Faiss's descriptions
  const char* faiss_name;  // of its enumeration
  enum class Ranges { kNone, kOne, kOfDimensions } ranges;  // learned
  // Components that have a code: ≥ least, < beyond.
  float least, beyond;
};

// All codes, in the order in which they are told.
std::span<const ScalarTraits> scalar_traits() noexcept;
const ScalarTraits& traits(ScalarCode code) noexcept;
// The code with this number of Faiss's; null: there is none.
const ScalarTraits* find_scalar_code(int64_t number) noexcept;

// Whether an inverted file is to code differences from centroids, as Faiss always does. Direct codes are of whole
// numbers, which differences are not.
constexpr bool codes_differences(ScalarCode code) noexcept {
  return code != ScalarCode::k8bitDirect && code != ScalarCode::k8bitDirectSigned;
}

class ScalarQuantizer {
 public:
  ScalarQuantizer(size_t d, ScalarCode code);

  size_t d() const noexcept { return d_; }
  ScalarCode code() const noexcept { return code_; }
  size_t code_size() const noexcept { return scalar_row_bytes(code_, d_); }  // bytes of a vector
  bool learns() const noexcept { return traits(code_).ranges != ScalarTraits::Ranges::kNone; }
  // Of trained(), as Faiss has it: vmin, then vdiff, of every dimension or of all; 0 if nothing is learned.
  size_t trained_size() const noexcept;

  // What trained() should be, of the n ≥ 1 vectors that row(i, out of size d) writes. The same for any number of
  // threads. kInvalidArgValue if a range is not finite.
  using Row = std::function<void(size_t i, float* out)>;
  std::vector<float> learn(size_t n, const Row& row, const Cancel* cancel) const;

  // The first range, of trained_size() / 2, whose greatest code stands for no finite number; if there is none, how many
  // there are.
  size_t first_infinite_range(const std::vector<float>& trained) const noexcept;

  // Of size trained_size(), or empty: not trained.
  const std::vector<float>& trained() const noexcept { return trained_; }
  void set_trained(std::vector<float> trained) noexcept;

  // The code of x - centroid (null: of x). REQUIRES: trained, if it learns; components that have a code.
  void encode(const float* x, const float* centroid, uint8_t* code) const noexcept;

  // The first component of x - centroid (null: of x) that has no code; d if all have.
  size_t first_without_code(const float* x, const float* centroid) const noexcept;

  // Codes side by side; centroid: null, or what their vectors are relative to.
  ScalarRows rows(const uint8_t* codes, const float* centroid) const noexcept {
    return {code_, codes, vmin_.data(), vdiff_.data(), centroid};
  }

 private:
  size_t d_;
  ScalarCode code_;
  std::vector<float> trained_;
  std::vector<float> vmin_, vdiff_;  // of every dimension, as the kernels take them; empty if nothing is learned
};

// To nearest, ties away from zero; beyond the largest half an infinity.
uint16_t to_half(float x) noexcept;

// The upper half of a float32, to nearest, ties away from zero.
uint16_t to_upper_half(float x) noexcept;

}  // namespace voronode
