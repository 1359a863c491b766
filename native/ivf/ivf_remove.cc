// What takes rows out of the lists of an IndexIVF, beside searches: removing, replacing, writing lists anew.
#include <algorithm>
#include <limits>

#include "base/poll.h"
#include "base/thread_pool.h"
#include "filter/selector_batch.h"
#include "index/new_ids.h"
#include "ivf/ivf.h"
#include "ivf/ivf_places.h"

namespace voronode {
namespace {

// Ids looked through between two looks at the cancel flag.
constexpr size_t kIdsAPoll = size_t{1} << 16;
// A list is written anew when one in so many of its rows was removed: a search goes over them like over others. Fewer
// than kFewRemoved are not worth a thought.
constexpr size_t kRemovedShare = 8;
constexpr size_t kFewRemoved = 16;

bool has_many_removed(const InvertedLists::List& list) noexcept {
  return list.removed() >= kFewRemoved && list.removed() >= list.size() / kRemovedShare;
}

}  // namespace

// Of rows that are there.
IndexIVF::Places IndexIVF::places_in(const IDSelector& selector, const Cancel* cancel) const {
  const size_t most = std::max<size_t>(1, lists_->rows() / kAsksPerLookup);
  if (const auto named = few_ids(selector, kAllIds, most)) {
    if (auto places = direct_map_.find_all(*lists_, *named, lists_->rows())) {
      std::sort(places->begin(), places->end(), [](const DirectMap::Place& a, const DirectMap::Place& b) {
        return a.list != b.list ? a.list < b.list : a.row < b.row;
      });
      return std::move(*places);
    }
  }
  const auto lists = lists_->view();
  std::vector<Places> found(nlist());
  ThreadPool::instance().parallel_for(nlist(), cancel, [&](size_t l) {
    for (size_t i = 0; i < lists[l].size(); ++i) {
      if (i % kIdsAPoll == 0) poll(cancel);
      const idx_t id = lists[l].id(i);
      if (id != InvertedLists::kNoRow && selector.is_member(id)) found[l].push_back({l, i});
    }
  });
  Places places;
  for (const Places& part : found) places.insert(places.end(), part.begin(), part.end());
  return places;
}

std::vector<idx_t> IndexIVF::ids_at(const Places& places) const {
  std::vector<idx_t> ids;
  ids.reserve(places.size());
  for_each_list(places, [&](size_t number, const std::vector<uint32_t>& rows) {
    const InvertedLists::List list = lists_->list(number);
    for (const uint32_t row : rows) ids.push_back(list.id(row));
  });
  return ids;
}

size_t IndexIVF::remove_ids(const IDSelector& selector, const Cancel* cancel) {
  if (numbers().counted()) return Index::remove_ids(selector, cancel);
  const Places places = places_in(selector, cancel);
  if (places.empty()) return 0;
  const std::vector<idx_t> ids = ids_at(places);
  InvertedLists::Addition removal(*lists_, {});
  for_each_list(places, [&](size_t list, const std::vector<uint32_t>& gone) { removal.remove(list, gone); });
  removal.publish();
  max_id_gone_ |= std::find(ids.begin(), ids.end(), max_id_) != ids.end();
  no_array_map();
  rewrite_lists(places);
  return places.size();
}

size_t IndexIVF::upsert(const Rows& rows, Missing missing, const Cancel* cancel) {
  if (numbers().counted()) return Index::upsert(rows, missing, cancel);
  require_trained();
  check_new_ids(rows.n, rows.ids);
  const LastRows last(rows, d());
  const Rows& latest = last.get();
  const Places old = places_in(IDSelectorBatch(latest.n, latest.ids), cancel);
  const size_t found = count_known(rows, ids_at(old), missing);
  add_rows(latest, old, cancel);
  rewrite_lists(old);
  return found;
}

// Without memory for it they stay as they are.
void IndexIVF::rewrite_lists(const Places& places) noexcept {
  try {
    for_each_list(places, [&](size_t number, const std::vector<uint32_t>&) {
      const InvertedLists::List list = lists_->list(number);
      if (has_many_removed(list)) rewrite(list, number);
    });
  } catch (...) {
  }
}

void IndexIVF::compact() {
  if (numbers().counted()) return Index::compact();
  for (size_t l = 0; l < nlist(); ++l) {
    const InvertedLists::List list = lists_->list(l);
    if (list.removed() > 0) rewrite(list, l);
  }
}

// Without its removed rows.
void IndexIVF::rewrite(const InvertedLists::List& list, size_t number) {
  const std::vector<uint32_t> kept = list.ordered();
  InvertedLists::Addition addition(*lists_, {{number, kept.size()}}, InvertedLists::Addition::Way::kRewrite);
  for (size_t i = 0; i < kept.size();) {
    const auto room = addition.room(0, i);
    for (size_t r = 0; r < room.rows; ++r, ++i) {
      std::copy_n(list.code(kept[i]), lists_->code_size(), room.codes + r * lists_->code_size());
      room.ids[r] = list.id(kept[i]);
    }
  }
  sketches_.make(addition, 0);
  direct_map_.rewrite(*lists_, number, kept, [&] { addition.publish(); });
}

// ---- What needs exclusivity ----

// The ids or the places of rows are others than before.
void IndexIVF::rows_changed() noexcept {
  direct_map_.forget();
  max_id_ = std::numeric_limits<idx_t>::max();  // at the most, while it is not known
  max_id_gone_ = true;
  no_array_map();
}

void IndexIVF::no_array_map() noexcept {
  if (direct_map_type() == DirectMapType::kArray) set_direct_map_type(DirectMapType::kNone);
}

idx_t IndexIVF::largest_id() noexcept {
  if (max_id_gone_) {
    max_id_ = InvertedLists::kNoRow;
    lists_->for_each_id([this](idx_t id) { max_id_ = std::max(max_id_, id); });
    max_id_gone_ = false;
  }
  return max_id_;
}

void IndexIVF::remove_rows(const std::vector<size_t>& slots) noexcept {
  if (slots.empty()) return;
  const auto below = [&](idx_t id) { return std::lower_bound(slots.begin(), slots.end(), static_cast<size_t>(id)); };
  for (size_t l = 0; l < nlist(); ++l) {
    lists_->remove_if(l, [&](idx_t id) {
      const auto at = below(id);
      return at != slots.end() && *at == static_cast<size_t>(id);
    });
  }
  lists_->for_each_id([&](idx_t& id) { id -= below(id) - slots.begin(); });
  for (size_t l = 0; l < nlist(); ++l) sketches_.remake(l);
  rows_changed();
  numbers().restart(lists_->size());
}

}  // namespace voronode
