#include "index/flat.h"

#include "index/flat_search.h"
#include "kernels/kernels.h"

namespace voronode {

void IndexFlat::add(size_t n, const float* x, const Cancel* cancel) {
  check(cancel);
  rows_.append(n, x);
}

void IndexFlat::search(size_t nq, const float* xq, size_t k, const SearchParams& params, float* distances,
                       idx_t* labels) const {
  flat_search(rows_.view(), metric(), nq, xq, k, params, distances, labels);
}

void IndexFlat::range_search(size_t nq, const float* xq, float radius, const SearchParams& params,
                             RangeResult* result) const {
  flat_range_search(rows_.view(), metric(), nq, xq, radius, params, result);
}

void IndexFlat::reconstruct(idx_t id, float* x) const {
  const auto rows = rows_.view();
  if (id < 0 || static_cast<uint64_t>(id) >= rows.size()) {
    throw Error(Code::kOutOfRange, format("The value of \"id\" is out of range. It must be >= 0 and < %zu (ntotal). "
                                          "Received %lld",
                                          rows.size(), static_cast<long long>(id)));
  }
  const float* row = rows.row(static_cast<size_t>(id));
  std::copy(row, row + d(), x);
}

size_t IndexFlat::remove_ids(const IDSelector& selector, const Cancel* cancel) {
  std::vector<size_t> rows;
  for (size_t i = 0; i < ntotal(); ++i) {
    if (selector.is_member(static_cast<idx_t>(i))) rows.push_back(i);
  }
  check(cancel);
  rows_.remove(rows);
  return rows.size();
}

}  // namespace voronode
