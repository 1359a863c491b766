#include "filter/selector_keys.h"

#include "filter/selector_batch.h"

namespace voronode {

SelectorPtr IDSelectorKeys::by_rows(const RowsOfKeys& rows) const {
  std::vector<idx_t> found;
  found.reserve(keys_.size());
  for (const std::string_view key : keys_) {
    const idx_t row = rows.row_of(key);
    if (row != RowsOfKeys::kNoRow) found.push_back(row);
  }
  return std::make_unique<IDSelectorBatch>(found.size(), found.data());
}

}  // namespace voronode
