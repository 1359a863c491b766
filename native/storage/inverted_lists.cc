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

struct Need {
  size_t rows;
  size_t groups;
  bool any;
};

// Pieces that extents are cut from: large ones lie on huge pages (aligned.h), which makes both filling and scanning
// faster, and small enough that a removal gives memory back.
constexpr size_t kPieceBytes = size_t{4} << 20;

}  // namespace

// Cuts memory for extents of known sizes from as few pieces.
class InvertedLists::Cutter {
 public:
  explicit Cutter(std::vector<size_t> sizes) : sizes_(std::move(sizes)) {}

  std::pair<std::shared_ptr<AlignedArray<uint8_t>>, uint8_t*> next() {
    if (at_ == end_) {
      size_t bytes = 0;
      size_t last = next_;
      while (last < sizes_.size() && bytes < kPieceBytes)
        bytes = checked_add(bytes, round_up(sizes_[last++], kAlignment));
      piece_ = std::make_shared<AlignedArray<uint8_t>>(bytes);
      at_ = 0;
      end_ = bytes;
    }
    uint8_t* const memory = piece_->data() + at_;
    at_ += round_up(sizes_[next_++], kAlignment);
    return {piece_, memory};
  }

 private:
  std::vector<size_t> sizes_;
  size_t next_ = 0;
  std::shared_ptr<AlignedArray<uint8_t>> piece_;
  size_t at_ = 0;
  size_t end_ = 0;
};

InvertedLists::InvertedLists(size_t nlist, size_t code_size, size_t group_bytes, size_t rest_bytes)
    : code_size_(code_size),
      group_bytes_(group_bytes),
      rest_bytes_(rest_bytes),
      slots_(nlist),
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

size_t InvertedLists::allocated_bytes() const {
  std::lock_guard<std::mutex> lock(mutex_);
  size_t bytes = 0;
  for (const Slot& slot : slots_) {
    bytes += slot.table->row_capacity() * (code_size_ + sizeof(int64_t)) + slot.table->group_capacity() * group_bytes_;
    if (slot.table->rest.rows > 0) bytes += rest_bytes_;
  }
  return bytes;
}

// Codes of an extent come first, then the ids.
size_t InvertedLists::id_offset(size_t rows) const { return round_up(checked_mul(rows, code_size_), kAlignment); }

InvertedLists::Addition::Addition(InvertedLists& lists, const std::vector<Part>& parts) : lists_(lists) {
  growths_.reserve(parts.size());
  std::vector<Need> needs;
  needs.reserve(parts.size());
  std::vector<size_t> sizes;
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
    needs.push_back({rows, more_groups, rows > 0 || more_groups > 0 || rest});
    if (rows > 0) sizes.push_back(checked_add(lists.id_offset(rows), checked_mul(rows, sizeof(int64_t))));
  }
  Cutter cutter(std::move(sizes));
  for (size_t p = 0; p < parts.size(); ++p) {
    if (needs[p].any) grow(growths_[p], needs[p].rows, needs[p].groups, cutter);
  }
}

// Another table for a list, with extents for so many rows and groups more, and a new rest if there is to be one.
void InvertedLists::Addition::grow(Growth& growth, size_t rows, size_t groups, Cutter& cutter) const {
  auto table = std::make_shared<Table>();
  table->rows.reserve(growth.table->rows.size() + 1);
  table->groups.reserve(growth.table->groups.size() + 1);
  table->rows = growth.table->rows;
  table->groups = growth.table->groups;
  if (rows > 0) {
    auto [memory, bytes] = cutter.next();
    auto* const ids = reinterpret_cast<int64_t*>(bytes + lists_.id_offset(rows));
    table->rows.push_back({table->row_capacity(), rows, std::move(memory), bytes, ids});
  }
  if (groups > 0) table->groups.push_back({table->group_capacity(), groups, lists_.group_heap_.allocate(groups)});
  if (growth.new_rest) {
    table->rest = {growth.new_groups, growth.new_size - growth.new_groups * kGroupRows, lists_.rest_heap_.allocate(1)};
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
