#include "index/id_map.h"

#include "index/merging.h"

namespace voronode {
namespace {

// What a map of so many ids can go around.
std::shared_ptr<Index> wrappable(std::shared_ptr<Index> inner, size_t rows) {
  if (inner->maps_ids()) throw Error(Code::kUnsupported, "An IndexIDMap cannot wrap another one; use the inner map");
  check_row_count("IndexIDMap", *inner, rows);
  if (!inner->numbered_by_position()) {
    throw Error(Code::kUnsupported,
                format("An IndexIDMap can only wrap an index whose labels are 0 to ntotal - 1; this "
                       "%s has others",
                       inner->kind()));
  }
  return inner;
}

}  // namespace

IndexIDMap::IndexIDMap(const std::shared_ptr<Index>& inner, bool idmap2) : IndexIDMap(inner, IdTable(), idmap2) {}

IndexIDMap::IndexIDMap(const std::shared_ptr<Index>& inner, IdTable ids, bool idmap2)
    : Wrapper(inner->d(), wrappable(inner, ids.size())), ids_(std::move(ids)), idmap2_(idmap2) {
  commit();
}

std::shared_ptr<IndexIDMap> IndexIDMap::from_parts(const std::shared_ptr<Index>& inner, IdTable ids, bool idmap2) {
  return std::shared_ptr<IndexIDMap>(new IndexIDMap(inner, std::move(ids), idmap2));
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
    base().add(n, x, cancel);
  } catch (...) {
    ids_.truncate(before);
    throw;
  }
}

void IndexIDMap::search(size_t nq, const float* xq, size_t k, const SearchParams& params, float* distances,
                        idx_t* labels) const {
  SearchParams mapped = params;
  mapped.ids = &ids_;
  base().search(nq, xq, k, mapped, distances, labels);
}

void IndexIDMap::range_search(size_t nq, const float* xq, float radius, const SearchParams& params,
                              RangeResult* result) const {
  SearchParams mapped = params;
  mapped.ids = &ids_;
  base().range_search(nq, xq, radius, mapped, result);
}

bool IndexIDMap::look_up(idx_t id, float* x) const {
  const int64_t row = ids_.find_last(id, base().ntotal());
  if (row == IdTable::kNone) return false;
  return x == nullptr || base().look_up(row, x);
}

std::vector<idx_t> IndexIDMap::row_ids() const {
  const auto ids = ids_.view();
  std::vector<idx_t> out(base().ntotal());
  for (size_t i = 0; i < out.size(); ++i) out[i] = *ids.row(i);
  return out;
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
  base().remove_rows(rows);
  ids_.remove(rows);
}

void IndexIDMap::reset() noexcept {
  base().reset();
  ids_.clear();
}

void IndexIDMap::merge_from(Index& other, idx_t add_id, const Cancel* cancel) {
  check_mergeable(other);
  const auto theirs = dynamic_cast<const IndexIDMap&>(other).ids_.view();
  std::vector<idx_t> moved(other.ntotal());
  for (size_t i = 0; i < moved.size(); ++i) moved[i] = moved_id(*theirs.row(i), add_id);
  const size_t before = ids_.size();
  ids_.append(moved.size(), moved.data());
  try {
    base().merge_from(*other.inner(), static_cast<idx_t>(base().ntotal()), cancel);
  } catch (...) {
    ids_.truncate(before);
    throw;
  }
  other.reset();
}

}  // namespace voronode
