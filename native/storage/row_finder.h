// The way back from what rows bear (ids, keys) to the rows: open addressing, with 1.7 to 3.4 slots of 8 bytes for each
// thing borne.
//
// A slot holds the last row that bears something, and some bits of its hash, so that what the rows themselves bear is
// looked at for equal bits only. Where something is borne again, another 16 bytes say which row bore it before. Rows
// enter when a lookup first needs them, so that an append is no slower for it and cannot fail because of it; whoever
// appends may take them in at once (catch_up). Where rows move, so do their entries.
//
// `Rows` is what the rows bear at a moment:
//   Rows::Key                                  as Rows is asked for
//   uint64_t hash(key, seed), hash_of(row, seed) noexcept
//   bool bears(row, key), same(row, row) noexcept
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <limits>
#include <mutex>
#include <new>
#include <optional>
#include <shared_mutex>
#include <utility>
#include <vector>

#include "base/hash.h"
#include "storage/row_numbers.h"

namespace voronode {

inline constexpr int64_t kNoSlot = -1;

// The table itself, without locks.
template <class Rows>
class ReverseTable {
 public:
  using Key = typename Rows::Key;
  struct Repeat {
    size_t row;
    size_t before;  // the row that bore the same before
  };

  ReverseTable() = default;
  // For so many rows and an eighth more, so that a table where rows come and go is not made anew all the time.
  static ReverseTable with_room(size_t rows) {
    ReverseTable table;
    size_t size = kMinSlots;
    while (!fits(rows + rows / 8, size)) size *= 2;
    table.slots_.resize(size);
    return table;
  }

  size_t rows() const noexcept { return rows_; }  // [0, rows()) are in it
  bool empty() const noexcept { return slots_.empty(); }
  bool has_room(size_t limit) const noexcept { return fits(used_ + (limit - std::min(limit, rows_)), slots_.size()); }
  bool is_distinct() const noexcept { return repeats_.empty(); }
  size_t bytes() const noexcept { return slots_.size() * sizeof(uint64_t) + repeats_.capacity() * sizeof(Repeat); }

  // REQUIRES: has_room(limit). std::bad_alloc leaves some rows taken in, the others not.
  void take_in(uint64_t seed, const Rows& all, size_t limit, const RowMove::Run& hole) {
    for (; rows_ < limit; ++rows_) {
      if (rows_ >= hole.begin && rows_ < hole.end) continue;
      const uint64_t hash = all.hash_of(rows_, seed);
      uint64_t& slot = slots_[probe(hash, [&](size_t row) { return all.same(row, rows_); })];
      if (slot != 0) repeats_.push_back({rows_, row_in(slot)});
      used_ += slot == 0 ? 1 : 0;
      slot = entry(hash, rows_);
    }
  }

  // The last row that bears it, or kNoSlot.
  int64_t last(uint64_t seed, const Rows& all, const Key& key) const noexcept {
    if (slots_.empty()) return kNoSlot;
    const uint64_t slot = slots_[probe(all.hash(key, seed), [&](size_t row) { return all.bears(row, key); })];
    return slot == 0 ? kNoSlot : static_cast<int64_t>(row_in(slot));
  }
  // The row that bore the same before, or kNoSlot.
  int64_t before(size_t row) const noexcept {
    const auto at = std::lower_bound(repeats_.begin(), repeats_.end(), row,
                                     [](const Repeat& repeat, size_t r) { return repeat.row < r; });
    return at != repeats_.end() && at->row == row ? static_cast<int64_t>(at->before) : kNoSlot;
  }

  // Before the rows move. REQUIRES: all rows that move are in the table.
  void move(uint64_t seed, const Rows& all, const RowMove& move, const RowNumbers::View& there) noexcept {
    move.for_each_removed([&](size_t row) { replace(all.hash_of(row, seed), row, kGone); });
    move.for_each([&](size_t from, size_t to) { replace(all.hash_of(from, seed), from, to); });
    // All rows that bear the same are removed together: before a removed one is none that is there.
    std::erase_if(repeats_, [&](const Repeat& repeat) { return !there.has(repeat.row) || !there.has(repeat.before); });
    for (Repeat& repeat : repeats_) {
      repeat.row = moved(move, repeat.row);
      repeat.before = moved(move, repeat.before);
    }
  }

  // Rows from the n-th on are gone.
  void keep(size_t n) noexcept {
    rows_ = std::min(rows_, n);
    std::erase_if(repeats_, [&](const Repeat& repeat) { return repeat.row >= n; });
  }

