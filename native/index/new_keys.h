// The caller's keys of vectors that come into an index.
#pragma once

#include <span>
#include <vector>

#include "storage/key_list.h"

namespace voronode {

// Throws kInvalidArgValue if a key comes twice.
void check_distinct(Keys keys);

// Of keys that are the same the place of the last one, ascending.
std::vector<size_t> last_of_each(Keys keys);

}  // namespace voronode
