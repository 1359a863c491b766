#include "storage/slot_heap.h"

#include <algorithm>
#include <list>
#include <mutex>
#include <vector>

#include "base/aligned.h"

namespace voronode {
namespace {

struct Piece {
  Piece(size_t slots, size_t slot_bytes)
      : memory(checked_mul(slots, slot_bytes)), taken(slots), available(slots), longest(slots) {}

  // The first of n free slots that lie together, now taken; the number of slots if there are none.
  size_t take(size_t n) noexcept {
    if (longest < n) return taken.size();
    size_t most = 0;
    size_t run = 0;
    for (size_t i = 0; i < taken.size(); ++i) {
      run = taken[i] ? 0 : run + 1;
      most = std::max(most, run);
      if (run == n) {
        set(i + 1 - n, n, true);
        return i + 1 - n;
      }
    }
    longest = most;
    return taken.size();
  }
  void give(size_t first, size_t n) noexcept {
    set(first, n, false);
    longest = taken.size();
  }
  void set(size_t first, size_t n, bool value) noexcept {
    std::fill_n(taken.begin() + static_cast<ptrdiff_t>(first), n, value);
    available = value ? available - n : available + n;
  }
  bool empty() const noexcept { return available == taken.size(); }

  AlignedArray<uint8_t> memory;
  std::vector<bool> taken;
  size_t available;
  size_t longest;  // no free run is longer
};

}  // namespace

struct SlotHeap::State {
  explicit State(size_t bytes) : slot_bytes(bytes), piece_slots(std::max<size_t>(1, kPieceBytes / bytes)) {}

  const size_t slot_bytes;
  const size_t piece_slots;
  mutable std::mutex mutex;
  std::list<Piece> pieces;
  size_t slots = 0;  // of all pieces

  size_t new_piece(size_t n, size_t soon) const noexcept {
    return std::max(n, std::min(piece_slots, std::max(soon, slots / 2)));
  }

  void give(std::list<Piece>::iterator piece, size_t first, size_t n) noexcept {
    std::list<Piece> gone;  // unmapped after the lock
    std::lock_guard<std::mutex> lock(mutex);
    piece->give(first, n);
    if (!piece->empty()) return;
    slots -= piece->taken.size();
    gone.splice(gone.begin(), pieces, piece);
  }
};

SlotHeap::SlotHeap(size_t slot_bytes)
    : state_(std::make_shared<State>(checked_add(std::max<size_t>(1, slot_bytes), kAlignment - 1) / kAlignment *
                                     kAlignment)) {}

size_t SlotHeap::bytes() const noexcept {
  std::lock_guard<std::mutex> lock(state_->mutex);
  return state_->slots * state_->slot_bytes;
}

std::shared_ptr<uint8_t> SlotHeap::allocate(size_t n, size_t soon) {
  const auto state = state_;
  std::unique_lock<std::mutex> lock(state->mutex);
  auto piece = state->pieces.begin();
  size_t first = 0;
  while (piece != state->pieces.end() && (first = piece->take(n)) == piece->taken.size()) ++piece;
  if (piece == state->pieces.end()) {
    piece = state->pieces.emplace(piece, state->new_piece(n, soon), state->slot_bytes);
    state->slots += piece->taken.size();
    first = piece->take(n);
  }
  lock.unlock();
  // Should this throw, it gives the run back first.
  return {piece->memory.data() + first * state->slot_bytes,
          [state, piece, first, n](uint8_t*) noexcept { state->give(piece, first, n); }};
}

}  // namespace voronode
