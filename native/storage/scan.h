// One pass of some queries over a run of rows: distances in cache-sized pieces, a threshold test, the few survivors to
// a sink.
//
// A Sink decides what a query keeps:
//   float threshold(size_t q)                            keys above it are not wanted
//   void accept(size_t q, float key, size_t row)         a candidate (or a NaN); may tighten the threshold
#pragma once

#include <algorithm>
#include <cstdint>

#include "base/aligned.h"
#include "base/poll.h"
#include "kernels/kernels.h"
#include "storage/blocks.h"
#include "storage/metric.h"

namespace voronode {

// Rows per call of a kernel: their bytes stay in the L2 cache (1 MiB and up on servers of today, 256 KiB at the least)
// while every query tile passes over them.
inline constexpr size_t kPieceBytes = size_t{128} << 10;
inline constexpr size_t kMaxPieceRows = 1024;  // bounds the distance buffer: 4 KiB a query, in L1 while it is tested
// Queries of one call of the kernel: their distances to a piece stay in L2 as well.
inline constexpr size_t kCallQueries = 24;

class ScanScratch {
 public:
  explicit ScanScratch(size_t d)
      : piece_rows(std::clamp(kPieceBytes / (d * sizeof(float)), size_t{16}, kMaxPieceRows) & ~size_t{15}),
        distances(kCallQueries * piece_rows),
        positions(piece_rows) {}

  const size_t piece_rows;
  AlignedArray<float> distances;
  AlignedArray<uint32_t> positions;
};

// n rows that lie together, at most piece_rows; row_of(i): the number of the i-th.
template <class Sink, class RowOf>
void scan_piece(const float* piece, size_t n, size_t d, const float* xq, size_t nq, DistanceKernel kernel,
                ScanScratch& scratch, Sink& sink, const RowOf& row_of) {
  float* const distances = scratch.distances.data();
  uint32_t* const positions = scratch.positions.data();
  for (size_t first = 0; first < nq; first += kCallQueries) {
    const size_t queries = std::min(nq - first, kCallQueries);
    kernel(xq + first * d, queries, piece, n, d, distances, scratch.piece_rows);
    for (size_t q = 0; q < queries; ++q) {
      const float* const row = distances + q * scratch.piece_rows;
      const size_t found = kernels().select_not_above(row, n, sink.threshold(first + q), positions);
      for (size_t i = 0; i < found; ++i) sink.accept(first + q, row[positions[i]], row_of(positions[i]));
    }
  }
}

// Rows [begin, end) of the view, queries xq: nq × d.
template <class Sink>
void scan(const Blocks<float>::View& rows, size_t begin, size_t end, const float* xq, size_t nq, DistanceKernel kernel,
          ScanScratch& scratch, const Cancel* cancel, Sink& sink) {
  const size_t d = rows.width();
  for (size_t b = 0; b < rows.block_count(); ++b) {
    const auto block = rows.block(b);
    const size_t block_end = std::min(end, block.begin + block.rows);
    for (size_t at = std::max(begin, block.begin); at < block_end;) {
      const size_t n = std::min(block_end - at, scratch.piece_rows);
      const float* const piece = block.data + (at - block.begin) * d;
      poll(cancel);
      scan_piece(piece, n, d, xq, nq, kernel, scratch, sink, [&](size_t i) { return at + i; });
      at += n;
    }
  }
}

// The same for rows numbers[0], …, numbers[count - 1], which are put together piece by piece.
template <class Sink>
void scan_chosen(const Blocks<float>::View& rows, const size_t* numbers, size_t count, const float* xq, size_t nq,
                 DistanceKernel kernel, ScanScratch& scratch, const Cancel* cancel, Sink& sink) {
  const size_t d = rows.width();
  AlignedArray<float> piece(scratch.piece_rows * d);
  for (size_t at = 0; at < count; at += scratch.piece_rows) {
    const size_t n = std::min(count - at, scratch.piece_rows);
    for (size_t i = 0; i < n; ++i) std::copy_n(rows.row(numbers[at + i]), d, piece.data() + i * d);
    poll(cancel);
    scan_piece(piece.data(), n, d, xq, nq, kernel, scratch, sink, [&](size_t i) { return numbers[at + i]; });
  }
}

}  // namespace voronode
