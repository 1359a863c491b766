// Rows and groups of inverted lists that lie elsewhere.
#include <cstring>

#include "storage/list_memory.h"

namespace voronode {

int64_t* InvertedLists::adopt(const Addition::Part& part, const Elsewhere& codes) {
  const size_t n = part.count;
  check_list_rows(n);
  const size_t bytes = n * code_size_;
  const bool copies = codes.spare < kAlignment;
  const auto memory = std::make_shared<Piece>(copies ? extent_bytes(n, code_size_) : n * sizeof(int64_t), row_bytes_);
  auto* const ids = reinterpret_cast<int64_t*>(memory->data() + (copies ? id_offset(n, code_size_) : 0));
  auto table = std::make_shared<Table>();
  if (copies) {
    std::memcpy(memory->data(), codes.bytes, bytes);
    table->rows.push_back({0, n, memory, memory->data(), ids, nullptr});
  } else {
    auto owner = std::make_shared<Adopted>(codes.owner, bytes, adopted_codes_);
    table->rows.push_back({0, n, std::move(owner), codes.bytes, ids, memory});
  }
  const std::lock_guard<std::mutex> lock(mutex_);
  Slot& slot = slots_[part.list];
  slot.table.swap(table);
  slot.n = n;
  rows_.fetch_add(n, std::memory_order_release);
  total_.fetch_add(n, std::memory_order_release);
  return ids;
}

void InvertedLists::keep_groups(size_t group_bytes, size_t rest_bytes) {
  group_bytes_ = group_bytes;
  rest_bytes_ = rest_bytes;
  group_heap_ = SlotHeap(group_bytes);
  rest_heap_ = SlotHeap(rest_bytes);
}

void InvertedLists::adopt_groups(size_t list, const Elsewhere& groups, const Elsewhere& rest) {
  Slot& slot = slots_[list];
  auto table = std::make_shared<Table>(*slot.table);
  const size_t count = slot.n / kGroupRows;
  const auto pointer = [&](const Elsewhere& from, size_t bytes, SlotHeap& heap, size_t slots) {
    if (from.spare >= kAlignment) {
      return std::shared_ptr<uint8_t>(std::make_shared<Adopted>(from.owner, bytes, adopted_groups_), from.bytes);
    }
    std::shared_ptr<uint8_t> copy = heap.allocate(slots);
    std::memcpy(copy.get(), from.bytes, bytes);
    return copy;
  };
  if (count > 0) table->groups.push_back({0, count, pointer(groups, count * group_bytes_, group_heap_, count)});
  const size_t rows = rest_rows(slot.n);
  if (rows > 0) table->rest = {count, rows, pointer(rest, rest_bytes_, rest_heap_, 1)};
  const std::lock_guard<std::mutex> lock(mutex_);
  slot.table.swap(table);
  slot.groups = count;
}

}  // namespace voronode
