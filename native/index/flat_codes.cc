#include "index/flat_codes.h"

#include <algorithm>

#include "index/merging.h"
#include "index/wrapper.h"

namespace voronode {

bool IndexFlatCodes::look_up(idx_t id, float* x) const {
  const auto rows = stored_rows();
  if (id < 0 || static_cast<uint64_t>(id) >= rows->size()) return false;
  if (x == nullptr) return true;
  const float* const row = rows->row(static_cast<size_t>(id), x);
  if (row != x) std::copy_n(row, d(), x);
  return true;
}

size_t IndexFlatCodes::remove_ids(const IDSelector& selector, const Cancel* cancel) {
  const std::vector<size_t> rows = rows_with(selector, ntotal(), cancel);
  remove_rows(rows);
  return rows.size();
}

void IndexFlatCodes::merge_from(Index& other, idx_t add_id, const Cancel* cancel) {
  check_mergeable(other);
  check_add_id(*this, add_id);
  append_rows(dynamic_cast<const IndexFlatCodes&>(other), cancel);
  other.reset();
}

}  // namespace voronode
