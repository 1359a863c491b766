// Samples, drawn as Faiss draws them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace voronode {

// The first `count` of a random permutation of n numbers.
std::vector<size_t> random_choice(size_t n, size_t count, uint64_t seed);

}  // namespace voronode
