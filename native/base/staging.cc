#include "base/staging.h"

#include <new>
#include <utility>

#include "base/error.h"

#if defined(__linux__)
#include <sys/mman.h>
#endif

namespace voronode {
namespace {

#if defined(__linux__)
constexpr size_t kUnit = size_t{2} << 20;  // a huge page; from one on, memory comes from the system

bool is_poolable(size_t bytes) noexcept { return bytes >= kUnit && bytes <= StagingPool::kMostBytes; }

void let_system_have(const StagingPool::Piece& piece) noexcept {
#if defined(MADV_FREE)
  madvise(piece.memory, piece.bytes, MADV_FREE);  // an offer: refused, nothing is lost
#endif
}
#else
constexpr size_t kUnit = 1;

bool is_poolable(size_t) noexcept { return false; }
void let_system_have(const StagingPool::Piece&) noexcept {}
#endif

StagingPool::Piece fresh(size_t bytes) {
  void* const memory = allocate_aligned(bytes);
  if (memory == nullptr) throw Error(Code::kNoMemory, format("Cannot allocate %zu bytes", bytes));
  return {memory, bytes};
}

}  // namespace

StagingPool& StagingPool::instance() noexcept {
  // Never destroyed: threads of other environments may still use it while static destructors run.
  alignas(StagingPool) static std::byte memory[sizeof(StagingPool)];
  static StagingPool* pool = new (memory) StagingPool;
  return *pool;
}

StagingPool::Piece StagingPool::take(size_t bytes, Clock::time_point now) {
  if (!is_poolable(bytes)) return fresh(bytes);
  Piece found;
  Pieces old;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    Kept* best = nullptr;
    for (Kept& kept : kept_) {
      if (kept.piece.bytes >= bytes && (best == nullptr || kept.piece.bytes < best->piece.bytes)) best = &kept;
    }
    if (best != nullptr) {
      found = std::exchange(best->piece, {});
      kept_bytes_ -= found.bytes;
    }
    old = remove_old(now, 0);
  }
  for (const Piece& piece : old) free_aligned(piece.memory, piece.bytes);
  return found.memory != nullptr ? found : fresh((bytes + kUnit - 1) / kUnit * kUnit);
}

void StagingPool::give_back(Piece piece, Clock::time_point now) noexcept {
  if (!is_poolable(piece.bytes)) return free_aligned(piece.memory, piece.bytes);
  let_system_have(piece);
  Pieces old;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    old = remove_old(now, piece.bytes);
    for (Kept& kept : kept_) {
      if (kept.piece.memory != nullptr) continue;
      kept = {piece, now};
      kept_bytes_ += piece.bytes;
      break;
    }
  }
  for (const Piece& one : old) free_aligned(one.memory, one.bytes);
}

// Those that were kept for too long, and the oldest until one of `room` bytes has room, if that is more than 0.
// REQUIRES: mutex_ held.
StagingPool::Pieces StagingPool::remove_old(Clock::time_point now, size_t room) noexcept {
  Pieces removed;
  for (Piece& out : removed) {
    Kept* oldest = nullptr;
    size_t pieces = 0;
    for (Kept& kept : kept_) {
      if (kept.piece.memory == nullptr) continue;
      ++pieces;
      if (oldest == nullptr || kept.since < oldest->since) oldest = &kept;
    }
    const bool full = room > 0 && (pieces == kMostPieces || kept_bytes_ + room > kMostBytes);
    if (oldest == nullptr || (!full && now - oldest->since < kLongest)) break;
    out = std::exchange(oldest->piece, {});
    kept_bytes_ -= out.bytes;
  }
  return removed;
}

void StagingPool::clear() noexcept {
  std::lock_guard<std::mutex> lock(mutex_);
  for (Kept& kept : kept_) {
    const Piece piece = std::exchange(kept.piece, {});
    if (piece.memory != nullptr) free_aligned(piece.memory, piece.bytes);
  }
  kept_bytes_ = 0;
}

size_t StagingPool::kept_bytes() noexcept {
  std::lock_guard<std::mutex> lock(mutex_);
  return kept_bytes_;
}

}  // namespace voronode
