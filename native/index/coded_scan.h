// One pass of some queries over rows in codes, as storage/scan.h has it for rows in float32: one query goes over the
// codes, several share the rows, which are decoded once for all.
#pragma once

#include <algorithm>

#include "base/poll.h"
#include "codec/row_codec.h"
#include "storage/scan.h"

namespace voronode {

struct CodedScan {
  const RowCodec& codec;
  const Blocks<uint8_t>::View& codes;
  size_t d;
  DistanceKernel kernel;
  const Cancel* cancel;
  ScanScratch& scratch;

  // Rows [begin, end), queries xq: nq × d.
  template <class Sink>
  void run(size_t begin, size_t end, const float* xq, size_t nq, Sink& sink) const {
    AlignedArray<float> room(nq == 1 ? 0 : scratch.piece_rows * d);
    for (size_t at = begin; at < end;) {
      const auto block = codes.block_with(at);
      const size_t n = std::min({end - at, block.begin + block.rows - at, scratch.piece_rows});
      const uint8_t* const piece = block.data + (at - block.begin) * codes.width();
      poll(cancel);
      if (nq == 1) {
        compare_one(piece, n, at, xq, sink);
      } else {
        const float* const rows = codec.rows(piece, nullptr, n, room.data());
        scan_piece(rows, n, d, xq, nq, kernel, scratch, sink, [&](size_t i) { return at + i; });
      }
      at += n;
    }
  }

  // The same for rows numbers[0], …, numbers[count - 1].
  template <class Sink>
  void run_chosen(const size_t* numbers, size_t count, const float* xq, size_t nq, Sink& sink) const {
    AlignedArray<float> room(scratch.piece_rows * d);
    for (size_t at = 0; at < count; at += scratch.piece_rows) {
      const size_t n = std::min(count - at, scratch.piece_rows);
      for (size_t i = 0; i < n; ++i) codec.rows(codes.row(numbers[at + i]), nullptr, 1, room.data() + i * d);
      poll(cancel);
      scan_piece(room.data(), n, d, xq, nq, kernel, scratch, sink, [&](size_t i) { return numbers[at + i]; });
    }
  }

 private:
  template <class Sink>
  void compare_one(const uint8_t* piece, size_t n, size_t first, const float* xq, Sink& sink) const {
    float* const keys = scratch.distances.data();
    uint32_t* const positions = scratch.positions.data();
    codec.keys(xq, piece, nullptr, n, keys);
    const size_t found = kernels().select_not_above(keys, n, sink.threshold(0), positions);
    for (size_t i = 0; i < found; ++i) sink.accept(0, keys[positions[i]], first + positions[i]);
  }
};

}  // namespace voronode
