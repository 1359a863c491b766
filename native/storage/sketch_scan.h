// One pass of some queries over groups of rows by their sketches: filter a slab, look at the float32 rows of what
// survives.
#pragma once

#include <bit>
#include <vector>

#include "storage/scan.h"
#include "storage/sketches.h"

namespace voronode {

// Bytes of sketches that stay in the L2 cache while every query tile passes over them.
inline constexpr size_t kSlabBytes = size_t{384} << 10;
inline constexpr size_t kMaxSlabGroups = 128;
// A slab is worth its sketches while fewer than one row in this many survives; a survivor costs about as much as ten
// rows of a tiled float32 scan.
inline constexpr size_t kWorthwhile = 8;
// After a slab that was not, this many are scanned in float32 before sketches are tried again.
inline constexpr size_t kPause = 7;

class SketchScratch {
 public:
  SketchScratch(const SketchQueries& queries, size_t first, size_t nq, size_t stride)
      : slab_groups(std::clamp(kSlabBytes / stride, size_t{1}, kMaxSlabGroups)), masks(nq * slab_groups) {
    tests.reserve(nq);
    for (size_t i = 0; i < nq; ++i) tests.push_back(queries[first + i]);
  }

  const size_t slab_groups;
  AlignedArray<uint64_t> masks;
  std::vector<SketchQuery> tests;
};

// Computes the distances to the rows that the mask names (bit r: row begin + r) and hands them to the sink.
template <class Sink>
void look_at(const Blocks<float>::View& rows, size_t begin, uint64_t mask, const float* x, size_t q,
             DistanceKernel kernel, Sink& sink) {
  for (; mask != 0; mask &= mask - 1) {
    const size_t row = begin + static_cast<size_t>(std::countr_zero(mask));
    float key;
    kernel(x, 1, rows.row(row), 1, rows.width(), &key, 1);
    if (!(key > sink.threshold(q))) sink.accept(q, key, row);
  }
}

// Groups [begin, end), queries `first` … first + nq - 1 of `queries`, their vectors at xq.
template <class Sink>
void sketch_scan(const Blocks<float>::View& rows, const Sketches::View& sketches, size_t begin, size_t end,
                 const SketchQueries& queries, size_t first, const float* xq, size_t nq, DistanceKernel kernel,
                 ScanScratch& scan_scratch, const Cancel* cancel, Sink& sink) {
  const size_t d = rows.width();
  const size_t steps = (d + 3) / 4;
  const size_t stride = sketches.blocks().width();
  SketchScratch scratch(queries, first, nq, stride);
  size_t slab = std::min<size_t>(8, scratch.slab_groups);  // small at first, while the thresholds still fall fast
  size_t pause = 0;
  for (size_t b = 0; b < sketches.blocks().block_count(); ++b) {
    const auto block = sketches.blocks().block(b);
    const size_t block_end = std::min(end, block.begin + block.rows);
    for (size_t at = std::max(begin, block.begin); at < block_end;) {
      check(cancel);
      const size_t groups = std::min(block_end - at, slab);
      slab = std::min(2 * slab, scratch.slab_groups);
      if (pause > 0) {
        --pause;
        scan(rows, at * kGroupRows, (at + groups) * kGroupRows, xq, nq, kernel, scan_scratch, cancel, sink);
        at += groups;
        continue;
      }
      for (size_t q = 0; q < nq; ++q) queries.set_threshold(&scratch.tests[q], first + q, sink.threshold(q));
      uint64_t* const masks = scratch.masks.data();
      kernels().sketch_filter(scratch.tests.data(), nq, block.data + (at - block.begin) * stride, groups, steps, masks);
      size_t survivors = 0;
      for (size_t i = 0; i < nq * groups; ++i) survivors += static_cast<size_t>(std::popcount(masks[i]));
      if (survivors * kWorthwhile > nq * groups * kGroupRows) {
        pause = kPause;
        scan(rows, at * kGroupRows, (at + groups) * kGroupRows, xq, nq, kernel, scan_scratch, cancel, sink);
      } else {
        for (size_t q = 0; q < nq; ++q) {
          for (size_t g = 0; g < groups; ++g) {
            look_at(rows, (at + g) * kGroupRows, masks[q * groups + g], xq + q * d, q, kernel, sink);
          }
        }
      }
      at += groups;
    }
  }
}

}  // namespace voronode
