// How Faiss found the ranges of a scalar quantizer, as it stands in a file: kept for the next file. A training here
// takes the least and the greatest, which is what zeros mean.
#pragma once

#include <cstdint>

namespace voronode {

struct RangeRule {
  int32_t stat = 0;
  float arg = 0;
};

}  // namespace voronode