 private:
  static constexpr size_t kMinSlots = 64;
  static constexpr int kRowBits = 40;
  static constexpr uint64_t kRowMask = (uint64_t{1} << kRowBits) - 1;
  static constexpr size_t kGone = kRowMask - 1;  // of a row that was removed, and whose place is another one's

  // An entry: 24 bits of the hash, then row + 1; 0: empty.
  static uint64_t entry(uint64_t hash, size_t row) noexcept { return (hash & ~kRowMask) | (row + 1); }
  static size_t row_in(uint64_t slot) noexcept { return (slot & kRowMask) - 1; }
  static bool fits(size_t used, size_t slots) noexcept { return 2 * slots >= 3 * used && slots > used; }

  // The slot of a row with this hash that is_it, or the empty one where it belongs. Rows behind the last are gone.
  template <class IsIt>
  size_t probe(uint64_t hash, const IsIt& is_it) const noexcept {
    size_t s = hash & (slots_.size() - 1);
    for (;; s = (s + 1) & (slots_.size() - 1)) {
      const uint64_t slot = slots_[s];
      if (slot == 0) return s;
      if (((slot ^ hash) & ~kRowMask) == 0 && row_in(slot) < rows_ && is_it(row_in(slot))) return s;
    }
  }

  // What the slot of a row holds, if it has one: of rows that bear the same only the last has.
  void replace(uint64_t hash, size_t row, size_t by) noexcept {
    if (row >= rows_) return;
    const uint64_t wanted = entry(hash, row);
    size_t s = hash & (slots_.size() - 1);
    while (slots_[s] != 0 && slots_[s] != wanted) s = (s + 1) & (slots_.size() - 1);
    if (slots_[s] != 0) slots_[s] = entry(hash, by);
  }

  static size_t moved(const RowMove& move, size_t row) noexcept {
    if (move.runs.empty() || row < move.runs.front().begin || row >= move.runs.back().end) return row;
    size_t to = move.to;
    for (const RowMove::Run& run : move.runs) {
      if (row < run.end) return to + (row - run.begin);
      to += run.end - run.begin;
    }
    return row;
  }

  std::vector<uint64_t> slots_;
  size_t used_ = 0;              // of the slots
  std::vector<Repeat> repeats_;  // rows ascending
  size_t rows_ = 0;
};

template <class Rows>
class RowFinder {
 public:
  using Key = typename Rows::Key;

  size_t bytes() const noexcept { return bytes_.load(std::memory_order_relaxed); }

  // The slot of the last of `there` that bears the key, or kNoSlot. view(): the Rows of now. May throw std::bad_alloc.
  template <class View>
  int64_t find_last(const View& view, const Key& key, const RowNumbers::View& there) const {
    {
      const std::shared_lock<std::shared_mutex> lock(mutex_);
      if (table_.rows() >= there.slots()) return find_in_table(view(), key, there);
    }
    const std::unique_lock<std::shared_mutex> lock(mutex_);
    const Rows all = view();  // not before the lock: another lookup may have taken in rows that an earlier view lacks
    take_in(all, there.slots());
    return find_in_table(all, key, there);
  }

  // Whether no two of the rows that are in the table bear the same.
  bool is_distinct() const noexcept {
    const std::shared_lock<std::shared_mutex> lock(mutex_);
    return table_.is_distinct();
  }

  // See IdTable::find_all.
  template <class View>
  std::optional<std::vector<size_t>> find_all(const View& view, const std::vector<Key>& keys, size_t limit,
                                              size_t most) const {
    if (limit == 0 || keys.empty()) return std::vector<size_t>();
    {
      const std::shared_lock<std::shared_mutex> lock(mutex_, std::try_to_lock);
      if (!lock) return std::nullopt;
      if (missing(limit) == 0) return all_in_table(view(), keys, limit, most);
    }
    const std::unique_lock<std::shared_mutex> lock(mutex_, std::try_to_lock);
    if (!lock) return std::nullopt;
    const size_t gone_over = gone_over_.fetch_add(limit, std::memory_order_relaxed) + limit;
    if (gone_over / kGoneOverPerRow < missing(limit)) return std::nullopt;
    const Rows all = view();
    try {
      take_in(all, limit);
    } catch (const std::bad_alloc&) {
      return std::nullopt;  // the rows can be gone over without it
    }
    gone_over_ = 0;
    return all_in_table(all, keys, limit, most);
  }

