// A flag that one thread fires and long work polls between blocks (about every millisecond).
#pragma once

#include <atomic>

#include "base/error.h"

namespace voronode {

class Cancel {
 public:
  void fire() noexcept { fired_.store(true, std::memory_order_relaxed); }
  bool fired() const noexcept { return fired_.load(std::memory_order_relaxed); }

 private:
  std::atomic<bool> fired_{false};
};

// Throws Error(kAborted) if `cancel` is given and has fired.
inline void check(const Cancel* cancel) {
  if (cancel != nullptr && cancel->fired()) throw Error(Code::kAborted, "The operation was aborted");
}

}  // namespace voronode
