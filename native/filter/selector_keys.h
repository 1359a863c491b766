// A set of keys, for indexes with keys of the caller's.
#pragma once

#include <string_view>
#include <utility>
#include <vector>

#include "filter/selector.h"

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
  // Keys that no row bears are ignored.
  SelectorPtr by_rows(const RowsOfKeys& rows) const override;

 private:
  std::vector<uint8_t> bytes_;
  std::vector<std::string_view> keys_;
};

}  // namespace voronode
