#include "base/passage.h"

#include <mutex>

namespace voronode {
namespace {

// Who needs two gates queues at both with this lock held.
std::mutex& queueing() noexcept {
  // Never destroyed: threads of other environments may still use it while static destructors run.
  alignas(std::mutex) static std::byte memory[sizeof(std::mutex)];
  static std::mutex* mutex = new (memory) std::mutex;
  return *mutex;
}

}  // namespace

Passage::Passage(const Gates& gates, Access access) noexcept : gates_(gates), access_(access) {
  for (Waiter& waiter : waiters_) waiter.passage = this;
}

void Passage::enter(Gate::Place place) noexcept {
  const bool both = gates_[0] != nullptr && gates_[1] != nullptr;
  waits_.store(1 + (gates_[0] != nullptr ? 1 : 0) + (gates_[1] != nullptr ? 1 : 0), std::memory_order_relaxed);
  {
    std::unique_lock<std::mutex> lock(queueing(), std::defer_lock);
    if (both) lock.lock();
    for (size_t i = 0; i < gates_.size(); ++i) {
      if (gates_[i] != nullptr) gates_[i]->enter(waiters_[i], access_, place);
    }
  }
  granted_one();
}

bool Passage::wait_for_one_more() noexcept {
  size_t waits = waits_.load();
  while (waits != 0 && !waits_.compare_exchange_weak(waits, waits + 1)) {
  }
  return waits != 0;
}

void Passage::withdraw() noexcept {
  for (size_t i = 0; i < gates_.size(); ++i) {
    if (gates_[i] == nullptr || !gates_[i]->withdraw(waiters_[i])) continue;
    waiters_[i].withdrawn = true;
    granted_one();
  }
}

void Passage::leave() noexcept {
  for (size_t i = 0; i < gates_.size(); ++i) {
    if (gates_[i] != nullptr && !waiters_[i].withdrawn) gates_[i]->leave(access_);
  }
}

}  // namespace voronode
