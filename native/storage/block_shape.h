// Where the blocks of an append-only table begin and end: arithmetic only, no memory.
//
//   block     0     1     2      3      …   b ≤ c            b > c
//   capacity  base  base  2base  4base  …   base << (b-1)    top          c: the block at which top is reached
//   begin     0     base  2base  4base  …   base << (b-1)    top * (b - c + 1)
#pragma once

#include <bit>
#include <cstddef>

#include "base/checked.h"

namespace voronode {

// Small enough that thousands of tiny indexes are cheap.
inline constexpr size_t kBaseBytes = size_t{16} << 10;
// Large enough that the table of blocks stays short (256 entries a GiB), small against the rows of a big index (peak
// memory).
inline constexpr size_t kTopBytes = size_t{4} << 20;
inline constexpr size_t kMinBlockRows = 16;  // kernels take rows in groups of up to 16

// What bounds the size of a block.
struct BlockSizes {
  size_t base_bytes = kBaseBytes;
  size_t top_bytes = kTopBytes;
  size_t min_rows = kMinBlockRows;
};

struct BlockShape {
  // Throws kNoMemory if a row of width items of item_bytes is beyond the address space.
  BlockShape(size_t width_, size_t item_bytes, const BlockSizes& sizes = {})
      : width(width_),
        base(rows_near(sizes.base_bytes, checked_mul(width_, item_bytes), sizes.min_rows)),
        top(rows_near(sizes.top_bytes, width_ * item_bytes, sizes.min_rows)),
        doublings(static_cast<size_t>(std::countr_zero(top)) - static_cast<size_t>(std::countr_zero(base))) {}

  size_t capacity(size_t b) const noexcept { return b == 0 ? base : b > doublings ? top : base << (b - 1); }
  size_t begin(size_t b) const noexcept {
    if (b == 0) return 0;
    return b > doublings ? top * (b - doublings) : base << (b - 1);
  }
  size_t block_of(size_t i) const noexcept {
    if (i >= top) return doublings + i / top;
    return static_cast<size_t>(std::bit_width(i / base));
  }

  size_t width;
  size_t base;
  size_t top;
  size_t doublings;  // base << doublings == top

 private:
  static size_t rows_near(size_t bytes, size_t row_bytes, size_t least) noexcept {
    const size_t rows = bytes / (row_bytes == 0 ? 1 : row_bytes);
    return std::bit_floor(rows < least ? least : rows);
  }
};

}  // namespace voronode
