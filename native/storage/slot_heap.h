// Memory for runs of equal slots that come and go, such as the groups of inverted lists: cut from large pieces, which
// lie on huge pages (aligned.h), and used again where runs have gone.
//
// malloc does this, too, but on small pages, and keeps what it cannot use: one query in 16 lists of 1M × 128 took a
// tenth longer so, and ten additions left 70 MB of holes.
//
// First fit. A new piece has room for what its first user takes at once and for half of what the heap holds, within
// kPieceBytes; a longer run has a piece to itself. So a heap filled at once holds what it needs, one filled bit by bit
// half more at the most, and from 2 * kPieceBytes on all new pieces are whole ones. (With whole ones from the first on,
// a thousand vectors took 4 MB.) Pieces below kPieceBytes stay few: each was half of those before it, or more. A piece
// with nothing in it goes back.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

namespace voronode {

class SlotHeap {
 public:
  static constexpr size_t kPieceBytes = size_t{4} << 20;

  // Slots are rounded up to whole cache lines.
  explicit SlotHeap(size_t slot_bytes);

  // n ≥ 1 slots side by side, on a cache line, with kAlignment readable bytes behind; given back with the last copy of
  // the pointer, by whatever thread, even after the heap. `soon`: how many the caller takes now and in the next calls
  // together, if it knows. Throws kNoMemory. May be called by several threads.
  std::shared_ptr<uint8_t> allocate(size_t n, size_t soon = 0);

  size_t bytes() const noexcept;  // of all pieces

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace voronode
