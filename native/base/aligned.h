// Arrays on cache-line boundaries with a readable tail, so that vector loads need no care at the end.
#pragma once

#include <cstddef>
#include <new>
#include <type_traits>

#include "base/checked.h"

namespace voronode {

inline constexpr size_t kAlignment = 64;  // a cache line, and the widest vector register

// n elements, uninitialised, followed by kAlignment readable bytes. Throws kNoMemory with the bytes asked for.
template <class T>
class AlignedArray {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  explicit AlignedArray(size_t n) {
    const size_t bytes = checked_add(checked_mul(n, sizeof(T)), kAlignment);
    data_ = static_cast<T*>(::operator new(bytes, std::align_val_t(kAlignment), std::nothrow));
    if (data_ == nullptr) throw Error(Code::kNoMemory, format("Cannot allocate %zu bytes", bytes));
  }
  ~AlignedArray() { ::operator delete(data_, std::align_val_t(kAlignment)); }
  AlignedArray(const AlignedArray&) = delete;
  AlignedArray& operator=(const AlignedArray&) = delete;

  T* data() noexcept { return data_; }
  const T* data() const noexcept { return data_; }

 private:
  T* data_;
};

}  // namespace voronode
