// The iterations of one parallel_for, which its caller and threads of the pool share out.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <exception>
#include <functional>

#include "base/poll.h"
#include "base/working.h"

namespace voronode {

// On its caller's stack, linked into the pool while it has work to give away.
struct Loop {
  Loop(size_t n_, size_t max_helpers_, const Cancel* cancel_, const std::function<void(size_t)>& body_)
      : n(n_), max_helpers(max_helpers_), cancel(cancel_), body(body_) {
    if (working_here == nullptr) return;
    foreign = false;
    lane = working_here->lane();
    kinship = working_here->kinship();
    due = working_here->due();
  }

  const size_t n;
  const size_t max_helpers;
  const Cancel* const cancel;
  const std::function<void(size_t)>& body;
  std::atomic<size_t> next{0};

  // Of the task that it belongs to. A thread of somebody else waits for it: nothing passes what a helper has begun, but
  // helpers leave when there are tasks.
  bool foreign = true;
  unsigned lane = 0;
  const void* kinship = nullptr;
  TaskQueue::Clock::time_point due;

  // Changed under the pool's mutex:
  std::atomic<size_t> helpers{0};
  std::exception_ptr error;
  std::condition_variable helpers_gone;
  Loop* prev_open = nullptr;
  Loop* next_open = nullptr;

  bool wants_help() const noexcept { return helpers < max_helpers && next.load(std::memory_order_relaxed) < n; }

  // Takes iterations until none is left, or leaves() says so. Returns what the body threw, if it did.
  template <class Leaves>
  std::exception_ptr work(const Leaves& leaves) noexcept {
    try {
      while (!leaves() && next.load(std::memory_order_relaxed) < n) {
        poll(cancel);  // before an iteration is begun that others may wait for, and not when all is done
        const size_t i = next.fetch_add(1);
        if (i >= n) break;
        body(i);
      }
      return nullptr;
    } catch (...) {
      next.store(n);
      return std::current_exception();
    }
  }
};

}  // namespace voronode
