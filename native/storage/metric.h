// How two vectors compare.
#pragma once

#include <cstdint>

namespace voronode {

// Faiss's numbers, as they stand in files.
enum class Metric : int32_t {
  kInnerProduct = 0,  // larger is nearer
  kL2 = 1,            // squared Euclidean, smaller is nearer
};

}  // namespace voronode
