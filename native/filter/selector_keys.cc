#include "filter/selector_keys.h"

#include "base/poll.h"

namespace voronode {
namespace {

// A batch that searches share.
class SharedBatch final : public IDSelector {
 public:
  explicit SharedBatch(std::shared_ptr<const IDSelectorBatch> of) noexcept : of_(std::move(of)) {}
  bool is_member(idx_t id) const noexcept override { return of_->is_member(id); }
  uint64_t at_most(const IdRange& range, Side side, uint64_t most) const noexcept override {
    return of_->at_most(range, side, most);
  }
  void list(const IdRange& range, Side side, uint64_t most, std::vector<idx_t>* ids) const override {
    of_->list(range, side, most, ids);
  }

 private:
  std::shared_ptr<const IDSelectorBatch> of_;
};

}  // namespace

IDSelectorKeys::Found IDSelectorKeys::look_up(const RowsOfKeys& rows, const Cancel* cancel) const {
  std::vector<idx_t> found;
  found.reserve(keys_.size());
  constexpr size_t kKeysAPoll = 4096;  // about a millisecond where the table is not in the processor's caches
  for (size_t i = 0; i < keys_.size(); ++i) {
    if (i % kKeysAPoll == 0) poll(cancel);
    const std::string_view key = keys_[i];
    const idx_t row = rows.row_of(key);
    if (row != RowsOfKeys::kNoRow) found.push_back(row);
  }
  return std::make_shared<const IDSelectorBatch>(found.size(), found.data());
}

SelectorPtr IDSelectorKeys::by_rows(const RowsOfKeys& rows, const Cancel* cancel) const {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (found_ != nullptr && state_ == rows.state()) return std::make_unique<SharedBatch>(found_);
  }
  Found found = look_up(rows, cancel);
  auto selector = std::make_unique<SharedBatch>(found);
  const std::lock_guard<std::mutex> lock(mutex_);
  found_.swap(found);
  state_ = rows.state();
  return selector;
}

}  // namespace voronode
