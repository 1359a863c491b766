#include "storage/inverted_lists.h"

#include <algorithm>
#include <cstring>
#include <numeric>

#include "storage/list_memory.h"

namespace voronode {
namespace {

// A list that grows by little takes this part of its size more: extents stay few, the slack small (2 % on average).
constexpr size_t kGrowth = 32;

size_t round_up(size_t n, size_t unit) { return checked_add(n, unit - 1) / unit * unit; }

// How much a capacity must grow, in whole units; 0 if it suffices.
size_t more(size_t size, size_t capacity, size_t unit) {
  return size <= capacity ? 0 : round_up(std::max(size - capacity, capacity / kGrowth), unit);
}

// Pieces that extents are cut from: large ones lie on huge pages (aligned.h), which makes both filling and scanning
// faster, and small enough that a removal gives memory back.
constexpr size_t kPieceBytes = size_t{4} << 20;

}  // namespace

// What a list needs for an addition, in whole extents.
struct InvertedLists::Need {
  size_t rows;
  size_t groups;
  bool rest;
  bool any() const noexcept { return rows > 0 || groups > 0 || rest; }
};

// Cuts the memory of an addition, whose needs are known from the beginning, from as few pieces.
class InvertedLists::Cutter {
 public:
  Cutter(InvertedLists& lists, const std::vector<Need>& needs) : lists_(lists) {
    for (const Need& need : needs) {
      if (need.rows > 0) sizes_.push_back(extent_bytes(need.rows, lists.code_size_));
      groups_ += need.groups;
      rests_ += need.rest;
    }
  }

  std::pair<std::shared_ptr<Piece>, uint8_t*> next_rows() {
    if (at_ == end_) {
      size_t bytes = 0;
      size_t last = next_;
      while (last < sizes_.size() && bytes < kPieceBytes) bytes = checked_add(bytes, sizes_[last++]);
      piece_ = std::make_shared<Piece>(bytes, lists_.row_bytes_);
      at_ = 0;
      end_ = bytes;
    }
    uint8_t* const memory = piece_->data() + at_;
    at_ += sizes_[next_++];
    return {piece_, memory};
  }
  std::shared_ptr<uint8_t> next_groups(size_t n) {
    auto groups = lists_.group_heap_.allocate(n, groups_);
    groups_ -= n;
    return groups;
  }
  std::shared_ptr<uint8_t> next_rest() { return lists_.rest_heap_.allocate(1, rests_--); }

