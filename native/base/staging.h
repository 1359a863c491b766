// Memory for copies that live as long as a call. Fresh memory costs a page fault for each of its pages, which takes longer
// than the copy; so what is given back is kept for the next call: a few pieces, for a short time.
//
// Only large pieces on Linux, which the system gives and takes (aligned.h); malloc keeps others itself. What is kept the
// system may have back whenever it is short of memory: it is told so (MADV_FREE).
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <mutex>
#include <type_traits>

#include "base/aligned.h"
#include "base/checked.h"

namespace voronode {

class StagingPool {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr size_t kMostBytes = size_t{64} << 20;  // kept
  static constexpr size_t kMostPieces = 8;                // kept
  static constexpr std::chrono::seconds kLongest{1};      // unused pieces go with the next call after that

  struct Piece {
    void* memory = nullptr;
    size_t bytes = 0;
  };

  static StagingPool& instance() noexcept;
  StagingPool() = default;
  ~StagingPool() { clear(); }
  StagingPool(const StagingPool&) = delete;
  StagingPool& operator=(const StagingPool&) = delete;

  // At least so many bytes, aligned to kAlignment, with any content. Throws kNoMemory.
  Piece take(size_t bytes, Clock::time_point now = Clock::now());
  void give_back(Piece piece, Clock::time_point now = Clock::now()) noexcept;

  // Gives everything to the system that is kept.
  void clear() noexcept;
  size_t kept_bytes() noexcept;

 private:
  struct Kept {
    Piece piece;  // empty: none
    Clock::time_point since;
  };
  using Pieces = std::array<Piece, kMostPieces>;
  Pieces remove_old(Clock::time_point now, size_t room) noexcept;

  std::mutex mutex_;
  std::array<Kept, kMostPieces> kept_;
  size_t kept_bytes_ = 0;
};

// As AlignedArray, of staging memory.
template <class T>
class StagedArray {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  explicit StagedArray(size_t n)
      : piece_(StagingPool::instance().take(checked_add(checked_mul(n, sizeof(T)), kAlignment))) {}
  ~StagedArray() { StagingPool::instance().give_back(piece_); }
  StagedArray(const StagedArray&) = delete;
  StagedArray& operator=(const StagedArray&) = delete;

  T* data() noexcept { return static_cast<T*>(piece_.memory); }

 private:
  StagingPool::Piece piece_;
};

}  // namespace voronode
