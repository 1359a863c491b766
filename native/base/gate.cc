#include "base/gate.h"

#include "base/error.h"

namespace voronode {

// Counts the access in if nothing that runs forbids it.
bool Gate::try_start(Access access) noexcept {
  if (exclusive_) return false;
  switch (access) {
    case Access::kRead:
      ++readers_;
      return true;
    case Access::kAppend:
      if (appending_) return false;
      appending_ = true;
      return true;
    case Access::kExclusive:
      if (appending_ || readers_ != 0) return false;
      exclusive_ = true;
      return true;
  }
  return false;
}

// Unlinks every waiter that may start now, in order, as a list. A read passes waiting appends (what holds an append
// back holds the next one back too); nothing passes a waiting exclusive.
Gate::Waiter* Gate::take_ready() noexcept {
  Waiter* ready = nullptr;
  Waiter** ready_end = &ready;
  tail_ = nullptr;
  for (Waiter** link = &head_; *link != nullptr;) {
    Waiter* waiter = *link;
    if (try_start(waiter->access_)) {
      *link = waiter->next_;
      waiter->next_ = nullptr;
      *ready_end = waiter;
      ready_end = &waiter->next_;
      continue;
    }
    tail_ = waiter;
    link = &waiter->next_;
    if (waiter->access_ == Access::kExclusive) break;
  }
  if (tail_ != nullptr) {
    while (tail_->next_ != nullptr) tail_ = tail_->next_;
  }
  return ready;
}

void Gate::grant(Waiter* ready) noexcept {
  while (ready != nullptr) {
    Waiter* const next = ready->next_;  // the waiter may be gone after granted()
    ready->granted();
    ready = next;
  }
}

// A newcomer queues up and whoever may start then starts: arrival and departure follow one rule.
void Gate::enter(Waiter& waiter, Access access) noexcept {
  Waiter* ready = nullptr;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    waiter.access_ = access;
    waiter.next_ = nullptr;
    (tail_ != nullptr ? tail_->next_ : head_) = &waiter;
    tail_ = &waiter;
    ready = take_ready();
  }
  grant(ready);
}

void Gate::leave(Access access) noexcept {
  Waiter* ready = nullptr;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    if (access == Access::kRead) --readers_;
    if (access == Access::kAppend) appending_ = false;
    if (access == Access::kExclusive) exclusive_ = false;
    ready = take_ready();
  }
  grant(ready);
}

bool Gate::try_exclude() noexcept {
  std::lock_guard<std::mutex> lock(mutex_);
  if (readers_ != 0) return false;
  exclusive_ = true;
  return true;
}

void Gate::end_exclusion() noexcept {
  Waiter* ready = nullptr;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    exclusive_ = false;
    ready = take_ready();
  }
  grant(ready);
}

namespace {
thread_local const GateHold* holds = nullptr;  // of this thread, the latest first
}

const GateHold* GateHold::innermost(const Gate& gate) noexcept {
  const GateHold* hold = holds;
  while (hold != nullptr && &hold->gate_ != &gate) hold = hold->outer_;
  return hold;
}

GateHold::GateHold(Gate& gate, Access access) : gate_(gate), access_(access), within_(false), outer_(holds) {
  if (const GateHold* const hold = innermost(gate)) {
    if (access != Access::kRead || hold->access_ != Access::kRead) {
      throw Error(Code::kUnsupported,
                  "The index is being searched by a call that has not returned (its filter function runs): it cannot "
                  "be changed before");
    }
    within_ = true;
    holds = this;
    return;
  }
  struct Blocked final : Gate::Waiter {
    std::mutex mutex;
    std::condition_variable changed;
    bool in = false;
    void granted() noexcept override {
      std::lock_guard<std::mutex> lock(mutex);
      in = true;
      changed.notify_one();  // under the lock: the waiting thread may destroy this object right after
    }
  } waiter;
  gate.enter(waiter, access);
  std::unique_lock<std::mutex> lock(waiter.mutex);
  waiter.changed.wait(lock, [&] { return waiter.in; });
  holds = this;
}

GateHold::~GateHold() {
  holds = outer_;
  if (!within_) gate_.leave(access_);
}

}  // namespace voronode
