#include "storage/row_numbers.h"

#include <algorithm>
#include <utility>

namespace voronode {

void RowNumbers::set(size_t slots, std::shared_ptr<const RemovedRows> removed) noexcept {
  const size_t gone = removed == nullptr ? 0 : removed->count();
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    slots_ = slots;
    ++version_;
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

void RowNumbers::restart(size_t n) noexcept {
  sweep_ = {0, 0};
  set(n, nullptr);
}

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

RowNumbers::Step::Step(RowNumbers& numbers, size_t most) : numbers_(numbers), move_{0, 0, {}, {0, 0}}, end_(0) {
  const RemovedRows& removed = *numbers.removed_;
  const size_t slots = numbers.slots_;
  move_.to = numbers.sweeping() ? numbers.sweep_.begin : removed.next(0, slots, true);
  move_.met.begin = numbers.sweeping() ? numbers.sweep_.end : move_.to;
  end_ = removed.next(move_.to, slots, false);
  while (end_ < slots && move_.count < most) {
    const size_t run_end = std::min(removed.next(end_, slots, true), end_ + (most - move_.count));
    move_.runs.push_back({end_, run_end});
    move_.count += run_end - end_;
    end_ = removed.next(run_end, slots, false);
  }
  move_.met.end = end_;
  const size_t kept = move_.to + move_.count;
  removed_ = std::make_shared<const RemovedRows>(removed, move_.to, kept, end_);
  if (end_ == slots) removed_ = std::make_shared<const RemovedRows>(*removed_, kept);
}

bool RowNumbers::Step::finish() noexcept {
  const size_t kept = move_.to + move_.count;
  const bool over = end_ == numbers_.slots_;
  numbers_.sweep_ = over ? RowMove::Run{0, 0} : RowMove::Run{kept, end_};
  numbers_.set(over ? kept : numbers_.slots_, removed_->count() == 0 ? nullptr : removed_);
  return over;
}

}  // namespace voronode
