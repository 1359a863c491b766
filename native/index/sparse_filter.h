// Filters that let few rows pass: these are found before any distance is computed.
//
// A filter that lets many pass is asked only about the rows that would be answered. With few, thresholds would form
// late and nearly all distances would be computed for nothing.
#pragma once

#include <optional>
#include <vector>

#include "index/labels.h"

namespace voronode {

// The rows of [0, n) that pass, ascending, if the filter can name its ids and they are few; else nothing.
// REQUIRES: a filter; n > 0.
std::optional<std::vector<size_t>> named_rows(size_t n, const SearchParams& params);

// The rows of [0, n) that pass, ascending, if the filter names few, or a sample says that fewer than one in eight do;
// else (or without a filter) nothing. Rows that are not named are asked about on all threads.
std::optional<std::vector<size_t>> sparse_rows(size_t n, const Labels& labels, const SearchParams& params);

}  // namespace voronode