  // Takes in the rows below `limit`, all complete, without holding up lookups for long. For the one who appends.
  void catch_up(const Rows& all, size_t limit) {
    constexpr size_t kRowsAtOnce = 4096;  // about a millisecond
    for (;;) {
      {
        const std::unique_lock<std::shared_mutex> lock(mutex_);
        if (table_.rows() >= limit) return;
        if (table_.has_room(limit)) {
          take_in(all, std::min(limit, table_.rows() + kRowsAtOnce));
          continue;
        }
      }
      // Aside: nothing moves meanwhile. Lookups may make a table of their own, which is as good.
      auto larger = ReverseTable<Rows>::with_room(limit);
      larger.take_in(seed_, all, limit, hole_);
      const std::unique_lock<std::shared_mutex> lock(mutex_);
      if (table_.rows() < limit) std::swap(table_, larger);
      bytes_ = table_.bytes();
      return;
    }
  }

  // These need exclusivity. move: before the rows do; hole: see below.
  void move(const Rows& all, const RowMove& move, const RowNumbers::View& there) noexcept {
    const std::lock_guard<std::shared_mutex> lock(mutex_);
    if (!table_.empty()) {
      const size_t end = move.runs.empty() ? table_.rows() : std::max(table_.rows(), move.runs.back().end);
      if (table_.has_room(end)) {
        try {
          table_.take_in(seed_, all, end, hole_);
          table_.move(seed_, all, move, there);
        } catch (const std::bad_alloc&) {
          table_ = {};
        }
      } else {
        table_ = {};
      }
    }
    bytes_ = table_.bytes();
    hole_ = {move.to + move.count, move.met.end};
  }
  void keep(size_t n) noexcept {
    const std::lock_guard<std::shared_mutex> lock(mutex_);
    table_.keep(n);
    hole_ = {0, 0};
  }
  void clear() noexcept {
    const std::lock_guard<std::shared_mutex> lock(mutex_);
    table_ = {};
    hole_ = {0, 0};
    bytes_ = 0;
    gone_over_ = 0;
  }

 private:
  // A row enters the table in about as long as so many are gone over by their ids.
  static constexpr size_t kGoneOverPerRow = 32;

  // The rows that taking in those below `limit` would insert.
  size_t missing(size_t limit) const noexcept {
    if (table_.rows() >= limit) return 0;
    return table_.has_room(limit) ? limit - table_.rows() : limit;
  }

  // REQUIRES of all that follow: the mutex. Of this one: alone; `all` covers the rows below `limit`.
  void take_in(const Rows& all, size_t limit) const {
    if (table_.rows() >= limit) return;
    if (table_.has_room(limit)) {
      table_.take_in(seed_, all, limit, hole_);
    } else {
      auto larger = ReverseTable<Rows>::with_room(limit);
      larger.take_in(seed_, all, limit, hole_);
      table_ = std::move(larger);
    }
    bytes_ = table_.bytes();
  }

  int64_t find_in_table(const Rows& all, const Key& key, const RowNumbers::View& there) const {
    int64_t row = table_.last(seed_, all, key);
    while (row != kNoSlot && !there.has(static_cast<size_t>(row))) row = table_.before(static_cast<size_t>(row));
    return row;
  }

  std::optional<std::vector<size_t>> all_in_table(const Rows& all, const std::vector<Key>& keys, size_t limit,
                                                  size_t most) const {
    std::vector<size_t> rows;
    for (const Key& key : keys) {
      for (int64_t at = table_.last(seed_, all, key); at != kNoSlot; at = table_.before(static_cast<size_t>(at))) {
        if (static_cast<size_t>(at) >= limit) continue;
        if (rows.size() == most) return std::nullopt;
        rows.push_back(static_cast<size_t>(at));
      }
    }
    std::sort(rows.begin(), rows.end());
    return rows;
  }

  const uint64_t seed_ = hash_seed(this);
  mutable std::shared_mutex mutex_;  // guards what follows
  mutable ReverseTable<Rows> table_;
  RowMove::Run hole_{0, 0};               // of a sweep: no reader knows a row in it, and what it bears says nothing
  mutable std::atomic<size_t> bytes_{0};  // of the table
  // Rows that find_all made others go over since there is a table, or none.
  mutable std::atomic<size_t> gone_over_{0};
};

}  // namespace voronode
