// What a thread of the pool works on, and how much of its time may be lent to shorter work.
#pragma once

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>

#include "base/task_queue.h"

namespace voronode {

// Time lent, in multiples of what long work has had itself on that thread: whatever passes, it keeps a fifth of it, and
// work in the background a seventeenth.
inline constexpr int kLent = 4;
inline constexpr int kLentInBackground = 16;
// Shorter by so many lanes passes: it takes a fourth of the time at the most.
inline constexpr unsigned kLanesBelow = 2;
// So much may run on top of one another on one thread: with musl it has a stack of 128 kB.
inline constexpr size_t kDeepest = 4;

class Working;
inline thread_local Working* working_here = nullptr;  // the innermost of this thread; null on threads of somebody else

// Lives as long as the work does, on the stack of the thread.
class Working {
 public:
  using Clock = TaskQueue::Clock;

  Working(unsigned lane, const void* kinship, Clock::time_point due) noexcept
      : lane_(lane),
        kinship_(kinship),
        due_(due),
        begun_(Clock::now()),
        below_(working_here),
        depth_(below_ == nullptr ? 1 : below_->depth_ + 1) {
    working_here = this;
  }
  ~Working() { working_here = below_; }
  Working(const Working&) = delete;
  Working& operator=(const Working&) = delete;

  unsigned lane() const noexcept { return lane_; }
  const void* kinship() const noexcept { return kinship_; }
  Clock::time_point due() const noexcept { return due_; }

  // The lanes that may pass.
  uint64_t shorter() const noexcept {
    if (lane_ < kLanesBelow || depth_ == kDeepest) return 0;
    return (uint64_t{2} << (lane_ - kLanesBelow)) - 1;
  }

  // What may pass: of what it lends it must have earned each part before. Its own kin waits for the next run, unless this
  // one is in the background.
  TaskQueue::Limits limits() const noexcept {
    const bool background = lane_ >= TaskQueue::kLanes / 2;
    const int times = background ? kLentInBackground : kLent;
    const std::chrono::duration<double, std::nano> left = times * (Clock::now() - begun_ - lent_) - lent_;
    const double longest = background ? left.count() : std::ldexp(1.0, 2 * static_cast<int>(lane_ - kLanesBelow + 1));
    return {shorter(), background ? nullptr : kinship_, std::min(left.count(), longest)};
  }
  void lend(Clock::duration time) noexcept { lent_ += time; }

 private:
  unsigned lane_;
  const void* kinship_;
  Clock::time_point due_, begun_;
  Clock::duration lent_{0};
  Working* below_;
  size_t depth_;
};

}  // namespace voronode
