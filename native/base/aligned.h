// Arrays on cache-line boundaries with a readable tail, so that vector loads need no care at the end.
#pragma once

#include <cstddef>
#include <type_traits>

#include "base/checked.h"

namespace voronode {

inline constexpr size_t kAlignment = 64;  // a cache line, and the widest vector register

// Memory aligned to kAlignment, or null. free_aligned: with the same number of bytes.
//
// On Linux, large pieces are mapped from the system rather than taken from malloc. They begin on a huge page and ask
// for huge pages, where the system leaves that to the program (transparent_hugepage=madvise): a scan then misses the
// TLB 512 times less. And they go back when they are freed: malloc's heap, cut up by alignments as wide as that, would
// grow without end under a program that makes and drops indexes.
void* allocate_aligned(size_t bytes) noexcept;
void free_aligned(void* memory, size_t bytes) noexcept;

// Asks for huge pages for memory of others (malloc's, JavaScript's), before it is touched, where it is so large that it
// is mapped from the system.
void prefer_huge_pages(void* memory, size_t bytes) noexcept;

// n elements, uninitialised, followed by kAlignment readable bytes. Throws kNoMemory with the bytes asked for.
template <class T>
class AlignedArray {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  explicit AlignedArray(size_t n) : bytes_(checked_add(checked_mul(n, sizeof(T)), kAlignment)) {
    data_ = static_cast<T*>(allocate_aligned(bytes_));
    if (data_ == nullptr) throw Error(Code::kNoMemory, format("Cannot allocate %zu bytes", bytes_));
  }
  ~AlignedArray() { free_aligned(data_, bytes_); }
  AlignedArray(const AlignedArray&) = delete;
  AlignedArray& operator=(const AlignedArray&) = delete;

  T* data() noexcept { return data_; }
  const T* data() const noexcept { return data_; }

 private:
  size_t bytes_;
  T* data_;
};

}  // namespace voronode
