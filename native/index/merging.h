// Ids of rows that move from one index to another (Index::merge_from).
#pragma once

#include "index/index.h"

namespace voronode {

// id + add_id. kOutOfRange if that is no int64, or -1.
idx_t moved_id(idx_t id, idx_t add_id);

// kUnsupported if both are one.
void check_not_itself(const Index& index, const Index& other);

// For kinds that number their rows by position: kOutOfRange unless add_id is 0 or ntotal.
void check_add_id(const Index& index, idx_t add_id);

}  // namespace voronode
