#include "index/id_map.h"

#include <algorithm>

#include "filter/selector_batch.h"
#include "index/merging.h"
#include "index/new_ids.h"

namespace voronode {
IndexIDMap::IndexIDMap(const std::shared_ptr<Index>& inner, bool idmap2) : IndexIDMap(inner, IdTable(), idmap2) {}

IndexIDMap::IndexIDMap(const std::shared_ptr<Index>& inner, IdTable ids, bool idmap2)
    : Wrapper(inner->d(), mappable_rows("IndexIDMap", inner, ids.size())), ids_(std::move(ids)), idmap2_(idmap2) {
  count_rows();
  commit();
}

std::shared_ptr<IndexIDMap> IndexIDMap::from_parts(const std::shared_ptr<Index>& inner, IdTable ids, bool idmap2) {
  return std::shared_ptr<IndexIDMap>(new IndexIDMap(inner, std::move(ids), idmap2));
}

void IndexIDMap::add(size_t, const float*, const Cancel*) {
  throw Error(Code::kUnsupported, format("%s needs an id for each vector: use addWithIds(vectors, ids)", kind()));
}

void IndexIDMap::add_with_ids(size_t n, const float* x, const idx_t* ids, const Cancel* cancel) {
  check_new_ids(n, ids);
  append_ids(n, ids, [&] { base().add(n, x, cancel); });
}

// And what belongs to them; if that fails, no ids either.
template <class AppendRows>
void IndexIDMap::append_ids(size_t n, const idx_t* ids, const AppendRows& append_rows) {
  const size_t before = ids_.size();
  ids_.append(n, ids);
  try {
    append_rows();
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

bool IndexIDMap::look_up_at(const RowNumbers::View& rows, idx_t id, float* x) const {
  const int64_t slot = ids_.find_last(id, rows);
  return slot != IdTable::kNone && base().look_up_slot(static_cast<size_t>(slot), x);
}

std::vector<idx_t> IndexIDMap::row_ids() const {
  const RowNumbers::View rows = numbers().view();
  const auto ids = ids_.view();
  std::vector<idx_t> out;
  out.reserve(rows.size());
  rows.for_each_run([&](size_t begin, size_t end) {
    for (size_t slot = begin; slot < end; ++slot) out.push_back(ids.value(slot));
  });
  return out;
}

// ---- Removing ----

// Of rows that are there, ascending.
std::vector<size_t> IndexIDMap::slots_in(const IDSelector& selector, const RowNumbers::View& rows,
                                         const Cancel* cancel) const {
  const size_t most = std::max<size_t>(1, rows.slots() / kAsksPerLookup);
  if (const auto named = few_ids(selector, kAllIds, most)) {
    if (auto slots = ids_.find_all(*named, rows.slots(), rows.slots())) {
      std::erase_if(*slots, [&](size_t slot) { return !rows.has(slot); });
      return std::move(*slots);
    }
  }
  return slots_with(selector, rows, cancel, [ids = ids_.view()](size_t slot, size_t) { return ids.value(slot); });
}

size_t IndexIDMap::remove_ids(const IDSelector& selector, const Cancel* cancel) {
  const std::vector<size_t> slots = slots_in(selector, numbers().view(), cancel);
  RowNumbers::Change change(numbers(), slots);
  change.publish();
  return slots.size();
}

size_t IndexIDMap::upsert(const Rows& rows, Missing missing, const Cancel* cancel) {
  check_new_ids(rows.n, rows.ids);
  const LastRows last(rows, d());
  const Rows& latest = last.get();
  const std::vector<size_t> old = slots_in(IDSelectorBatch(latest.n, latest.ids), numbers().view(), cancel);
  std::vector<idx_t> there;
  there.reserve(old.size());
  const auto all = ids_.view();
  for (size_t slot : old) there.push_back(all.value(slot));
  const size_t found = count_known(rows, std::move(there), missing);
  RowNumbers::Change change(numbers(), old);
  append_ids(latest.n, latest.ids, [&] { base().add(latest.n, latest.x, cancel); });
  change.publish();
  return found;
}

void IndexIDMap::remove_rows(const std::vector<size_t>& slots) noexcept {
  base().remove_rows(slots);
  ids_.remove(slots);
}

void IndexIDMap::move_rows(const RowMove& move) noexcept {
  base().move_rows(move);
  ids_.move(move, numbers().view());
}

void IndexIDMap::keep_rows(size_t n) noexcept {
  base().keep_rows(n);
  ids_.keep(n);
}

void IndexIDMap::reset() noexcept {
  base().reset();
  ids_.clear();
}

void IndexIDMap::merge_rows(Index& other, idx_t add_id, const Cancel* cancel) {
  const auto theirs = dynamic_cast<const IndexIDMap&>(other).ids_.view();
  std::vector<idx_t> moved(other.ntotal());
  for (size_t i = 0; i < moved.size(); ++i) moved[i] = moved_id(theirs.value(i), add_id);
  append_ids(moved.size(), moved.data(),
             [&] { base().merge_from(*other.inner(), static_cast<idx_t>(base().ntotal()), cancel); });
  other.reset();
}

}  // namespace voronode
