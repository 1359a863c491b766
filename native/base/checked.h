// Arithmetic on sizes that refuses to wrap. Every count that comes from outside goes through here before it is
// multiplied, added or allocated.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>

#include "base/error.h"

namespace voronode {

// The largest byte count ever asked of the allocator: PTRDIFF_MAX, the limit of pointer differences.
inline constexpr uint64_t kMaxBytes = static_cast<uint64_t>(std::numeric_limits<ptrdiff_t>::max());

inline bool mul_overflows(uint64_t a, uint64_t b, uint64_t* out) noexcept {
  if (a != 0 && b > std::numeric_limits<uint64_t>::max() / a) return true;
  *out = a * b;
  return false;
}

// a * b, as a size that can be allocated. Throws kNoMemory when it cannot.
inline size_t checked_mul(uint64_t a, uint64_t b) {
  uint64_t out = 0;
  if (mul_overflows(a, b, &out) || out > kMaxBytes) {
    throw Error(Code::kNoMemory, format("A size of %llu * %llu is beyond this machine's address space",
                                        static_cast<unsigned long long>(a), static_cast<unsigned long long>(b)));
  }
  return static_cast<size_t>(out);
}

// a + b under the same rule.
inline size_t checked_add(uint64_t a, uint64_t b) {
  if (b > kMaxBytes || a > kMaxBytes - b) {
    throw Error(Code::kNoMemory, format("A size of %llu + %llu is beyond this machine's address space",
                                        static_cast<unsigned long long>(a), static_cast<unsigned long long>(b)));
  }
  return static_cast<size_t>(a + b);
}

}  // namespace voronode
