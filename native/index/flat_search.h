// Exact search over rows, in float32 or in codes: how the work is cut into pieces, spread over the pool and put together
// again.
#pragma once

#include <optional>

#include "codec/row_codec.h"
#include "index/index.h"
#include "sketch/sketches.h"
#include "storage/blocks.h"

namespace voronode {

// What a search reads: rows, or codes with their codec. Take the numbers first, then the view of the sketches, then that of
// the rows: the rows of now cover all of both.
struct FlatRows {
  Metric metric;
  size_t d;
  RowNumbers::View numbers;
  const Sketches* sketches = nullptr;  // of `rows`; null: none kept
  std::optional<Sketches::View> sketch_view = std::nullopt;
  std::optional<Blocks<float>::View> rows = std::nullopt;
  const RowCodec* codec = nullptr;
  std::optional<Blocks<uint8_t>::View> codes = std::nullopt;
  std::optional<std::vector<size_t>> chosen = std::nullopt;  // the rows to search, ascending; else all

  size_t size() const noexcept { return rows ? rows->size() : codes ? codes->size() : 0; }
  size_t count() const noexcept { return chosen ? chosen->size() : size(); }
};

// As Index::search and Index::range_search, over all rows of the view.
void flat_search(FlatRows source, size_t nq, const float* xq, size_t k, const SearchParams& params, float* distances,
                 idx_t* labels);
void flat_range_search(FlatRows source, size_t nq, const float* xq, float radius, const SearchParams& params,
                       RangeResult* result);

}  // namespace voronode
