#include "storage/id_table.h"

#include <algorithm>
#include <atomic>
#include <limits>
#include <mutex>
#include <new>
#include <shared_mutex>
#include <utility>

#include "base/hash.h"

namespace voronode {
namespace {

using View = Blocks<int64_t>::View;

constexpr size_t kMinSlots = 64;
// A row enters the table in about as long as so many are gone over by their ids.
constexpr size_t kGoneOverPerRow = 32;

// Slots hold row + 1 (0: empty) of the last row that bears an id; the id itself stands in the table of ids. kGone: of a row
// that was removed, and whose place is another one's.
struct Reverse {
  static constexpr uint64_t kGone = std::numeric_limits<uint64_t>::max();

  struct Repeat {
    size_t row;
    size_t before;  // the row that bore its id before
  };

  std::vector<uint64_t> slots;
  size_t used = 0;              // of the slots
  std::vector<Repeat> repeats;  // rows ascending
  size_t rows = 0;              // [0, rows) are in it

  bool has_room(size_t limit) const noexcept { return slots.size() >= 2 * (used + (limit - std::min(limit, rows))); }
  size_t bytes() const noexcept { return slots.size() * sizeof(uint64_t) + repeats.capacity() * sizeof(Repeat); }

  // The slot with this id, or the empty one where it belongs. Rows behind the last are gone.
  size_t probe(uint64_t seed, const View& ids, int64_t id) const noexcept {
    const auto bears = [&](size_t row) { return row < rows && *ids.row(row) == id; };
    size_t s = hash(static_cast<uint64_t>(id), seed) & (slots.size() - 1);
    while (slots[s] != 0 && !bears(slots[s] - 1)) s = (s + 1) & (slots.size() - 1);
    return s;
  }

  // REQUIRES: has_room(limit). std::bad_alloc leaves some rows taken in, the others not.
  void take_in(uint64_t seed, const View& ids, size_t limit, const RowMove::Run& hole) {
    for (; rows < limit; ++rows) {
      if (rows >= hole.begin && rows < hole.end) continue;
      uint64_t& slot = slots[probe(seed, ids, *ids.row(rows))];
      if (slot != 0) repeats.push_back({rows, slot - 1});
      used += slot == 0 ? 1 : 0;
      slot = rows + 1;
    }
  }

  // Before the ids move. REQUIRES: all rows that move are in the table.
  void move(uint64_t seed, const View& ids, const RowMove& move, const RowNumbers::View& there) noexcept {
    move.for_each_removed([&](size_t row) { replace(seed, ids, row, kGone); });
    move.for_each([&](size_t from, size_t to) { replace(seed, ids, from, to + 1); });
    // All rows with one id are removed together: before a removed one is none that is there.
    std::erase_if(repeats, [&](const Repeat& repeat) { return !there.has(repeat.row) || !there.has(repeat.before); });
    for (Repeat& repeat : repeats) {
      repeat.row = moved(move, repeat.row);
      repeat.before = moved(move, repeat.before);
    }
  }

  // What the slot of a row holds, if it has one: of rows with one id only the last has.
  void replace(uint64_t seed, const View& ids, size_t row, uint64_t by) noexcept {
    if (row >= rows) return;
    size_t s = hash(static_cast<uint64_t>(*ids.row(row)), seed) & (slots.size() - 1);
    while (slots[s] != 0 && slots[s] != row + 1) s = (s + 1) & (slots.size() - 1);
    if (slots[s] != 0) slots[s] = by;
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

  // Where `row` stands among the repeats, or null.
  const Repeat* repeat_of(size_t row) const noexcept {
    const auto at = std::lower_bound(repeats.begin(), repeats.end(), row,
                                     [](const Repeat& repeat, size_t r) { return repeat.row < r; });
    return at != repeats.end() && at->row == row ? &*at : nullptr;
  }
};

}  // namespace

// Rows enter the reverse table when a lookup first needs them, so that an append is no slower for it and cannot fail
// because of it.
struct IdTable::State {
  Blocks<int64_t> ids{1};
  const uint64_t seed = hash_seed(this);
  std::shared_mutex mutex;  // guards what follows
  Reverse reverse;
  RowMove::Run hole{0, 0};             // of a sweep: no reader knows a row in it, and its ids say nothing
  std::atomic<size_t> table_bytes{0};  // of `reverse`
  std::atomic<size_t> gone_over{0};    // ids that find_all made others go over since there is a table, or none

  // The rows that taking in those below `limit` would insert.
  size_t missing(size_t limit) const noexcept {
    if (reverse.rows >= limit) return 0;
    return reverse.has_room(limit) ? limit - reverse.rows : limit;
  }

  // REQUIRES: the mutex, alone; `view` covers the rows below `limit`.
  void take_in(const View& view, size_t limit) {
    if (reverse.rows >= limit) return;
    if (!reverse.has_room(limit)) {
      Reverse larger;
      size_t size = kMinSlots;
      while (size < 2 * limit) size *= 2;
      larger.slots.resize(size);
      larger.take_in(seed, view, limit, hole);
      reverse = std::move(larger);
    } else {
      reverse.take_in(seed, view, limit, hole);
    }
    table_bytes = reverse.bytes();
  }

