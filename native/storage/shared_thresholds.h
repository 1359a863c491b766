// The best threshold known to any thread, for queries whose rows several threads share out: what one has found lets the
// others dismiss more. When a value arrives does not matter to the answer: rows above it are not in it.
#pragma once

#include <atomic>
#include <cstddef>
#include <limits>
#include <memory>

namespace voronode {

class SharedThresholds {
 public:
  explicit SharedThresholds(size_t nq) : keys_(std::make_unique<std::atomic<float>[]>(nq)) {
    for (size_t q = 0; q < nq; ++q) keys_[q].store(std::numeric_limits<float>::infinity(), std::memory_order_relaxed);
  }

  // The smaller of `own` and what is known; a NaN is larger than every number.
  float tightest(size_t q, float own) const noexcept {
    const float known = keys_[q].load(std::memory_order_relaxed);
    return own <= known ? own : known;
  }

  // k rows with keys of at most `key` were found.
  void lower(size_t q, float key) noexcept {
    float known = keys_[q].load(std::memory_order_relaxed);
    while (key < known && !keys_[q].compare_exchange_weak(known, key, std::memory_order_relaxed)) {
    }
  }

 private:
  std::unique_ptr<std::atomic<float>[]> keys_;
};

}  // namespace voronode
