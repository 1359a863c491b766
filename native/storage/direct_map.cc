#include "storage/direct_map.h"

#include <algorithm>
#include <new>

#include "base/hash.h"

namespace voronode {
namespace {

constexpr size_t kMinSlots = 64;
// A row enters the table in about as long as so many are gone over by their ids.
constexpr size_t kGoneOverPerRow = 32;

DirectMap::Place place_of(uint64_t slot) noexcept { return {(slot - 1) >> 32, (slot - 1) & 0xFFFFFFFFu}; }

uint64_t slot_of(size_t list, size_t row) noexcept { return (static_cast<uint64_t>(list) << 32 | row) + 1; }

// The slot with this id, or the empty one where it belongs. Rows beyond their list were removed from it.
size_t probe(const std::vector<uint64_t>& slots, uint64_t seed, const std::vector<InvertedLists::List>& lists,
             int64_t id) noexcept {
  size_t s = hash(static_cast<uint64_t>(id), seed) & (slots.size() - 1);
  while (slots[s] != 0) {
    const DirectMap::Place place = place_of(slots[s]);
    const InvertedLists::List& list = lists[place.list];
    if (place.row < list.size() && list.id(place.row) == id) break;
    s = (s + 1) & (slots.size() - 1);
  }
  return s;
}

struct Inserted {
  size_t used = 0;       // slots that were empty
  bool repeats = false;  // an id occurs again
};

Inserted insert(std::vector<uint64_t>& slots, uint64_t seed, const std::vector<InvertedLists::List>& lists,
                const std::vector<uint32_t>& first) noexcept {
  Inserted done;
  for (size_t l = 0; l < lists.size(); ++l) {
    for (size_t row = first[l]; row < lists[l].size(); ++row) {
      const int64_t id = lists[l].id(row);
      if (id == InvertedLists::kNoRow) continue;
      uint64_t& slot = slots[probe(slots, seed, lists, id)];
      done.repeats |= slot != 0;
      done.used += slot == 0 ? 1 : 0;
      slot = std::max(slot, slot_of(l, row));
    }
  }
  return done;
}

}  // namespace

DirectMap::DirectMap() : seed_(hash_seed(this)) {}

void DirectMap::forget() noexcept {
  std::lock_guard<std::mutex> lock(mutex_);
  forget_all();
}

void DirectMap::forget_all() noexcept {
  scans_ = 0;
  table_bytes_ = 0;
  slots_ = std::vector<uint64_t>();
  used_ = 0;
  hashed_ = std::vector<uint32_t>();
  hashed_rows_ = 0;
  repeats_ = false;
  gone_over_ = 0;
}

std::optional<DirectMap::Found> DirectMap::find(const InvertedLists& lists, int64_t id) const {
  if (id == InvertedLists::kNoRow) return std::nullopt;
  std::lock_guard<std::mutex> lock(mutex_);
  if (scans_ < kScans) {
    ++scans_;
    return scan(lists, id);
  }
  // A row that is replaced in between is nowhere: the old one has lost its id, the new one is not in the table yet.
  for (;;) {
    const size_t changes = lists.changes();
    if (hashed_rows_ != lists.rows()) take_in(lists);
    auto found = look_up(lists, id);
    if (found || lists.changes() == changes) return found;
  }
}

std::optional<std::vector<DirectMap::Place>> DirectMap::find_all(const InvertedLists& lists,
                                                                 const std::vector<int64_t>& ids,
                                                                 size_t instead) const {
  const std::unique_lock<std::mutex> lock(mutex_, std::try_to_lock);
  if (!lock || repeats_) return std::nullopt;
  const size_t rows = lists.rows();
  if (hashed_rows_ != rows) {
    gone_over_ += instead;
    const size_t missing = has_room(rows) ? rows - hashed_rows_ : rows;
    if (gone_over_ / kGoneOverPerRow < missing) return std::nullopt;
    try {
      take_in(lists);
    } catch (const std::bad_alloc&) {
      return std::nullopt;  // the lists can be gone over without it
    }
    gone_over_ = 0;
    if (repeats_) return std::nullopt;
  }
  std::vector<Place> places;
  for (const int64_t id : ids) {
    if (id == InvertedLists::kNoRow) continue;
    if (const auto found = look_up(lists, id)) places.push_back(found->place);
  }
  return places;
}

std::optional<DirectMap::Found> DirectMap::look_up(const InvertedLists& lists, int64_t id) const {
  if (slots_.empty()) return std::nullopt;
  size_t s = hash(static_cast<uint64_t>(id), seed_) & (slots_.size() - 1);
  for (; slots_[s] != 0; s = (s + 1) & (slots_.size() - 1)) {
    const Place place = place_of(slots_[s]);
    InvertedLists::List list = lists.list(place.list);
    if (place.row < list.size() && list.id(place.row) == id) return Found{place, std::move(list)};
  }
  return std::nullopt;
}

std::optional<DirectMap::Found> DirectMap::scan(const InvertedLists& lists, int64_t id) const {
  const auto all = lists.view();
  for (size_t l = all.size(); l-- > 0;) {
    for (size_t p = all[l].piece_count(); p-- > 0;) {
      const auto piece = all[l].piece(p);
      for (size_t i = piece.rows; i-- > 0;) {
        if (piece.ids[i] == id) return Found{{l, piece.begin + i}, all[l]};
      }
    }
  }
  return std::nullopt;
}

bool DirectMap::has_room(size_t rows) const noexcept {
  return slots_.size() >= 2 * (used_ + (rows - std::min(rows, hashed_rows_)));
}

// The rows that came since the last time, or all.
void DirectMap::take_in(const InvertedLists& lists) const {
  const auto all = lists.view();
  std::vector<uint32_t> sizes(all.size());
  size_t rows = 0;
  for (size_t l = 0; l < all.size(); ++l) {
    sizes[l] = static_cast<uint32_t>(all[l].size());
    rows += sizes[l];
  }
  if (hashed_.empty() || !has_room(rows)) {
    size_t size = kMinSlots;
    while (size < 2 * rows) size *= 2;
    std::vector<uint64_t> larger(size);
    const Inserted done = insert(larger, seed_, all, std::vector<uint32_t>(all.size()));
    repeats_ = done.repeats;
    used_ = done.used;
    slots_ = std::move(larger);
  } else {
    const Inserted done = insert(slots_, seed_, all, hashed_);
    repeats_ |= done.repeats;
    used_ += done.used;
  }
  hashed_ = std::move(sizes);
  hashed_rows_ = rows;
  table_bytes_ = slots_.size() * sizeof(uint64_t) + hashed_.size() * sizeof(uint32_t);
}

void DirectMap::rewrite(const InvertedLists& lists, size_t list, const std::vector<uint32_t>& kept,
                        const std::function<void()>& publish) noexcept {
  std::lock_guard<std::mutex> lock(mutex_);
  std::vector<uint64_t*> slots;  // of the rows kept; null: of rows with one id only the last has one
  try {
    if (!hashed_.empty()) {
      if (hashed_[list] != lists.list(list).size()) take_in(lists);
      slots.reserve(kept.size());
    }
  } catch (const std::bad_alloc&) {
    forget_all();
  }
  const InvertedLists::List old = lists.list(list);
  for (size_t i = 0; i < kept.size() && !hashed_.empty(); ++i) {
    const uint64_t wanted = slot_of(list, kept[i]);
    size_t s = hash(static_cast<uint64_t>(old.id(kept[i])), seed_) & (slots_.size() - 1);
    while (slots_[s] != 0 && slots_[s] != wanted) s = (s + 1) & (slots_.size() - 1);
    slots.push_back(slots_[s] == wanted ? &slots_[s] : nullptr);
  }
  publish();
  if (hashed_.empty()) return;
  for (size_t row = 0; row < kept.size(); ++row) {
    if (slots[row] != nullptr) *slots[row] = slot_of(list, row);
  }
  hashed_rows_ -= hashed_[list] - kept.size();
  hashed_[list] = static_cast<uint32_t>(kept.size());
}

}  // namespace voronode