  // REQUIRES: the mutex; reverse.rows ≥ limit > 0.
  std::optional<std::vector<size_t>> look_up(const std::vector<int64_t>& wanted, size_t limit, size_t most) const {
    const View view = ids.view();
    std::vector<size_t> rows;
    for (const int64_t id : wanted) {
      const uint64_t slot = reverse.slots[reverse.probe(seed, view, id)];
      if (slot == 0) continue;
      for (size_t row = slot - 1;;) {
        if (row < limit) {
          if (rows.size() == most) return std::nullopt;
          rows.push_back(row);
        }
        const Reverse::Repeat* const repeat = reverse.repeat_of(row);
        if (repeat == nullptr) break;
        row = repeat->before;
      }
    }
    std::sort(rows.begin(), rows.end());
    return rows;
  }
};

IdTable::IdTable() : state_(std::make_unique<State>()) {}
IdTable::~IdTable() = default;
IdTable::IdTable(IdTable&&) noexcept = default;
IdTable& IdTable::operator=(IdTable&&) noexcept = default;

size_t IdTable::size() const noexcept { return state_->ids.size(); }
Blocks<int64_t>::View IdTable::view() const { return state_->ids.view(); }
size_t IdTable::allocated_bytes() const noexcept { return state_->ids.allocated_bytes(); }
size_t IdTable::table_bytes() const noexcept { return state_->table_bytes.load(std::memory_order_relaxed); }
void IdTable::append(size_t n, const int64_t* ids) { state_->ids.append(n, ids); }

int64_t IdTable::find_last(int64_t id, const RowNumbers::View& rows) const {
  std::lock_guard<std::shared_mutex> lock(state_->mutex);
  const View ids = view();  // not before the lock: another lookup may have taken in rows that an earlier view lacks
  state_->take_in(ids, rows.slots());
  const Reverse& reverse = state_->reverse;
  if (reverse.slots.empty()) return kNone;
  const uint64_t slot = reverse.slots[reverse.probe(state_->seed, ids, id)];
  if (slot == 0) return kNone;
  size_t row = slot - 1;
  while (!rows.has(row)) {
    const Reverse::Repeat* const repeat = reverse.repeat_of(row);
    if (repeat == nullptr) return kNone;
    row = repeat->before;
  }
  return static_cast<int64_t>(row);
}

std::optional<std::vector<size_t>> IdTable::find_all(const std::vector<int64_t>& ids, size_t limit, size_t most) const {
  State& state = *state_;
  if (limit == 0 || ids.empty()) return std::vector<size_t>();
  {
    const std::shared_lock<std::shared_mutex> lock(state.mutex, std::try_to_lock);
    if (!lock) return std::nullopt;
    if (state.missing(limit) == 0) return state.look_up(ids, limit, most);
  }
  const std::unique_lock<std::shared_mutex> lock(state.mutex, std::try_to_lock);
  if (!lock) return std::nullopt;
  const size_t gone_over = state.gone_over.fetch_add(limit, std::memory_order_relaxed) + limit;
  if (gone_over / kGoneOverPerRow < state.missing(limit)) return std::nullopt;
  try {
    state.take_in(view(), limit);
  } catch (const std::bad_alloc&) {
    return std::nullopt;  // the ids can be gone over without it
  }
  state.gone_over = 0;
  return state.look_up(ids, limit, most);
}

void IdTable::truncate(size_t n) noexcept { state_->ids.truncate(n); }

void IdTable::remove(const std::vector<size_t>& rows) noexcept {
  state_->ids.remove(rows);
  forget_rows();
}

void IdTable::move(const RowMove& move, const RowNumbers::View& rows) noexcept {
  const std::lock_guard<std::shared_mutex> lock(state_->mutex);
  Reverse& reverse = state_->reverse;
  if (!reverse.slots.empty()) {
    const size_t end = move.runs.empty() ? reverse.rows : std::max(reverse.rows, move.runs.back().end);
    if (reverse.has_room(end)) {
      try {
        reverse.take_in(state_->seed, view(), end, state_->hole);
        reverse.move(state_->seed, view(), move, rows);
      } catch (const std::bad_alloc&) {
        reverse = Reverse();
      }
    } else {
      reverse = Reverse();
    }
  }
  state_->table_bytes = reverse.bytes();
  state_->hole = {move.to + move.count, move.met.end};
  state_->ids.move(move);
}

void IdTable::keep(size_t n) noexcept {
  const std::lock_guard<std::shared_mutex> lock(state_->mutex);
  Reverse& reverse = state_->reverse;
  reverse.rows = std::min(reverse.rows, n);
  std::erase_if(reverse.repeats, [&](const Reverse::Repeat& repeat) { return repeat.row >= n; });
  state_->hole = {0, 0};
  state_->ids.truncate(n);
  state_->ids.release_spare();
}

void IdTable::clear() noexcept {
  state_->ids.clear();
  forget_rows();
}

void IdTable::forget_rows() noexcept {
  const std::lock_guard<std::shared_mutex> lock(state_->mutex);
  state_->reverse = Reverse();
  state_->hole = {0, 0};
  state_->table_bytes = 0;
  state_->gone_over = 0;
}

}  // namespace voronode
