#include "storage/blocks.h"

#include <algorithm>
#include <cstring>

namespace voronode {

template <class T>
void Blocks<T>::reserve(size_t n) {
  const size_t rows = checked_add(size(), n);
  checked_mul(rows, checked_mul(width(), sizeof(T)));
  if (n == 0) return;
  const size_t blocks = shape_.block_of(rows - 1) + 1;
  if (blocks <= table_->size()) return;
  auto table = std::make_shared<Table>(*table_);
  table->reserve(blocks);
  while (table->size() < blocks) {
    const auto memory = std::make_shared<AlignedArray<T>>(shape_.capacity(table->size()) * width());
    table->emplace_back(memory, memory->data());
  }
  std::lock_guard<std::mutex> lock(mutex_);
  table_ = std::move(table);
}

template <class T>
void Blocks<T>::fill(size_t first, size_t n, const T* items) noexcept {
  size_t at = size() + first;
  const size_t end = at + n;
  while (at < end) {
    const size_t b = shape_.block_of(at);
    const size_t rows = std::min(end - at, shape_.begin(b) + shape_.capacity(b) - at);
    std::memcpy(slot(at), items, rows * width() * sizeof(T));
    items += rows * width();
    at += rows;
  }
}

template <class T>
void Blocks<T>::append(size_t n, const T* items) {
  reserve(n);
  fill(n, items);
  publish(n);
}

template <class T>
void Blocks<T>::adopt(size_t n, uint8_t* rows, const std::shared_ptr<void>& owner, size_t spare) {
  const size_t row_bytes = width() * sizeof(T);
  auto table = std::make_shared<Table>();
  size_t stay = 0;  // rows
  for (size_t b = 0; shape_.begin(b) + shape_.capacity(b) <= n; ++b) {
    const size_t end = shape_.begin(b) + shape_.capacity(b);
    if ((n - end) * row_bytes + spare < kAlignment) break;
    table->emplace_back(owner, reinterpret_cast<T*>(rows + stay * row_bytes));
    stay = end;
  }
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    adopted_ = table->size();
    table_ = std::move(table);
  }
  n_ = stay;
  reserve(n - stay);
  for (size_t at = stay; at < n;) {
    const size_t b = shape_.block_of(at);
    const size_t end = std::min(n, shape_.begin(b) + shape_.capacity(b));
    std::memcpy(slot(at), rows + at * row_bytes, (end - at) * row_bytes);
    at = end;
  }
  publish(n - stay);
}

template <class T>
void Blocks<T>::remove(const std::vector<size_t>& rows) noexcept {
  if (rows.empty()) return;
  size_t to = rows.front();
  size_t next = 0;
  for (size_t from = to; from < size(); ++from) {
    if (next < rows.size() && rows[next] == from) {
      ++next;
      continue;
    }
    std::memcpy(slot(to++), slot(from), width() * sizeof(T));
  }
  truncate(to);
  release_spare();
}

template <class T>
void Blocks<T>::move(const RowMove& move) noexcept {
  move.for_each([&](size_t from, size_t to) { std::memcpy(slot(to), slot(from), width() * sizeof(T)); });
}

// With exclusivity no View holds the table, so it is changed in place.
template <class T>
void Blocks<T>::release_spare() noexcept {
  const size_t used = size() == 0 ? 0 : shape_.block_of(size() - 1) + 1;
  std::lock_guard<std::mutex> lock(mutex_);
  while (table_->size() > used) table_->pop_back();
  adopted_ = std::min(adopted_, used);
}

template class Blocks<float>;
template class Blocks<int64_t>;
template class Blocks<uint8_t>;

}  // namespace voronode
