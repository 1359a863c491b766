// Which rows of a table were taken out while they still lie there: a bit a row, and how many bits come before it.
//
// The rows that stay are numbered by position, as if the others had gone (Faiss: the rest move up). A count for each
// 512 rows, and one for each page, turn a slot (where a row lies) into its position with eight words to count, and back
// with two binary searches.
//
// An object never changes: readers hold the one of their moment. With more rows taken out it is another one, which
// shares all pages that stay as they are: 4 KiB for each page concerned, and an entry for each 32,768 rows.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace voronode {

class RemovedRows {
 public:
  RemovedRows() = default;
  // `before` and these, which are ascending, unique and not in it. May throw std::bad_alloc.
  RemovedRows(const RemovedRows& before, const std::vector<size_t>& rows);
  // `before`, but of the slots [begin, end) those from `gone` on and no others.
  RemovedRows(const RemovedRows& before, size_t begin, size_t gone, size_t end);
  // Those of `before` below `end`.
  RemovedRows(const RemovedRows& before, size_t end) : RemovedRows(before, end, before.end(), before.end()) {}
  RemovedRows(const RemovedRows&) = delete;
  RemovedRows& operator=(const RemovedRows&) = delete;

  size_t count() const noexcept { return count_; }

  bool has(size_t slot) const noexcept {
    const size_t p = slot / kPageRows;
    if (p >= pages_.size() || pages_[p].page == nullptr) return false;
    return (pages_[p].page->words[slot % kPageRows / 64] >> (slot % 64) & 1) != 0;
  }

  // How many of the rows [0, slot).
  size_t before(size_t slot) const noexcept;
  // The slot of the row that has so many rows that stay before it.
  size_t slot_of(size_t position) const noexcept;

  // The first slot ≥ `slot` that is in the set, or that is not; `end` if there is none below it.
  size_t next(size_t slot, size_t end, bool in) const noexcept;

  std::vector<size_t> all() const;

 private:
  static constexpr size_t kPageRows = 32768;
  static constexpr size_t kBlockRows = 512;
  static constexpr size_t kBlockWords = kBlockRows / 64;
  struct Page {
    std::array<uint64_t, kPageRows / 64> words{};
    std::array<uint16_t, kPageRows / kBlockRows> before{};  // of the page's rows, before each block
  };
  struct Entry {
    std::shared_ptr<const Page> page;  // null: none of its rows
    size_t before = 0;                 // of all rows before the page
  };
  size_t end() const noexcept { return pages_.size() * kPageRows; }
  static void count_blocks(Page& page) noexcept;
  void count_pages() noexcept;

  std::vector<Entry> pages_;
  size_t count_ = 0;
};

}  // namespace voronode
