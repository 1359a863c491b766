// The labels that a search answers with and filters by, resolved once a search.
#pragma once

#include <optional>

#include "index/index.h"
#include "storage/id_table.h"

namespace voronode {

class Labels {
 public:
  // rows: of an index that numbers its rows by position, taken before the rows themselves; null: they have ids of their
  // own.
  Labels(const SearchParams& params, const RowNumbers::View* rows)
      : rows_(rows), by_slot_(params.slots != nullptr), filter_(params.filter) {
    if (params.ids != nullptr) ids_.emplace(params.ids->view());
  }

  bool filtered() const noexcept { return filter_ != nullptr; }
  const RowNumbers::View* rows() const noexcept { return rows_; }

  // The label of the row with this id of the index's own (rows: its slot), if it is there and the filter lets it pass.
  bool label(idx_t id, idx_t* out) const noexcept {
    if (rows_ == nullptr) {
      if (id == kNoRow) return false;
      *out = id;
    } else {
      const auto slot = static_cast<size_t>(id);
      if (!rows_->has(slot)) return false;
      *out = ids_ ? ids_->value(slot) : by_slot_ ? id : static_cast<idx_t>(rows_->position(slot));
    }
    return filter_ == nullptr || filter_->is_member(*out);
  }

 private:
  static constexpr idx_t kNoRow = -1;  // of a row that was removed from its list

  const RowNumbers::View* rows_;
  bool by_slot_;
  std::optional<Blocks<int64_t>::View> ids_;
  const IDSelector* filter_;
};

}  // namespace voronode
