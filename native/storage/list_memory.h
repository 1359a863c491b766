// What the extents of inverted lists lie in, for the files that implement InvertedLists.
#pragma once

#include "storage/inverted_lists.h"

namespace voronode {

inline void check_list_rows(size_t n) {
  if (n <= kMaxListRows) return;
  throw Error(Code::kUnsupported, format("A list can hold %zu rows at the most: use more lists", kMaxListRows));
}

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

// What lies elsewhere, counted likewise.
class InvertedLists::Adopted {
 public:
  Adopted(std::shared_ptr<void> owner, size_t bytes, std::shared_ptr<std::atomic<size_t>> total) noexcept
      : owner_(std::move(owner)), bytes_(bytes), total_(std::move(total)) {
    total_->fetch_add(bytes_, std::memory_order_relaxed);
  }
  ~Adopted() { total_->fetch_sub(bytes_, std::memory_order_relaxed); }
  Adopted(const Adopted&) = delete;
  Adopted& operator=(const Adopted&) = delete;

 private:
  std::shared_ptr<void> owner_;
  size_t bytes_;
  std::shared_ptr<std::atomic<size_t>> total_;
};

}  // namespace voronode
