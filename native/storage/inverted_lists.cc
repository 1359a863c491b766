#include "storage/inverted_lists.h"

#include <algorithm>
#include <cstring>

namespace voronode {
namespace {

// A list that grows by little takes this part of its size more: extents stay few, the slack small (3 % on average).
constexpr size_t kGrowth = 16;

// Groups that moved leave holes which malloc keeps: 70 MB for 1M × 128 added in ten calls. After so many bytes of them
// they are given back.
constexpr size_t kHoleBytes = size_t{8} << 20;

// A new extent of groups takes in those before it of up to this many times its size: then a list that grows by little
// has few extents, each a fifth of the one before it or less, and a group moves five times on average.
constexpr size_t kTakenIn = 4;

size_t round_up(size_t n, size_t unit) { return checked_add(n, unit - 1) / unit * unit; }

// How much a capacity must grow, in whole units; 0 if it suffices.
size_t more(size_t size, size_t capacity, size_t unit) {
  return size <= capacity ? 0 : round_up(std::max(size - capacity, capacity / kGrowth), unit);
}

struct Need {
  size_t rows;
  size_t groups;
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

InvertedLists::InvertedLists(size_t nlist, size_t code_size, size_t group_bytes)
    : code_size_(code_size), group_bytes_(group_bytes), slots_(nlist) {
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
    growths_.push_back({part.list, slot.n, size, slot.groups, groups, slot.groups, slot.table});
    const size_t rows = more(size, slot.table->row_capacity(), kExtentRows);
    needs.push_back({rows, more(groups, slot.table->group_capacity(), 1)});
    if (rows > 0) sizes.push_back(checked_add(lists.id_offset(rows), checked_mul(rows, sizeof(int64_t))));
  }
  Cutter cutter(std::move(sizes));
  for (size_t p = 0; p < parts.size(); ++p) {
    if (needs[p].rows > 0 || needs[p].groups > 0) grow(growths_[p], needs[p].rows, needs[p].groups, cutter);
  }
}

// A larger table for a list, with extents for so many rows and groups more.
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
  if (groups > 0) grow_groups(growth, groups, table.get());
  growth.table = std::move(table);
}

// Extents of groups have memory of their own, which goes when they are taken into another.
void InvertedLists::Addition::grow_groups(Growth& growth, size_t groups, Table* table) const {
  while (!table->groups.empty() && table->groups.back().groups <= kTakenIn * groups) {
    groups += table->groups.back().groups;
    table->groups.pop_back();
  }
  const size_t begin = table->group_capacity();
  growth.first_moved = std::min(begin, growth.old_groups);
  auto memory = std::make_shared<AlignedArray<uint8_t>>(checked_mul(groups, lists_.group_bytes_));
  uint8_t* const bytes = memory->data();
  table->groups.push_back({begin, groups, std::move(memory), bytes});
}

InvertedLists::Addition::Room InvertedLists::Addition::room(size_t part, size_t i) const noexcept {
  const Growth& growth = growths_[part];
  const size_t at = growth.old_size + i;
  const Extent& extent = growth.table->rows[Table::extent_of(growth.table->rows, at)];
  const size_t offset = at - extent.begin;
  return {extent.codes + offset * lists_.code_size_, extent.ids + offset,
          std::min(extent.rows - offset, growth.new_size - at)};
}

InvertedLists::Addition::~Addition() {
  for (const Growth& growth : growths_) {
    lists_.holes_ += (growth.old_groups - growth.first_moved) * lists_.group_bytes_;
  }
  if (lists_.holes_ < kHoleBytes) return;
  lists_.holes_ = 0;
  growths_.clear();  // the last that holds on to the old tables, but for searches under way
  give_back_free_memory();
}

void InvertedLists::Addition::publish() noexcept {
  size_t added = 0;
  std::lock_guard<std::mutex> lock(lists_.mutex_);
  for (Growth& growth : growths_) {
    Slot& slot = lists_.slots_[growth.list];
    slot.table.swap(growth.table);  // the old ones are freed with this, after the lock
    slot.n = growth.new_size;
    slot.groups = growth.new_groups;
    added += growth.new_size - growth.old_size;
  }
  lists_.total_.fetch_add(added, std::memory_order_release);
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
  while (!table.rows.empty() && table.rows.back().begin >= n) table.rows.pop_back();
  while (!table.groups.empty() && table.groups.back().begin >= n / kGroupRows) table.groups.pop_back();
}

}  // namespace voronode
