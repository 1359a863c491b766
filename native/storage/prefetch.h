// Asking for a row before it is needed.
#pragma once

#include <algorithm>
#include <cstddef>

namespace voronode {

// The first lines of a row of d components, on their way while others are found; the hardware goes on from there.
inline void prefetch_row(const float* y, size_t d) noexcept {
#if defined(__GNUC__)
  for (size_t j = 0; j < std::min<size_t>(d, 64); j += 16) __builtin_prefetch(y + j);
#else
  (void)y, (void)d;
#endif
}

}  // namespace voronode
