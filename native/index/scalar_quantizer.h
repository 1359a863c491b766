// Faiss's scalar quantizer: a component in a byte, evenly spaced between the least and the greatest of its dimension
// (SQ8), or as a half-precision float (SQfp16). What the codes mean is in kernels/kernels.h.
//
// SQ8 codes are truncated, not rounded: 255 · (x - vmin) / vdiff, cut to the range; decoding puts a code into the
// middle of its interval. Components outside the range of the training become its ends. Halves are rounded to nearest,
// ties to even.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include "base/cancel.h"
#include "kernels/kernels.h"

namespace voronode {

class ScalarQuantizer {
 public:
  ScalarQuantizer(size_t d, ScalarCode code) : d_(d), code_(code) {}

  size_t d() const noexcept { return d_; }
  ScalarCode code() const noexcept { return code_; }
  size_t code_size() const noexcept { return d_ * scalar_code_bytes(code_); }  // bytes of a vector
  bool learns() const noexcept { return code_ == ScalarCode::k8bit; }

  // What trained() should be, of size 2 d or empty: vmin, then vdiff of every dimension, of the n ≥ 1 vectors that
  // row(i, out of size d) writes. The same for any number of threads. kInvalidArgValue if a range is not finite.
  using Row = std::function<void(size_t i, float* out)>;
  std::vector<float> learn(size_t n, const Row& row, const Cancel* cancel) const;

  const std::vector<float>& trained() const noexcept { return trained_; }
  void set_trained(std::vector<float> trained) noexcept { trained_ = std::move(trained); }

  // The code of x - centroid (null: of x). REQUIRES: trained, if it learns; x finite.
  void encode(const float* x, const float* centroid, uint8_t* code) const noexcept;

  // The first component of x - centroid (null: of x) that is too large for a half; d if there is none.
  size_t first_without_code(const float* x, const float* centroid) const noexcept;

  // Codes side by side; centroid: null, or what their vectors are relative to.
  ScalarRows rows(const uint8_t* codes, const float* centroid) const noexcept {
    return {code_, codes, trained_.data(), trained_.data() + (learns() ? d_ : 0), centroid};
  }

 private:
  size_t d_;
  ScalarCode code_;
  std::vector<float> trained_;
};

// To nearest, ties to even; beyond the largest half an infinity.
uint16_t to_half(float x) noexcept;

// From this magnitude on floats become infinite halves: 65504, the largest, and half a step.
inline constexpr float kHalfOverflow = 65520.0f;

}  // namespace voronode
