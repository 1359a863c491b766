// Filters that let few rows pass: these are found before any distance is computed.
//
// A filter that lets many pass is asked only about the rows that would be answered. With few, thresholds would form
// late and nearly all distances would be computed for nothing.
#pragma once

#include <optional>
#include <vector>

#include "index/labels.h"

namespace voronode {

// The slots of rows that pass, ascending, if the filter can name its ids and they are few; else nothing. There may be
// rows among them that were removed. labels: of an index that numbers its rows. REQUIRES: a filter.
std::optional<std::vector<size_t>> named_rows(const Labels& labels, const SearchParams& params);

// The slots of rows that pass, ascending, if the filter names few, or a sample says that fewer than one in eight do; else
// (or without a filter) nothing. Rows that are not named are asked about on all threads.
std::optional<std::vector<size_t>> sparse_rows(const Labels& labels, const SearchParams& params);

}  // namespace voronode
