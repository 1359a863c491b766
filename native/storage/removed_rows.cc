#include "storage/removed_rows.h"

#include <bit>

namespace voronode {

RemovedRows::RemovedRows(const RemovedRows& before, const std::vector<size_t>& rows) : pages_(before.pages_) {
  if (!rows.empty()) pages_.resize(std::max(pages_.size(), rows.back() / kPageRows + 1));
  for (size_t i = 0; i < rows.size();) {
    const size_t p = rows[i] / kPageRows;
    const auto page = pages_[p].page == nullptr ? std::make_shared<Page>() : std::make_shared<Page>(*pages_[p].page);
    for (; i < rows.size() && rows[i] / kPageRows == p; ++i) {
      page->words[rows[i] % kPageRows / 64] |= uint64_t{1} << (rows[i] % 64);
    }
    count_blocks(*page);
    pages_[p].page = page;
  }
  count_pages();
}

RemovedRows::RemovedRows(const RemovedRows& before, size_t begin, size_t gone, size_t end) : pages_(before.pages_) {
  if (begin < end) pages_.resize(std::max(pages_.size(), (end - 1) / kPageRows + 1));
  for (size_t slot = begin; slot < end;) {
    const size_t p = slot / kPageRows;
    const auto page = pages_[p].page == nullptr ? std::make_shared<Page>() : std::make_shared<Page>(*pages_[p].page);
    for (const size_t page_end = std::min(end, (p + 1) * kPageRows); slot < page_end; ++slot) {
      const uint64_t bit = uint64_t{1} << (slot % 64);
      uint64_t& word = page->words[slot % kPageRows / 64];
      word = slot < gone ? word & ~bit : word | bit;
    }
    count_blocks(*page);
    pages_[p].page = page;
  }
  count_pages();
}

void RemovedRows::count_pages() noexcept {
  count_ = 0;
  for (Entry& entry : pages_) {
    entry.before = count_;
    if (entry.page == nullptr) continue;
    const size_t last = entry.page->before.size() - 1;
    count_ += entry.page->before[last];
    for (size_t w = last * kBlockWords; w < entry.page->words.size(); ++w) {
      count_ += static_cast<size_t>(std::popcount(entry.page->words[w]));
    }
  }
}

void RemovedRows::count_blocks(Page& page) noexcept {
  size_t total = 0;
  for (size_t w = 0; w < page.words.size(); ++w) {
    if (w % kBlockWords == 0) page.before[w / kBlockWords] = static_cast<uint16_t>(total);
    total += static_cast<size_t>(std::popcount(page.words[w]));
  }
}

size_t RemovedRows::before(size_t slot) const noexcept {
  const size_t p = slot / kPageRows;
  if (p >= pages_.size()) return count_;
  const Entry& entry = pages_[p];
  if (entry.page == nullptr) return entry.before;
  const size_t row = slot % kPageRows;
  size_t found = entry.before + entry.page->before[row / kBlockRows];
  for (size_t w = row / kBlockRows * kBlockWords; w < row / 64; ++w) {
    found += static_cast<size_t>(std::popcount(entry.page->words[w]));
  }
  const uint64_t below = (uint64_t{1} << (row % 64)) - 1;
  return found + static_cast<size_t>(std::popcount(entry.page->words[row / 64] & below));
}

// slot - before(slot) does not fall, and rises by one behind each row that stays: the slot wanted is the last one at
// which it is `position`.
size_t RemovedRows::slot_of(size_t position) const noexcept {
  size_t low = position;  // the slot is within [low, high]
  size_t high = position + count_;
  while (low < high) {
    const size_t middle = low + (high - low + 1) / 2;
    if (middle - before(middle) <= position) {
      low = middle;
    } else {
      high = middle - 1;
    }
  }
  return low;
}

size_t RemovedRows::next(size_t slot, size_t end, bool in) const noexcept {
  while (slot < end) {
    const size_t p = slot / kPageRows;
    if (p >= pages_.size()) return in ? end : slot;
    if (pages_[p].page == nullptr) {
      if (!in) return slot;
      slot = (p + 1) * kPageRows;
      continue;
    }
    const uint64_t word = pages_[p].page->words[slot % kPageRows / 64];
    const uint64_t rest = (in ? word : ~word) >> (slot % 64);
    if (rest != 0) return std::min(end, slot + static_cast<size_t>(std::countr_zero(rest)));
    slot = (slot / 64 + 1) * 64;
  }
  return end;
}

std::vector<size_t> RemovedRows::all() const {
  std::vector<size_t> rows;
  rows.reserve(count_);
  const size_t end = pages_.size() * kPageRows;
  for (size_t slot = next(0, end, true); slot < end; slot = next(slot + 1, end, true)) rows.push_back(slot);
  return rows;
}

}  // namespace voronode
