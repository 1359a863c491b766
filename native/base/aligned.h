// Arrays on cache-line boundaries with a readable tail, so that vector loads need no care at the end.
//
// Large arrays ask the system for huge pages, where it leaves that to the program (Linux: transparent_hugepage=madvise): a
// scan then misses the TLB 512 times less.
#pragma once

#include <cstddef>
#include <new>
#include <type_traits>

#include "base/checked.h"

#if defined(__linux__)
#include <sys/mman.h>
#endif

namespace voronode {

inline constexpr size_t kAlignment = 64;  // a cache line, and the widest vector register

inline constexpr size_t kHugePage = size_t{2} << 20;  // of x86-64 and of AArch64 with 4 KiB pages

// n elements, uninitialised, followed by kAlignment readable bytes. Throws kNoMemory with the bytes asked for.
template <class T>
class AlignedArray {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  explicit AlignedArray(size_t n) {
    const size_t bytes = checked_add(checked_mul(n, sizeof(T)), kAlignment);
    alignment_ = bytes >= kHugePage ? kHugePage : kAlignment;
    data_ = static_cast<T*>(::operator new(bytes, std::align_val_t(alignment_), std::nothrow));
    if (data_ == nullptr) throw Error(Code::kNoMemory, format("Cannot allocate %zu bytes", bytes));
#if defined(__linux__)
    if (alignment_ == kHugePage) madvise(data_, bytes / kHugePage * kHugePage, MADV_HUGEPAGE);  // a wish; may be refused
#endif
  }
  ~AlignedArray() { ::operator delete(data_, std::align_val_t(alignment_)); }
  AlignedArray(const AlignedArray&) = delete;
  AlignedArray& operator=(const AlignedArray&) = delete;

  T* data() noexcept { return data_; }
  const T* data() const noexcept { return data_; }

 private:
  T* data_;
  size_t alignment_;
};

}  // namespace voronode
