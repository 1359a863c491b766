#include "index/id_map.h"

namespace voronode {
namespace {

// What a map can go around; checked before the base class marks `inner` as wrapped.
Index& wrappable(const std::shared_ptr<Index>& inner, size_t rows) {
  if (dynamic_cast<const IndexIDMap*>(inner.get()) != nullptr) {
    throw Error(Code::kUnsupported, "An IndexIDMap cannot wrap another one; use the inner map");
  }
  if (inner->ntotal() != rows) {
    throw Error(Code::kUnsupported, format("An IndexIDMap can only wrap an empty index; this %s holds %zu vectors",
                                           inner->kind(), inner->ntotal()));
  }
  if (!inner->numbered_by_position()) {
    throw Error(Code::kUnsupported,
                format("An IndexIDMap can only wrap an index whose labels are 0 to ntotal - 1; this "
                       "%s has others",
                       inner->kind()));
  }
  return *inner;
}

}  // namespace

IndexIDMap::IndexIDMap(std::shared_ptr<Index> inner, bool idmap2) : IndexIDMap(std::move(inner), IdTable(), idmap2) {}

// The table comes as an argument: once `inner` is marked as wrapped, nothing may fail.
IndexIDMap::IndexIDMap(std::shared_ptr<Index> inner, IdTable ids, bool idmap2)
    : Index(inner->d(), inner->metric(), wrappable(inner, ids.size())),
      inner_(std::move(inner)),
      ids_(std::move(ids)),
      idmap2_(idmap2) {}

std::shared_ptr<IndexIDMap> IndexIDMap::from_parts(std::shared_ptr<Index> inner, IdTable ids, bool idmap2) {
  return std::shared_ptr<IndexIDMap>(new IndexIDMap(std::move(inner), std::move(ids), idmap2));
}

void IndexIDMap::add(size_t, const float*, const Cancel*) {
  throw Error(Code::kUnsupported, format("%s needs an id for each vector: use addWithIds(vectors, ids)", kind()));
}

void IndexIDMap::add_with_ids(size_t n, const float* x, const idx_t* ids, const Cancel* cancel) {
  for (size_t i = 0; i < n; ++i) {
    if (ids[i] == IdTable::kNone) {
      throw Error(Code::kOutOfRange, format("The value of \"ids[%zu]\" is out of range. It must not be -1, which marks "
                                            "missing neighbours in results. Received -1",
                                            i));
    }
  }
  const size_t before = ids_.size();
  ids_.append(n, ids);
  try {
    inner_->add(n, x, cancel);
  } catch (...) {
    ids_.truncate(before);
    throw;
  }
}

void IndexIDMap::train(size_t n, const float* x, const Cancel* cancel) { inner_->train(n, x, cancel); }

Clustering IndexIDMap::train(size_t n, const float* x, const ClusteringParams& params, const Cancel* cancel,
                             const ClusteringProgress& progress) {
  return inner_->train(n, x, params, cancel, progress);
}

void IndexIDMap::search(size_t nq, const float* xq, size_t k, const SearchParams& params, float* distances,
                        idx_t* labels) const {
  SearchParams mapped = params;
  mapped.ids = &ids_;
  inner_->search(nq, xq, k, mapped, distances, labels);
}

void IndexIDMap::range_search(size_t nq, const float* xq, float radius, const SearchParams& params,
                              RangeResult* result) const {
  SearchParams mapped = params;
  mapped.ids = &ids_;
  inner_->range_search(nq, xq, radius, mapped, result);
}

void IndexIDMap::reconstruct(idx_t id, float* x) const {
  const int64_t row = ids_.find_last(id, inner_->ntotal());
  if (row == IdTable::kNone) {
    throw Error(Code::kOutOfRange, format("The value of \"id\" is out of range. It must be an id of the index. "
                                          "Received %lld",
                                          static_cast<long long>(id)));
  }
  inner_->reconstruct(row, x);
}

size_t IndexIDMap::remove_ids(const IDSelector& selector, const Cancel* cancel) {
  std::vector<size_t> rows;
  const auto ids = ids_.view();
  for (size_t i = 0; i < ids.size(); ++i) {
    if (selector.is_member(*ids.row(i))) rows.push_back(i);
  }
  check(cancel);
  remove_rows(rows);
  return rows.size();
}

void IndexIDMap::remove_rows(const std::vector<size_t>& rows) noexcept {
  inner_->remove_rows(rows);
  ids_.remove(rows);
}

void IndexIDMap::reset() noexcept {
  inner_->reset();
  ids_.clear();
}

}  // namespace voronode
