// What long work does about every millisecond, with no lock held.
#pragma once

#include "base/cancel.h"
#include "base/thread_pool.h"

namespace voronode {

// Throws as check() does, and lets much shorter work pass: see thread_pool.h.
inline void poll(const Cancel* cancel) {
  check(cancel);
  ThreadPool::give_way();
}

}  // namespace voronode
