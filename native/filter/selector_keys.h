// A set of keys, for indexes with keys of the caller's.
#pragma once

#include <memory>
#include <mutex>
#include <string_view>
#include <utility>
#include <vector>

#include "filter/selector_batch.h"

namespace voronode {

class IDSelectorKeys final : public IDSelector {
 public:
  // keys: they lie in `bytes`.
  IDSelectorKeys(std::vector<uint8_t> bytes, std::vector<std::string_view> keys) noexcept
      : bytes_(std::move(bytes)), keys_(std::move(keys)) {}

  bool is_member(idx_t) const noexcept override { return false; }
  size_t allocated_bytes() const noexcept override {
    return bytes_.capacity() + keys_.capacity() * sizeof(std::string_view);
  }
  bool has_keys() const noexcept override { return true; }
  // Keys that no row bears are ignored. What was found is kept for the next search, as long as rows stay where they are.
  SelectorPtr by_rows(const RowsOfKeys& rows, const Cancel* cancel) const override;

 private:
  using Found = std::shared_ptr<const IDSelectorBatch>;
  Found look_up(const RowsOfKeys& rows, const Cancel* cancel) const;

  std::vector<uint8_t> bytes_;
  std::vector<std::string_view> keys_;
  mutable std::mutex mutex_;  // guards what follows
  mutable Found found_;
  mutable RowsOfKeys::State state_;  // in which it was found
};

}  // namespace voronode
