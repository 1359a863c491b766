#include "storage/id_table.h"

#include <utility>

#include "base/hash.h"
#include "storage/row_finder.h"

namespace voronode {
namespace {

// What the finder asks of the ids of a moment.
class IdsOfRows {
 public:
  using Key = int64_t;
  explicit IdsOfRows(Blocks<int64_t>::View ids) noexcept : ids_(std::move(ids)) {}
  static uint64_t hash(int64_t id, uint64_t seed) noexcept { return voronode::hash(static_cast<uint64_t>(id), seed); }
  uint64_t hash_of(size_t row, uint64_t seed) const noexcept { return hash(ids_.value(row), seed); }
  bool bears(size_t row, int64_t id) const noexcept { return ids_.value(row) == id; }
  bool same(size_t a, size_t b) const noexcept { return ids_.value(a) == ids_.value(b); }

 private:
  Blocks<int64_t>::View ids_;
};

}  // namespace

struct IdTable::State {
  Blocks<int64_t> ids{1};
  RowFinder<IdsOfRows> finder;

  IdsOfRows rows() const { return IdsOfRows(ids.view()); }
};

IdTable::IdTable() : state_(std::make_unique<State>()) {}
IdTable::~IdTable() = default;
IdTable::IdTable(IdTable&&) noexcept = default;
IdTable& IdTable::operator=(IdTable&&) noexcept = default;

size_t IdTable::size() const noexcept { return state_->ids.size(); }
Blocks<int64_t>::View IdTable::view() const { return state_->ids.view(); }
size_t IdTable::allocated_bytes() const noexcept { return state_->ids.allocated_bytes(); }
size_t IdTable::table_bytes() const noexcept { return state_->finder.bytes(); }
size_t IdTable::adopted_bytes() const noexcept { return state_->ids.adopted_bytes(); }
void IdTable::adopt(size_t n, uint8_t* ids, const std::shared_ptr<void>& owner, size_t spare) {
  state_->ids.adopt(n, ids, owner, spare);
}
void IdTable::append(size_t n, const int64_t* ids) { state_->ids.append(n, ids); }

int64_t IdTable::find_last(int64_t id, const RowNumbers::View& rows) const {
  return state_->finder.find_last([this] { return state_->rows(); }, id, rows);
}

std::optional<std::vector<size_t>> IdTable::find_all(const std::vector<int64_t>& ids, size_t limit, size_t most) const {
  return state_->finder.find_all([this] { return state_->rows(); }, ids, limit, most);
}

void IdTable::truncate(size_t n) noexcept { state_->ids.truncate(n); }

void IdTable::remove(const std::vector<size_t>& rows) noexcept {
  state_->ids.remove(rows);
  state_->finder.clear();
}

void IdTable::move(const RowMove& move, const RowNumbers::View& rows) noexcept {
  state_->finder.move(state_->rows(), move, rows);
  state_->ids.move(move);
}

void IdTable::keep(size_t n) noexcept {
  state_->finder.keep(n);
  state_->ids.truncate(n);
  state_->ids.release_spare();
}

void IdTable::clear() noexcept {
  state_->ids.clear();
  state_->finder.clear();
}

}  // namespace voronode
