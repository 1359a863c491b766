#include "storage/id_table.h"

#include <utility>

#include "base/hash.h"

namespace voronode {

// Slots hold row + 1 (0: empty) of the last row that bears an id; the id itself stands in `ids`. Rows enter when a
// lookup first needs them, so that an append is no slower for it and cannot fail because of it.
struct IdTable::State {
  Blocks<int64_t> ids{1};
  const uint64_t seed = hash_seed(this);
  std::mutex mutex;  // guards what follows
  std::vector<uint64_t> slots;
  size_t hashed = 0;  // rows [0, hashed) are in slots
};

namespace {

using View = Blocks<int64_t>::View;

constexpr size_t kMinSlots = 64;

// The slot with this id, or the empty one where it belongs.
size_t probe(const std::vector<uint64_t>& slots, uint64_t seed, const View& ids, int64_t id) noexcept {
  size_t s = hash(static_cast<uint64_t>(id), seed) & (slots.size() - 1);
  while (slots[s] != 0 && *ids.row(slots[s] - 1) != id) s = (s + 1) & (slots.size() - 1);
  return s;
}

void insert_rows(std::vector<uint64_t>& slots, uint64_t seed, const View& ids, size_t begin, size_t end) noexcept {
  for (size_t row = begin; row < end; ++row) slots[probe(slots, seed, ids, *ids.row(row))] = row + 1;
}

}  // namespace

IdTable::IdTable() : state_(std::make_unique<State>()) {}
IdTable::~IdTable() = default;
IdTable::IdTable(IdTable&&) noexcept = default;
IdTable& IdTable::operator=(IdTable&&) noexcept = default;

size_t IdTable::size() const noexcept { return state_->ids.size(); }
Blocks<int64_t>::View IdTable::view() const { return state_->ids.view(); }
size_t IdTable::allocated_bytes() const noexcept { return state_->ids.allocated_bytes(); }
void IdTable::append(size_t n, const int64_t* ids) { state_->ids.append(n, ids); }

int64_t IdTable::find_last(int64_t id, size_t limit) const {
  std::lock_guard<std::mutex> lock(state_->mutex);
  const View ids = view();  // not before the lock: another lookup may have taken in rows that an earlier view lacks
  std::vector<uint64_t>& slots = state_->slots;
  if (state_->hashed < limit) {
    if (slots.size() < 2 * limit) {
      size_t size = kMinSlots;
      while (size < 2 * limit) size *= 2;
      std::vector<uint64_t> larger(size);
      insert_rows(larger, state_->seed, ids, 0, limit);
      slots = std::move(larger);
    } else {
      insert_rows(slots, state_->seed, ids, state_->hashed, limit);
    }
    state_->hashed = limit;
  }
  if (slots.empty()) return kNone;
  return static_cast<int64_t>(slots[probe(slots, state_->seed, ids, id)]) - 1;
}

void IdTable::truncate(size_t n) noexcept { state_->ids.truncate(n); }

void IdTable::remove(const std::vector<size_t>& rows) noexcept {
  state_->ids.remove(rows);
  forget_rows();
}

void IdTable::clear() noexcept {
  state_->ids.clear();
  forget_rows();
}

void IdTable::forget_rows() noexcept {
  std::lock_guard<std::mutex> lock(state_->mutex);
  state_->slots = std::vector<uint64_t>();
  state_->hashed = 0;
}

}  // namespace voronode
