// Memory for runs of equal slots that come and go, such as the groups of inverted lists: cut from large pieces, which
// lie on huge pages (aligned.h), and used again where runs have gone.
//
// malloc does this, too, but on small pages, and keeps what it cannot use: one query in 16 lists of 1M × 128 took a
// tenth longer so, and ten additions left 70 MB of holes.
//
// First fit, in pieces of about kPieceBytes; a longer run has a piece to itself. A piece with nothing in it goes back.
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
  // the pointer, by whatever thread, even after the heap. Throws kNoMemory. May be called by several threads.
  std::shared_ptr<uint8_t> allocate(size_t n);

  size_t bytes() const noexcept;  // of all pieces

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace voronode