 private:
  InvertedLists& lists_;
  std::vector<size_t> sizes_;
  size_t next_ = 0;
  std::shared_ptr<Piece> piece_;
  size_t at_ = 0;
  size_t end_ = 0;
  size_t groups_ = 0;  // still to be cut
  size_t rests_ = 0;
};

InvertedLists::InvertedLists(size_t nlist, size_t code_size, size_t group_bytes, size_t rest_bytes)
    : code_size_(code_size),
      group_bytes_(group_bytes),
      rest_bytes_(rest_bytes),
      slots_(nlist),
      row_bytes_(std::make_shared<std::atomic<size_t>>(0)),
      adopted_codes_(std::make_shared<std::atomic<size_t>>(0)),
      adopted_groups_(std::make_shared<std::atomic<size_t>>(0)),
      group_heap_(group_bytes),
      rest_heap_(rest_bytes) {
  const auto empty = std::make_shared<Table>();
  for (Slot& slot : slots_) slot.table = empty;
}

size_t InvertedLists::list_size(size_t list) const {
  std::lock_guard<std::mutex> lock(mutex_);
  return slots_[list].n - slots_[list].removed;
}

std::vector<size_t> InvertedLists::list_sizes() const {
  std::vector<size_t> sizes(nlist());
  std::lock_guard<std::mutex> lock(mutex_);
  for (size_t l = 0; l < sizes.size(); ++l) sizes[l] = slots_[l].n - slots_[l].removed;
  return sizes;
}

InvertedLists::List InvertedLists::list(size_t number) const {
  std::lock_guard<std::mutex> lock(mutex_);
  return list_of(slots_[number]);
}

std::vector<InvertedLists::List> InvertedLists::view() const {
  std::vector<List> lists;
  lists.reserve(nlist());
  std::lock_guard<std::mutex> lock(mutex_);
  for (const Slot& slot : slots_) lists.push_back(list_of(slot));
  return lists;
}

std::vector<InvertedLists::List> InvertedLists::view(const std::vector<uint32_t>& numbers) const {
  std::vector<List> lists;
  lists.reserve(numbers.size());
  std::lock_guard<std::mutex> lock(mutex_);
  for (uint32_t number : numbers) lists.push_back(list_of(slots_[number]));
  return lists;
}

InvertedLists::Bytes InvertedLists::bytes() const noexcept {
  const size_t both = row_bytes_->load(std::memory_order_relaxed);
  const size_t rows = (both + *adopted_codes_) / (code_size_ + sizeof(int64_t));
  const size_t ids = std::min(both, rows * sizeof(int64_t));
  return {slots_.size() * sizeof(Slot), both - ids, ids, group_heap_.bytes() + rest_heap_.bytes()};
}

// Codes of an extent come first, then the ids.
size_t InvertedLists::id_offset(size_t rows, size_t code_size) {
  return round_up(checked_mul(rows, code_size), kAlignment);
}

size_t InvertedLists::extent_bytes(size_t rows, size_t code_size) {
  return round_up(checked_add(id_offset(rows, code_size), checked_mul(rows, sizeof(int64_t))), kAlignment);
}

InvertedLists::List InvertedLists::selected(const List& from, const std::vector<uint32_t>& rows,
                                            const std::vector<int64_t>& ids) {
  auto table = std::make_shared<Table>();
  const size_t n = rows.size();
  if (n > 0) {
    const auto memory =
        std::make_shared<Piece>(extent_bytes(n, from.code_size_), std::make_shared<std::atomic<size_t>>(0));
    uint8_t* const codes = memory->data();
    auto* const row_ids = reinterpret_cast<int64_t*>(codes + id_offset(n, from.code_size_));
    for (size_t i = 0; i < n; ++i) std::memcpy(codes + i * from.code_size_, from.code(rows[i]), from.code_size_);
    std::memcpy(row_ids, ids.data(), n * sizeof(int64_t));
    table->rows.push_back({0, n, memory, codes, row_ids, nullptr});
  }
  return {std::move(table), n, 0, 0, from.code_size_};
}

InvertedLists::Addition::Growth InvertedLists::Addition::start(const Part& part, Way way) const {
  const Slot& slot = lists_.slots_[part.list];
  const bool anew = way == Way::kRewrite;
  Growth growth{part.list,
                anew ? 0 : slot.n,
                0,
                anew ? 0 : slot.removed,
                anew ? 0 : slot.groups,
                0,
                false,
                anew ? std::make_shared<Table>() : slot.table};
  growth.new_size = checked_add(growth.old_size, part.count);
  check_list_rows(growth.new_size);
  growth.new_groups = lists_.group_bytes_ == 0 ? 0 : growth.new_size / kGroupRows;
  growth.new_rest = lists_.needs_rest(*growth.table, growth.new_size, growth.new_groups);
  return growth;
}

InvertedLists::Addition::Addition(InvertedLists& lists, const std::vector<Part>& parts, Way way) : lists_(lists) {
  growths_.reserve(parts.size());
  std::vector<Need> needs;
  needs.reserve(parts.size());
  for (const Part& part : parts) {
    const Growth& growth = growths_.emplace_back(start(part, way));
    const size_t rows = more(growth.new_size, growth.table->row_capacity(), kExtentRows);
    const size_t groups = growth.new_groups - std::min(growth.new_groups, growth.table->group_capacity());
    needs.push_back({rows, groups, growth.new_rest});
  }
  Cutter cutter(lists, needs);
  for (size_t p = 0; p < parts.size(); ++p) {
    if (needs[p].any()) grow(growths_[p], needs[p], cutter);
    if (growths_[p].removed > 0) {
      if (!needs[p].any()) growths_[p].table = std::make_shared<Table>(*growths_[p].table);
      order(growths_[p], nullptr);
    }
  }
}

// Brings rows that go, and those that come behind, into the order of a table that nobody else sees.
void InvertedLists::Addition::order(Growth& growth, const std::vector<uint32_t>* removed) {
  std::vector<uint32_t>& rows = growth.table->order;
  if (growth.removed == 0) {
    rows.resize(growth.old_size);
    std::iota(rows.begin(), rows.end(), uint32_t{0});
  }
  if (removed != nullptr) {
    std::erase_if(rows, [&](uint32_t row) { return row >= growth.old_size; });
    const auto goes = [&](uint32_t row) { return std::binary_search(removed->begin(), removed->end(), row); };
    for (size_t i = 0; i < rows.size();) {
      if (!goes(rows[i])) {
        ++i;
        continue;
      }
      rows[i] = rows.back();
      rows.pop_back();
    }
  }
  for (size_t row = growth.old_size; row < growth.new_size; ++row) rows.push_back(static_cast<uint32_t>(row));
}

InvertedLists::Addition::Growth& InvertedLists::Addition::growth_of(size_t list) {
  while (by_list_.size() < growths_.size()) by_list_.emplace(growths_[by_list_.size()].list, by_list_.size());
  const auto found = by_list_.find(list);
  if (found != by_list_.end()) return growths_[found->second];
  const Slot& slot = lists_.slots_[list];
  return growths_.emplace_back(Growth{list, slot.n, slot.n, slot.removed, slot.groups, slot.groups, false, slot.table});
}

void InvertedLists::Addition::remove(size_t list, const std::vector<uint32_t>& rows) {
  Growth& growth = growth_of(list);
  auto table = std::make_shared<Table>(*growth.table);
  for (size_t i = 0; i < rows.size();) {
    Extent& extent = table->rows[Table::extent_of(table->rows, rows[i])];
    const auto ids = std::make_shared<Piece>(checked_mul(extent.rows, sizeof(int64_t)), lists_.row_bytes_);
    // Of the rows that are filled; those of this addition come after it.
    const size_t filled = std::min(extent.rows, growth.old_size - extent.begin);
    std::memcpy(ids->data(), extent.ids, filled * sizeof(int64_t));
    extent.id_memory = ids;
    extent.ids = reinterpret_cast<int64_t*>(ids->data());
    for (; i < rows.size() && rows[i] < extent.begin + extent.rows; ++i) extent.ids[rows[i] - extent.begin] = kNoRow;
  }
  growth.table = std::move(table);
  order(growth, &rows);
  growth.removed += rows.size();
}

std::vector<uint32_t> InvertedLists::List::ordered() const {
  if (removed_ > 0) return table_->order;
  std::vector<uint32_t> rows(n_);
  std::iota(rows.begin(), rows.end(), uint32_t{0});
  return rows;
}

// Another table for a list, with extents for so many rows and groups more, and a new rest if there is to be one.
void InvertedLists::Addition::grow(Growth& growth, const Need& need, Cutter& cutter) const {
  auto table = std::make_shared<Table>();
  table->rows.reserve(growth.table->rows.size() + 1);
  table->groups.reserve(growth.table->groups.size() + 1);
  table->rows = growth.table->rows;
  table->groups = growth.table->groups;
  table->order = growth.table->order;
  if (need.rows > 0) {
    auto [memory, bytes] = cutter.next_rows();
    auto* const ids = reinterpret_cast<int64_t*>(bytes + id_offset(need.rows, lists_.code_size_));
    table->rows.push_back({table->row_capacity(), need.rows, std::move(memory), bytes, ids, nullptr});
  }
  if (need.groups > 0) {
    table->groups.push_back({table->group_capacity(), need.groups, cutter.next_groups(need.groups)});
  }
  if (need.rest) {
    table->rest = {growth.new_groups, growth.new_size - growth.new_groups * kGroupRows, cutter.next_rest()};
  } else if (growth.table->rest_rows(growth.new_groups) > 0) {
    table->rest = growth.table->rest;
  }
  growth.table = std::move(table);
}

InvertedLists::Addition::Room InvertedLists::Addition::room(size_t part, size_t i) const noexcept {
  const Growth& growth = growths_[part];
  const size_t at = growth.old_size + i;
  const Extent& extent = growth.table->rows[Table::extent_of(growth.table->rows, at)];
  const size_t offset = at - extent.begin;
  return {extent.codes + offset * lists_.code_size_, extent.ids + offset,
          std::min(extent.rows - offset, growth.new_size - at)};
}

void InvertedLists::Addition::publish() noexcept {
  {
    std::lock_guard<std::mutex> lock(lists_.mutex_);
    size_t rows = lists_.rows();
    size_t total = lists_.size();
    bool changes = false;
    for (Growth& growth : growths_) {
      Slot& slot = lists_.slots_[growth.list];
      changes |= growth.removed != slot.removed || growth.old_size != slot.n;
      rows += growth.new_size - slot.n;
      total += (growth.new_size - growth.removed) - (slot.n - slot.removed);
      slot.table.swap(growth.table);
      slot.n = growth.new_size;
      slot.removed = growth.removed;
      slot.groups = growth.new_groups;
    }
    lists_.rows_.store(rows, std::memory_order_release);
    lists_.total_.store(total, std::memory_order_release);
    // Last: who sees it, without the lock, sees the other counts as well (DirectMap::find).
    if (changes) lists_.changes_.fetch_add(1, std::memory_order_release);
  }
  growths_.clear();  // the old tables, after the lock
}

// One list after the other, so that each finds room where those before it lay: all at once left holes of a tenth of the
// index.
void InvertedLists::tidy(const std::vector<Addition::Part>& parts, const CopyGroup& copy) noexcept {
  try {
    for (const Addition::Part& part : parts) tidy(slots_[part.list], copy);
  } catch (...) {
  }
}

void InvertedLists::tidy(Slot& slot, const CopyGroup& copy) {
  const Table& old = *slot.table;
  size_t first = old.groups.size();  // the extents from here on become one
  size_t groups = 0;
  while (first > 0 && (groups == 0 || old.groups[first - 1].groups <= groups)) {
    groups += old.groups[--first].groups;
  }
  if (old.groups.size() - first < 2) return;
  auto table = std::make_shared<Table>(old);
  table->groups.resize(first);
  const size_t begin = table->group_capacity();
  table->groups.push_back({begin, groups, group_heap_.allocate(groups)});
  for (size_t g = begin; g < slot.groups; ++g) copy(group_at(old, g), group_at(*table, g));
  const std::lock_guard<std::mutex> lock(mutex_);
  slot.table.swap(table);
}

void InvertedLists::clear() noexcept {
  for (Slot& slot : slots_) shrink(slot, 0, 0);
}

void InvertedLists::move_row(Slot& slot, size_t from, size_t to) noexcept {
  if (from == to) return;
  std::memcpy(code_at(*slot.table, to), code_at(*slot.table, from), code_size_);
  *ids_at(*slot.table, to) = *ids_at(*slot.table, from);
}

// Keeps the first n rows, none of them removed. With exclusivity no List holds the table, so it is changed in place.
void InvertedLists::shrink(Slot& slot, size_t n, size_t first_hole) noexcept {
  rows_.fetch_sub(slot.n - n, std::memory_order_release);
  total_.fetch_sub(slot.n - slot.removed - n, std::memory_order_release);
  changes_.fetch_add(1, std::memory_order_release);
  slot.n = n;
  slot.removed = 0;
  slot.groups = std::min(slot.groups, std::min(n, first_hole) / kGroupRows);
  Table& table = *slot.table;
  table.rest = {};
  table.order = {};
  while (!table.rows.empty() && table.rows.back().begin >= n) table.rows.pop_back();
  while (!table.groups.empty() && table.groups.back().begin >= n / kGroupRows) table.groups.pop_back();
}

}  // namespace voronode
