// Making the sketches of 64 rows, and where their planes lie in a block of groups (kernels.h has the layout of a group,
// bound.h the idea and the bound).
//
// A block with room for `capacity` groups holds the high planes of all, then the middle ones, then the low ones.
#pragma once

#include "base/aligned.h"
#include "kernels/kernels.h"
#include "sketch/sketcher.h"
#include "sketch/space.h"

namespace voronode {

// Bytes of a group, of all planes together.
inline size_t sketch_group_bytes(size_t steps) noexcept {
  return SketchPlanes::high_bytes(steps) + 2 * SketchPlanes::other_bytes(steps);
}

// Group i of a block; those of i + 1, … follow side by side.
inline SketchPlanes sketch_planes(const uint8_t* block, size_t capacity, size_t i, size_t steps) noexcept {
  const size_t high = SketchPlanes::high_bytes(steps);
  const size_t other = SketchPlanes::other_bytes(steps);
  const uint8_t* const middle = block + capacity * high;
  return {block + i * high, middle + i * other, middle + (capacity + i) * other};
}

// Copies group i of a block with room for `capacity` groups to place j of another, of `room`.
void copy_sketch_group(const uint8_t* block, size_t capacity, size_t i, uint8_t* to, size_t room, size_t j,
                       size_t steps) noexcept;

// For one thread: holds what it needs to make group after group.
class SketchMaker {
 public:
  explicit SketchMaker(const SketchSpace& space);

  // The sketches of rows[0 … 63], each of size d, as group i of a block.
  void make(const float* const* rows, uint8_t* block, size_t capacity, size_t i) noexcept;

  // The high plane alone, of `count` ≤ 64 rows: SketchPlanes::high_bytes() at `high`. The places behind them have the
  // bound infinity.
  void make_high(const float* const* rows, size_t count, uint8_t* high) noexcept;

  // The sketches of `count` ≤ 64 rows in the layout for batches, until the next call. The places behind them have the
  // bound infinity.
  const uint8_t* code(const float* const* rows, size_t count) noexcept;

 private:
  float lower_norm(const float* y, double norm2) const noexcept;
  void store(uint8_t* block, size_t capacity, size_t i) const noexcept;

  const SketchSpace& space_;
  Sketcher sketcher_;
  AlignedArray<uint8_t> lines_;  // the group in the layout for batches
  AlignedArray<int8_t> codes_;   // of one row
};

}  // namespace voronode
