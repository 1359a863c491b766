// The pool's number of threads, changed for the life of a scope.
#pragma once

#include "base/thread_pool.h"

namespace voronode::test {

class Threads {
 public:
  Threads() : saved_(ThreadPool::instance().threads()) {}
  explicit Threads(size_t n) : Threads() { ThreadPool::instance().set_threads(n); }
  ~Threads() { ThreadPool::instance().set_threads(saved_); }
  Threads(const Threads&) = delete;
  Threads& operator=(const Threads&) = delete;

 private:
  size_t saved_;
};

}  // namespace voronode::test
