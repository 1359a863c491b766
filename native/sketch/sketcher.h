// Makes the codes of vectors in a space, some at a time.
#pragma once

#include "base/aligned.h"
#include "kernels/kernels.h"
#include "sketch/space.h"

namespace voronode {

inline constexpr int kRowLevels = 127;  // of stored rows; queries may have less

// How far codes are from the vector, on the safe side.
struct SketchError {
  double norm2;   // ‖x - μ‖²: not above it for L2, not below it for inner products
  double rho[3];  // not below ‖x' - x̂‖ / scale with 8, 6, 4 bits of the codes (0 for a zero vector)
};

class Sketcher {
 public:
  static constexpr size_t kBatch = kGroupRows;

  // levels: see Kernels::query_levels. Throws kNoMemory.
  Sketcher(const SketchSpace& space, int levels);

  // The vectors that sketch() is about: n ≤ kBatch, each of the space's dimension, kept by reference.
  void load(const float* const* x, size_t n) noexcept;

  // The sketch of vector i; codes: 4 · steps of them. False: the vector has no sketch, its codes are 0.
  bool sketch(size_t i, int8_t* codes, SketchRow* row, SketchError* error) const noexcept;

 private:
  const SketchSpace& space_;
  const int levels_;
  const float* x_[kBatch] = {};
  // With a reduction:
  AlignedArray<float> images_;
  AlignedArray<float> zeros_;
  AlignedArray<float> work_;
  float norms2_[kBatch];
};

}  // namespace voronode
