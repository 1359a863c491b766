// Search in inverted lists: which lists, in what order, on which threads, and how the parts become one answer.
#pragma once

#include "ivf/list_source.h"

namespace voronode {

// As Index::search and Index::range_search, over the lists whose centroids are nearest to each query.
void ivf_search(const ListSource& source, size_t nq, const float* xq, size_t k, const SearchParams& params,
                float* distances, idx_t* labels);
void ivf_range_search(const ListSource& source, size_t nq, const float* xq, float radius, const SearchParams& params,
                      RangeResult* result);

}  // namespace voronode
