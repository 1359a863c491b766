#include "base/gate.h"

namespace voronode {

// Counts the waiter in if nothing that runs forbids it.
bool Gate::try_start(Waiter& waiter) noexcept {
  if (exclusive_) return false;
  switch (waiter.access_) {
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
      excluding_ = &waiter;
      return true;
  }
  return false;
}

// Unlinks every waiter that may start now, in order. A read passes waiting appends (what holds an append
// back holds the next one back too); nothing passes a waiting exclusive.
Gate::Ready Gate::take_ready() noexcept {
  Ready ready;
  tail_ = nullptr;
  for (Waiter** link = &head_; *link != nullptr;) {
    Waiter* waiter = *link;
    if (try_start(*waiter)) {
      *link = waiter->next_;
      (ready.last != nullptr ? ready.last->next_ : ready.first) = waiter;
      ready.last = waiter;
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

// The last one's link is not looked at: that of an exclusive one, which is always alone, may be in use again, as its
// grant may be taken back before it hears of it.
void Gate::grant(const Ready& ready) noexcept {
  for (Waiter* waiter = ready.first; waiter != nullptr;) {
    Waiter* const next = waiter == ready.last ? nullptr : waiter->next_;  // the waiter may be gone after granted()
    waiter->granted();
    waiter = next;
  }
}

void Gate::push_first(Waiter& waiter) noexcept {
  waiter.next_ = head_;
  head_ = &waiter;
  if (tail_ == nullptr) tail_ = &waiter;
}

void Gate::push_last(Waiter& waiter) noexcept {
  waiter.next_ = nullptr;
  (tail_ != nullptr ? tail_->next_ : head_) = &waiter;
  tail_ = &waiter;
}

// A newcomer queues up and whoever may start then starts: arrival and departure follow one rule.
void Gate::enter(Waiter& waiter, Access access, Place place) noexcept {
  Ready ready;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    waiter.access_ = access;
    if (place == Place::kLast) {
      push_last(waiter);
    } else {
      if (excluding_ != nullptr && excluding_->give_back()) {
        exclusive_ = false;
        push_first(*excluding_);
        excluding_ = nullptr;
      }
      push_first(waiter);
    }
    ready = take_ready();
  }
  grant(ready);
}

void Gate::leave(Access access) noexcept {
  Ready ready;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    if (access == Access::kRead) --readers_;
    if (access == Access::kAppend) appending_ = false;
    if (access == Access::kExclusive) {
      exclusive_ = false;
      excluding_ = nullptr;
    }
    ready = take_ready();
  }
  grant(ready);
}

bool Gate::withdraw(Waiter& waiter) noexcept {
  Ready ready;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    Waiter** link = &head_;
    while (*link != nullptr && *link != &waiter) link = &(*link)->next_;
    if (*link == nullptr) return false;
    *link = waiter.next_;
    ready = take_ready();  // finds the tail, too
  }
  grant(ready);
  return true;
}

bool Gate::try_exclude() noexcept {
  std::lock_guard<std::mutex> lock(mutex_);
  if (readers_ != 0) return false;
  exclusive_ = true;
  return true;
}

void Gate::end_exclusion() noexcept {
  Ready ready;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    exclusive_ = false;
    ready = take_ready();
  }
  grant(ready);
}

}  // namespace voronode
