// Exact search over float32 rows: how the work is cut into pieces, spread over the pool and put together again.
#pragma once

#include <optional>

#include "index/index.h"
#include "sketch/sketches.h"
#include "storage/blocks.h"

namespace voronode {

// What a search reads. Make the view of the sketches before that of the rows: the rows of now cover all sketches of
// before.
struct FlatRows {
  Metric metric;
  const Sketches* sketches;  // null: none kept
  std::optional<Sketches::View> sketch_view;
  Blocks<float>::View rows;
  std::optional<std::vector<size_t>> chosen = std::nullopt;  // the rows to search, ascending; else all

  size_t count() const noexcept { return chosen ? chosen->size() : rows.size(); }
};

// As Index::search and Index::range_search, over all rows of the view.
void flat_search(FlatRows source, size_t nq, const float* xq, size_t k, const SearchParams& params, float* distances,
                 idx_t* labels);
void flat_range_search(FlatRows source, size_t nq, const float* xq, float radius, const SearchParams& params,
                       RangeResult* result);

}  // namespace voronode
