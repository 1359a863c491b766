// The centroids in the quantizer of an IVF index.
#pragma once

#include <vector>

#include "index/flat.h"

namespace voronode {

// Side by side. REQUIRES: the quantizer of an IndexIVF.
inline std::vector<float> centroids_of(const Index& quantizer) {
  const auto rows = dynamic_cast<const IndexFlat&>(quantizer).rows().view();
  std::vector<float> out;
  out.reserve(rows.size() * rows.width());
  for (size_t b = 0; b < rows.block_count(); ++b) {
    const auto block = rows.block(b);
    out.insert(out.end(), block.data, block.data + block.rows * rows.width());
  }
  return out;
}

}  // namespace voronode
