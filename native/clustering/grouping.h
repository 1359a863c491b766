// Things put in the order of small numbers: vectors by their list, pairs of query and list by list.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace voronode {

// The positions 0 … keys.size() - 1 in the order of their keys, positions of equal keys ascending. All keys < limit.
std::vector<size_t> order_by(const std::vector<uint32_t>& keys, size_t limit);

}  // namespace voronode
