// Copying much.
#pragma once

#include <cstddef>

namespace voronode {

// As memcpy, on this thread and on idle threads of the pool. Most of the time goes into the first touch of fresh memory,
// which several threads do faster; for that it asks for huge pages.
void copy_bytes(void* to, const void* from, size_t bytes);

}  // namespace voronode
