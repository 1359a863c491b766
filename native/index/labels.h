// The labels that a search answers with and filters by, resolved once a search.
#pragma once

#include <optional>

#include "index/index.h"
#include "storage/id_table.h"

namespace voronode {

class Labels {
 public:
  // Make it after the view of the rows: the table of labels then covers them.
  explicit Labels(const SearchParams& params) : filter_(params.filter) {
    if (params.ids != nullptr) ids_.emplace(params.ids->view());
  }

  bool filtered() const noexcept { return filter_ != nullptr; }

  // The label of the row with this id of the index's own, if the filter lets it pass.
  bool label(idx_t id, idx_t* out) const noexcept {
    *out = ids_ ? *ids_->row(static_cast<size_t>(id)) : id;
    return filter_ == nullptr || filter_->is_member(*out);
  }

 private:
  std::optional<Blocks<int64_t>::View> ids_;
  const IDSelector* filter_;
};

}  // namespace voronode
