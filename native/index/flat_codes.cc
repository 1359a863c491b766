#include "index/flat_codes.h"

#include <algorithm>

#include "index/merging.h"

namespace voronode {

bool IndexFlatCodes::look_up_slot(size_t slot, float* x) const {
  if (x == nullptr) return true;
  const float* const row = stored_rows()->row(slot, x);
  if (row != x) std::copy_n(row, d(), x);
  return true;
}

void IndexFlatCodes::merge_rows(Index& other, idx_t add_id, const Cancel* cancel) {
  check_add_id(*this, add_id);
  append_rows(dynamic_cast<const IndexFlatCodes&>(other), cancel);
  other.reset();
}

}  // namespace voronode
