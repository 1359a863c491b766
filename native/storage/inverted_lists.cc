#include "storage/inverted_lists.h"

#include <algorithm>
#include <cstring>

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

// Memory of extents, counted as long as it is there: readers may hold it longer than the lists do.
class InvertedLists::Piece {
 public:
  Piece(size_t bytes, std::shared_ptr<std::atomic<size_t>> total)
      : memory_(bytes), bytes_(bytes), total_(std::move(total)) {
    total_->fetch_add(bytes_, std::memory_order_relaxed);
  }
  ~Piece() { total_->fetch_sub(bytes_, std::memory_order_relaxed); }
  Piece(const Piece&) = delete;
  Piece& operator=(const Piece&) = delete;
  uint8_t* data() noexcept { return memory_.data(); }

 private:
  AlignedArray<uint8_t> memory_;
  size_t bytes_;
  std::shared_ptr<std::atomic<size_t>> total_;
};

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
      if (need.rows > 0) sizes_.push_back(lists.extent_bytes(need.rows));
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
      group_heap_(group_bytes),
      rest_heap_(rest_bytes) {
  const auto empty = std::make_shared<Table>();
  for (Slot& slot : slots_) slot.table = empty;
}

size_t InvertedLists::list_size(size_t list) const {
  std::lock_guard<std::mutex> lock(mutex_);
  return slots_[list].n;
}

std::vector<size_t> InvertedLists::list_sizes() const {
  std::vector<size_t> sizes(nlist());
  std::lock_guard<std::mutex> lock(mutex_);
  for (size_t l = 0; l < sizes.size(); ++l) sizes[l] = slots_[l].n;
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

size_t InvertedLists::allocated_bytes() const noexcept {
  return slots_.size() * sizeof(Slot) + row_bytes_->load(std::memory_order_relaxed) + group_heap_.bytes() +
         rest_heap_.bytes();
}

// Codes of an extent come first, then the ids.
size_t InvertedLists::id_offset(size_t rows) const { return round_up(checked_mul(rows, code_size_), kAlignment); }

size_t InvertedLists::extent_bytes(size_t rows) const {
  return round_up(checked_add(id_offset(rows), checked_mul(rows, sizeof(int64_t))), kAlignment);
}

InvertedLists::Addition::Addition(InvertedLists& lists, const std::vector<Part>& parts) : lists_(lists) {
  growths_.reserve(parts.size());
  std::vector<Need> needs;
  needs.reserve(parts.size());
  for (const Part& part : parts) {
    const Slot& slot = lists.slots_[part.list];
    const size_t size = checked_add(slot.n, part.count);
    if (size > kMaxListRows) {
      throw Error(Code::kUnsupported, format("A list can hold %zu rows at the most: use more lists", kMaxListRows));
    }
    const size_t groups = lists.group_bytes_ == 0 ? 0 : size / kGroupRows;
    const bool rest = lists.needs_rest(slot, size, groups);
    growths_.push_back({part.list, slot.n, size, slot.groups, groups, rest, slot.table});
    const size_t rows = more(size, slot.table->row_capacity(), kExtentRows);
    const size_t more_groups = groups - std::min(groups, slot.table->group_capacity());
    needs.push_back({rows, more_groups, rest});
  }
  Cutter cutter(lists, needs);
  for (size_t p = 0; p < parts.size(); ++p) {
    if (needs[p].any()) grow(growths_[p], needs[p], cutter);
  }
}

// Another table for a list, with extents for so many rows and groups more, and a new rest if there is to be one.
void InvertedLists::Addition::grow(Growth& growth, const Need& need, Cutter& cutter) const {
  auto table = std::make_shared<Table>();
  table->rows.reserve(growth.table->rows.size() + 1);
  table->groups.reserve(growth.table->groups.size() + 1);
  table->rows = growth.table->rows;
  table->groups = growth.table->groups;
  if (need.rows > 0) {
    auto [memory, bytes] = cutter.next_rows();
    auto* const ids = reinterpret_cast<int64_t*>(bytes + lists_.id_offset(need.rows));
    table->rows.push_back({table->row_capacity(), need.rows, std::move(memory), bytes, ids});
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
  size_t added = 0;
  {
    std::lock_guard<std::mutex> lock(lists_.mutex_);
    for (Growth& growth : growths_) {
      Slot& slot = lists_.slots_[growth.list];
      slot.table.swap(growth.table);
      slot.n = growth.new_size;
      slot.groups = growth.new_groups;
      added += growth.new_size - growth.old_size;
    }
    lists_.total_.fetch_add(added, std::memory_order_release);
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

void InvertedLists::remove(size_t list, const std::vector<uint32_t>& rows) noexcept {
  if (rows.empty()) return;
  Slot& slot = slots_[list];
  size_t end = slot.n;
  size_t last = rows.size();  // rows[0, last) are below end
  for (size_t next = 0; next < last; --end) {
    if (rows[last - 1] == end - 1) {
      --last;
    } else {
      move_row(slot, end - 1, rows[next++]);
    }
  }
  shrink(slot, end, rows.front());
}

void InvertedLists::clear() noexcept {
  for (Slot& slot : slots_) shrink(slot, 0, 0);
}

void InvertedLists::move_row(Slot& slot, size_t from, size_t to) noexcept {
  if (from == to) return;
  std::memcpy(code_at(*slot.table, to), code_at(*slot.table, from), code_size_);
  *ids_at(*slot.table, to) = *ids_at(*slot.table, from);
}

// With exclusivity no List holds the table, so it is changed in place.
void InvertedLists::shrink(Slot& slot, size_t n, size_t first_hole) noexcept {
  total_.fetch_sub(slot.n - n, std::memory_order_release);
  slot.n = n;
  slot.groups = std::min(slot.groups, std::min(n, first_hole) / kGroupRows);
  Table& table = *slot.table;
  table.rest = {};
  while (!table.rows.empty() && table.rows.back().begin >= n) table.rows.pop_back();
  while (!table.groups.empty() && table.groups.back().begin >= n / kGroupRows) table.groups.pop_back();
}

}  // namespace voronode
