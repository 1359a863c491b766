// Exact search over float32 rows: how the work is cut into pieces, spread over the pool and put together again.
#pragma once

#include "index/index.h"
#include "storage/blocks.h"

namespace voronode {

// As Index::search and Index::range_search, over all rows of the view.
void flat_search(const Blocks<float>::View& rows, Metric metric, size_t nq, const float* xq, size_t k,
                 const SearchParams& params, float* distances, idx_t* labels);
void flat_range_search(const Blocks<float>::View& rows, Metric metric, size_t nq, const float* xq, float radius,
                       const SearchParams& params, RangeResult* result);

}  // namespace voronode
