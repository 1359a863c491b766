// Rows of a fixed width in blocks that never move.
//
// Appending fills the last block and allocates the next: no doubling copy, so peak memory is what is stored plus less
// than one block. Capacities: block 0 holds base rows, block 1 again base, then each block doubles up to top rows and
// stays there: small tables stay small, big ones have few blocks. base, top are powers of two (at least 16 rows) of
// about kBaseBytes, kTopBytes.
//
// One appender may run beside any number of readers: a reader takes a View (the block table and the count of that
// moment); the appender writes behind the count, then publishes. The table itself is replaced, not changed, when a
// block is added. remove and clear need exclusivity.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstring>
#include <memory>
#include <mutex>
#include <vector>

#include "base/aligned.h"
#include "storage/block_shape.h"
#include "storage/row_numbers.h"

namespace voronode {

template <class T>
class Blocks {
  // shared: the tables before and after a growth name the same blocks. Each keeps what it lies in.
  using Table = std::vector<std::shared_ptr<T>>;

 public:
  class View {
   public:
    size_t size() const noexcept { return n_; }
    size_t width() const noexcept { return shape_.width; }

    // Block b covers rows [begin, begin + rows); data is row-major, and may be read (not used) up to 64 bytes beyond its
    // last row. Aligned to 64 bytes, or, if it was adopted, to nothing: what is read there goes through kernels, or is
    // copied as bytes.
    struct Block {
      const T* data;
      size_t begin;
      size_t rows;
      size_t capacity;
    };
    size_t block_count() const noexcept { return n_ == 0 ? 0 : shape_.block_of(n_ - 1) + 1; }
    Block block(size_t b) const noexcept {
      const size_t begin = shape_.begin(b);
      const size_t capacity = shape_.capacity(b);
      return {(*table_)[b].get(), begin, n_ - begin < capacity ? n_ - begin : capacity, capacity};
    }

    Block block_with(size_t i) const noexcept { return block(shape_.block_of(i)); }  // i < size()

    // REQUIRES: i < size().
    const T* row(size_t i) const noexcept {
      const size_t b = shape_.block_of(i);
      return (*table_)[b].get() + (i - shape_.begin(b)) * shape_.width;
    }

    // What a row of one item holds, at any address.
    T value(size_t i) const noexcept {
      T item;
      std::memcpy(&item, row(i), sizeof item);
      return item;
    }

   private:
    friend class Blocks;
    View(std::shared_ptr<const Table> table, size_t n, const BlockShape& shape) noexcept
        : table_(std::move(table)), n_(n), shape_(shape) {}
    std::shared_ptr<const Table> table_;
    size_t n_;
    BlockShape shape_;
  };

  explicit Blocks(size_t width, const BlockSizes& sizes = {})
      : shape_(width, sizeof(T), sizes), table_(std::make_shared<Table>()) {}

  size_t size() const noexcept { return n_.load(std::memory_order_acquire); }
  size_t width() const noexcept { return shape_.width; }

  View view() const {
    const size_t n = size();  // before the table: the table of now covers at least the rows of before
    std::lock_guard<std::mutex> lock(mutex_);
    return View(table_, n, shape_);
  }

  // Bytes of all blocks, without what was adopted.
  size_t allocated_bytes() const noexcept {
    std::lock_guard<std::mutex> lock(mutex_);
    size_t rows = 0;
    for (size_t b = adopted_; b < table_->size(); ++b) rows += shape_.capacity(b);
    return rows * shape_.width * sizeof(T);
  }
  size_t adopted_bytes() const noexcept {
    std::lock_guard<std::mutex> lock(mutex_);
    return adopted_ == 0 ? 0 : shape_.begin(adopted_) * shape_.width * sizeof(T);
  }

  // Takes n rows that lie elsewhere, at any address, for its first ones: whole blocks of them stay where they are, and
  // keep `owner`; the others are copied. Behind them `spare` bytes can be read. REQUIRES: empty, and nobody else is here.
  // Throws kNoMemory.
  void adopt(size_t n, uint8_t* rows, const std::shared_ptr<void>& owner, size_t spare);

  // n rows of width items. Throws kNoMemory and leaves all as it was.
  void append(size_t n, const T* items);

  // The steps of an append, for rows that must not be seen before something else is done: reserve room for n more rows
  // (throws kNoMemory), fill slots [size(), size() + n), publish. Filled slots that are never published are free again.
  void reserve(size_t n);
  void fill(size_t n, const T* items) noexcept { fill(0, n, items); }
  // Of the slots behind size() those from the first-th on.
  void fill(size_t first, size_t n, const T* items) noexcept;
  T* slot(size_t i) noexcept {
    const size_t b = shape_.block_of(i);
    return (*table_)[b].get() + (i - shape_.begin(b)) * shape_.width;
  }
  // The whole block of slot i, for what is not laid out row after row.
  struct Room {
    T* data;
    size_t begin;
    size_t capacity;
  };
  Room room(size_t i) noexcept {
    const size_t b = shape_.block_of(i);
    return {(*table_)[b].get(), shape_.begin(b), shape_.capacity(b)};
  }
  void publish(size_t n) noexcept { n_.store(n_.load(std::memory_order_relaxed) + n, std::memory_order_release); }

  // Keeps the first n rows; readers of those may go on. The memory behind them is kept for the next append.
  void truncate(size_t n) noexcept { n_.store(n, std::memory_order_release); }

  // Removes these rows (ascending, unique); the rest move up, in order.
  void remove(const std::vector<size_t>& rows) noexcept;

  // Moves rows down. Needs exclusivity.
  void move(const RowMove& move) noexcept;

  void clear() noexcept {
    truncate(0);
    release_spare();
  }

  // Frees the blocks behind the last row. Needs exclusivity.
  void release_spare() noexcept;

 private:
  BlockShape shape_;
  mutable std::mutex mutex_;  // guards table_ (the pointer)
  std::shared_ptr<Table> table_;
  size_t adopted_ = 0;  // blocks, the first ones
  std::atomic<size_t> n_{0};
};

extern template class Blocks<float>;
extern template class Blocks<int64_t>;
extern template class Blocks<uint8_t>;

}  // namespace voronode
