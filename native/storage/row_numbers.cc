#include "storage/row_numbers.h"

#include <utility>

namespace voronode {

void RowNumbers::set(size_t slots, std::shared_ptr<const RemovedRows> removed) noexcept {
  const size_t gone = removed == nullptr ? 0 : removed->count();
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    slots_ = slots;
    removed_.swap(removed);  // the old one goes after the lock
    size_.store(slots - gone, std::memory_order_release);
    gone_.store(gone, std::memory_order_relaxed);
  }
}

void RowNumbers::appended(size_t n) noexcept {
  if (change_ != nullptr) {
    change_->appended_ += n;
  } else {
    set(slots_ + n, removed_);
  }
}

void RowNumbers::count_from(size_t n) noexcept {
  restart(n);
  counted_.store(true, std::memory_order_release);
}

void RowNumbers::restart(size_t n) noexcept { set(n, nullptr); }

std::vector<size_t> RowNumbers::removed_slots() const {
  return removed_ == nullptr ? std::vector<size_t>() : removed_->all();
}

RowNumbers::Change::Change(RowNumbers& numbers, const std::vector<size_t>& slots)
    : numbers_(numbers), removed_(numbers.removed_) {
  if (!slots.empty()) {
    static const RemovedRows kNone;
    removed_ = std::make_shared<const RemovedRows>(removed_ == nullptr ? kNone : *removed_, slots);
  }
  numbers_.change_ = this;
}

RowNumbers::Change::~Change() { numbers_.change_ = nullptr; }

void RowNumbers::Change::publish() noexcept { numbers_.set(numbers_.slots_ + appended_, removed_); }

}  // namespace voronode
