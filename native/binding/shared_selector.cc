#include "binding/shared_selector.h"

#include <algorithm>

namespace voronode {

void KeptSelectors::keep(SharedSelectorPtr selector, size_t bytes) noexcept {
  if (bytes > kMostBytes) return;
  const std::lock_guard<std::mutex> lock(mutex_);
  while (count_ == kMost || bytes_ + bytes > kMostBytes) drop_last();
  std::move_backward(entries_.begin(), entries_.begin() + count_, entries_.begin() + count_ + 1);
  entries_[0] = {std::move(selector), bytes};
  ++count_;
  bytes_ += bytes;
}

void KeptSelectors::used(const SharedSelectorPtr& selector) noexcept {
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto end = entries_.begin() + count_;
  const auto found =
      std::find_if(entries_.begin(), end, [&](const Entry& entry) { return entry.selector == selector; });
  if (found != end) std::rotate(entries_.begin(), found, found + 1);
}

void KeptSelectors::drop_last() noexcept {
  Entry& last = entries_[--count_];
  bytes_ -= last.bytes;
  last = {};
}

const IDSelector& SharedSelector::get() {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (built_ == nullptr) {
    built_ = source_->build();
    source_.reset();
    if (const auto kept = kept_.lock()) kept->keep(shared_from_this(), built_->allocated_bytes());
  }
  return *built_;
}

}  // namespace voronode
