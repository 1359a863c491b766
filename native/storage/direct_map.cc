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

// The slot with this id, or the empty one where it belongs.
size_t probe(const std::vector<uint64_t>& slots, uint64_t seed, const std::vector<InvertedLists::List>& lists,
             int64_t id) noexcept {
  size_t s = hash(static_cast<uint64_t>(id), seed) & (slots.size() - 1);
  while (slots[s] != 0) {
    const DirectMap::Place place = place_of(slots[s]);
    if (lists[place.list].id(place.row) == id) break;
    s = (s + 1) & (slots.size() - 1);
  }
  return s;
}

// Whether an id occurs again.
bool insert(std::vector<uint64_t>& slots, uint64_t seed, const std::vector<InvertedLists::List>& lists,
            const std::vector<uint32_t>& first) noexcept {
  bool repeats = false;
  for (size_t l = 0; l < lists.size(); ++l) {
    for (size_t row = first[l]; row < lists[l].size(); ++row) {
      uint64_t& slot = slots[probe(slots, seed, lists, lists[l].id(row))];
      repeats |= slot != 0;
      slot = std::max(slot, slot_of(l, row));
    }
  }
  return repeats;
}

}  // namespace

DirectMap::DirectMap() : seed_(hash_seed(this)) {}

void DirectMap::forget() noexcept {
  std::lock_guard<std::mutex> lock(mutex_);
  scans_ = 0;
  slots_ = std::vector<uint64_t>();
  hashed_ = std::vector<uint32_t>();
  hashed_rows_ = 0;
  repeats_ = false;
  gone_over_ = 0;
}

std::optional<DirectMap::Place> DirectMap::find(const InvertedLists& lists, int64_t id) const {
  std::lock_guard<std::mutex> lock(mutex_);
  if (scans_ < kScans) {
    ++scans_;
    return scan(lists, id);
  }
  if (hashed_rows_ != lists.size()) take_in(lists);
  return look_up(lists, id);
}

std::optional<std::vector<DirectMap::Place>> DirectMap::find_all(const InvertedLists& lists,
                                                                 const std::vector<int64_t>& ids,
                                                                 size_t instead) const {
  const std::unique_lock<std::mutex> lock(mutex_, std::try_to_lock);
  if (!lock || repeats_) return std::nullopt;
  const size_t rows = lists.size();
  if (hashed_rows_ != rows) {
    gone_over_ += instead;
    const size_t missing = slots_.size() < 2 * rows ? rows : rows - hashed_rows_;
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
    if (const auto place = look_up(lists, id)) places.push_back(*place);
  }
  return places;
}

std::optional<DirectMap::Place> DirectMap::look_up(const InvertedLists& lists, int64_t id) const {
  if (slots_.empty()) return std::nullopt;
  size_t s = hash(static_cast<uint64_t>(id), seed_) & (slots_.size() - 1);
  for (; slots_[s] != 0; s = (s + 1) & (slots_.size() - 1)) {
    const Place place = place_of(slots_[s]);
    if (lists.list(place.list).id(place.row) == id) return place;
  }
  return std::nullopt;
}

std::optional<DirectMap::Place> DirectMap::scan(const InvertedLists& lists, int64_t id) const {
  const auto all = lists.view();
  for (size_t l = all.size(); l-- > 0;) {
    for (size_t p = all[l].piece_count(); p-- > 0;) {
      const auto piece = all[l].piece(p);
      for (size_t i = piece.rows; i-- > 0;) {
        if (piece.ids[i] == id) return Place{l, piece.begin + i};
      }
    }
  }
  return std::nullopt;
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
  if (slots_.size() < 2 * rows) {
    size_t size = kMinSlots;
    while (size < 2 * rows) size *= 2;
    std::vector<uint64_t> larger(size);
    repeats_ = insert(larger, seed_, all, std::vector<uint32_t>(all.size()));
    slots_ = std::move(larger);
  } else {
    repeats_ |= insert(slots_, seed_, all, hashed_);
  }
  hashed_ = std::move(sizes);
  hashed_rows_ = rows;
}

}  // namespace voronode
