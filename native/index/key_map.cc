#include "index/key_map.h"

#include <algorithm>

#include "index/merging.h"
#include "index/new_keys.h"

namespace voronode {
namespace {

class FoundRows final : public RowsOfKeys {
 public:
  FoundRows(const KeyTable& keys, const RowNumbers& numbers, const RowNumbers::View& rows)
      : keys_(keys), view_(keys.view()), rows_(rows), state_{numbers.identity(), rows.version()} {}
  idx_t row_of(std::string_view key) const override { return keys_.find(key, rows_); }
  std::string_view key_of(idx_t row) const override { return view_.key(static_cast<size_t>(row)); }
  const State& state() const noexcept override { return state_; }

 private:
  const KeyTable& keys_;
  KeyTable::View view_;
  const RowNumbers::View& rows_;
  State state_;
};
static_assert(RowsOfKeys::kNoRow == kNoSlot);

void append_entry(const uint8_t* entry, std::vector<uint8_t>* packed) {
  packed->insert(packed->end(), entry, entry + entry_bytes(key_at(entry)));
}

Error no_such_key(size_t i, std::string_view key, const char* remedy) {
  return Error(Code::kOutOfRange,
               format("The value of \"keys[%zu]\" is out of range. It must be a key of the index%s. Received %s", i,
                      remedy, shown_key(key).c_str()));
}

}  // namespace

IndexKeyMap::IndexKeyMap(const std::shared_ptr<Index>& inner) : IndexKeyMap(inner, KeyTable()) {}

IndexKeyMap::IndexKeyMap(const std::shared_ptr<Index>& inner, KeyTable keys)
    : Wrapper(inner->d(), mappable_rows("IndexKeyMap", inner, keys.size())), keys_(std::move(keys)) {
  count_rows();
  commit();
}

std::shared_ptr<IndexKeyMap> IndexKeyMap::from_parts(const std::shared_ptr<Index>& inner, KeyTable keys) {
  return std::shared_ptr<IndexKeyMap>(new IndexKeyMap(inner, std::move(keys)));
}

void IndexKeyMap::refuse_ids() {
  throw Error(Code::kUnsupported, "An IndexKeyMap has keys, which are strings, and no ids: use the methods with keys");
}
void IndexKeyMap::add(size_t, const float*, const Cancel*) { refuse_ids(); }
void IndexKeyMap::add_with_ids(size_t, const float*, const idx_t*, const Cancel*) { refuse_ids(); }
size_t IndexKeyMap::upsert(const Rows&, Missing, const Cancel*) { refuse_ids(); }
bool IndexKeyMap::look_up_at(const RowNumbers::View&, idx_t, float*) const { refuse_ids(); }
std::vector<idx_t> IndexKeyMap::row_ids() const { refuse_ids(); }

// ---- Adding ----

void IndexKeyMap::check_new(Keys keys, const RowNumbers::View& rows, const Cancel* cancel) const {
  for (size_t i = 0; i < keys.size(); ++i) {
    poll(cancel);
    if (keys_.find(keys[i], rows) == kNoSlot) continue;
    throw Error(
        Code::kInvalidArgValue,
        format("The value of \"keys[%zu]\" is a key that is there already; upsert() replaces its vector. Received "
               "%s",
               i, shown_key(keys[i]).c_str()));
  }
}

// And what belongs to them; if that fails, no keys either.
template <class AppendRows>
void IndexKeyMap::append_keys(Keys keys, std::span<const int64_t> replaced, const AppendRows& append_rows) {
  const size_t before = keys_.size();
  keys_.append(keys, replaced);
  try {
    append_rows();
  } catch (...) {
    keys_.truncate(before);
    throw;
  }
}

void IndexKeyMap::add_with_keys(const KeyedRows& rows, const Cancel* cancel) {
  check_distinct(rows.keys);
  check_new(rows.keys, numbers().view(), cancel);
  append_keys(rows.keys, {}, [&] { base().add(rows.keys.size(), rows.x, cancel); });
  keys_.catch_up(keys_.size());
}

std::vector<int64_t> IndexKeyMap::slots_of(Keys keys, const RowNumbers::View& rows, const Cancel* cancel) const {
  std::vector<int64_t> slots(keys.size());
  for (size_t i = 0; i < keys.size(); ++i) {
    poll(cancel);
    slots[i] = keys_.find(keys[i], rows);
  }
  return slots;
}

size_t IndexKeyMap::upsert_keys(const KeyedRows& rows, Missing missing, const Cancel* cancel) {
  const std::vector<size_t> latest = last_of_each(rows.keys);
  std::vector<std::string_view> keys(latest.size());
  std::transform(latest.begin(), latest.end(), keys.begin(), [&](size_t i) { return rows.keys[i]; });
  const std::vector<int64_t> replaced = slots_of(keys, numbers().view(), cancel);
  std::vector<size_t> old;
  for (size_t i = 0; i < keys.size(); ++i) {
    if (replaced[i] != kNoSlot) {
      old.push_back(static_cast<size_t>(replaced[i]));
    } else if (missing == Missing::kRefuse) {
      throw no_such_key(latest[i], keys[i], "; upsert() adds what is missing");
    }
  }
  std::sort(old.begin(), old.end());
  std::vector<float> kept;  // the vectors that count, if others are between them
  if (latest.size() < rows.keys.size()) {
    kept.resize(latest.size() * d());
    for (size_t i = 0; i < latest.size(); ++i) std::copy_n(rows.x + latest[i] * d(), d(), kept.data() + i * d());
  }
  RowNumbers::Change change(numbers(), old);
  append_keys(keys, replaced, [&] { base().add(keys.size(), kept.empty() ? rows.x : kept.data(), cancel); });
  change.publish();
  keys_.catch_up(keys_.size());
  return old.size();
}

void IndexKeyMap::merge_rows(Index& other, idx_t add_id, const Cancel* cancel) {
  check_add_id(*this, add_id);
  const KeyTable::View theirs = dynamic_cast<const IndexKeyMap&>(other).keys_.view();
  std::vector<std::string_view> keys(other.ntotal());
  for (size_t i = 0; i < keys.size(); ++i) keys[i] = theirs.key(i);
  check_new(keys, numbers().view(), cancel);
  append_keys(keys, {}, [&] { base().merge_from(*other.inner(), static_cast<idx_t>(base().ntotal()), cancel); });
  keys_.catch_up(keys_.size());
  other.reset();
}

// ---- Searching ----

// search(params) with everything by slots.
template <class Search>
void IndexKeyMap::search_rows(const SearchParams& params, const Search& search) const {
  const RowNumbers::View rows = numbers().view();
  SearchParams by_slot = params;
  by_slot.slots = &rows;
  if (params.filter == nullptr) return search(by_slot);
  const FoundRows found(keys_, numbers(), rows);
  const SelectorPtr filter = params.filter->by_rows(found, params.cancel);
  by_slot.filter = filter.get();
  search(by_slot);
}

void IndexKeyMap::search(size_t nq, const float* xq, size_t k, const SearchParams& params, float* distances,
                         idx_t* labels) const {
  search_rows(params, [&](const SearchParams& by_slot) { base().search(nq, xq, k, by_slot, distances, labels); });
}

void IndexKeyMap::range_search(size_t nq, const float* xq, float radius, const SearchParams& params,
                               RangeResult* result) const {
  search_rows(params, [&](const SearchParams& by_slot) { base().range_search(nq, xq, radius, by_slot, result); });
}

std::vector<uint8_t> IndexKeyMap::packed_keys(std::span<const idx_t> labels) const {
  const KeyTable::View keys = keys_.view();
  uint8_t none[kMaxLengthBytes];
  const size_t none_bytes = write_length(kNoKey, none);
  constexpr size_t kUsualBytes = 24;
  std::vector<uint8_t> packed;
  packed.reserve(labels.size() * kUsualBytes);
  for (const idx_t label : labels) {
    if (label < 0 || static_cast<size_t>(label) >= keys.size()) {
      packed.insert(packed.end(), none, none + none_bytes);
    } else {
      append_entry(keys.entry(static_cast<size_t>(label)), &packed);
    }
  }
  return packed;
}

std::string_view IndexKeyMap::key_of(idx_t label) const {
  const RowNumbers::View rows = numbers().view();
  if (label >= 0 && rows.has(static_cast<size_t>(label))) return keys_.view().key(static_cast<size_t>(label));
  throw Error(Code::kOutOfRange, format("The value of \"label\" is out of range. It must be one of a search under way. "
                                        "Received %lld",
                                        static_cast<long long>(label)));
}

std::vector<uint8_t> IndexKeyMap::packed_keys() const {
  const RowNumbers::View rows = numbers().view();
  const KeyTable::View keys = keys_.view();
  std::vector<uint8_t> packed;
  rows.for_each_run([&](size_t begin, size_t end) {
    for (size_t slot = begin; slot < end; ++slot) append_entry(keys.entry(slot), &packed);
  });
  return packed;
}

void IndexKeyMap::reconstruct_keys(Keys keys, float* x, const Cancel* cancel) const {
  const RowNumbers::View rows = numbers().view();
  for (size_t i = 0; i < keys.size(); ++i) {
    poll(cancel);
    const int64_t slot = keys_.find(keys[i], rows);
    if (slot == kNoSlot || !base().look_up_slot(static_cast<size_t>(slot), x + i * d())) {
      throw no_such_key(i, keys[i], "");
    }
  }
}

// ---- Removing ----

namespace {

// Ascending. Of rows that are there.
std::vector<size_t> slots_in(const IDSelector& by_slot, const RowNumbers::View& rows, const Cancel* cancel) {
  const IdRange all{0, static_cast<idx_t>(rows.slots()) - 1};
  const auto named = few_ids(by_slot, all, rows.slots() / kAsksPerLookup);
  if (!named) return slots_with(by_slot, rows, cancel, [](size_t slot, size_t) { return slot; });
  std::vector<size_t> slots(named->begin(), named->end());
  std::erase_if(slots, [&](size_t slot) { return !rows.has(slot); });
  std::sort(slots.begin(), slots.end());
  return slots;
}

}  // namespace

size_t IndexKeyMap::remove_ids(const IDSelector& selector, const Cancel* cancel) {
  const RowNumbers::View rows = numbers().view();
  const FoundRows found(keys_, numbers(), rows);
  const SelectorPtr by_slot = selector.by_rows(found, cancel);
  const std::vector<size_t> slots = slots_in(*by_slot, rows, cancel);
  RowNumbers::Change change(numbers(), slots);
  change.publish();
  keys_.forget(slots);
  return slots.size();
}

void IndexKeyMap::remove_rows(const std::vector<size_t>& slots) noexcept {
  base().remove_rows(slots);
  keys_.remove(slots);
}

void IndexKeyMap::move_rows(const RowMove& move) noexcept {
  base().move_rows(move);
  keys_.move(move, numbers().view());
}

void IndexKeyMap::keep_rows(size_t n) noexcept {
  base().keep_rows(n);
  keys_.keep(n);
}

void IndexKeyMap::reset() noexcept {
  base().reset();
  keys_.clear();
}

}  // namespace voronode
