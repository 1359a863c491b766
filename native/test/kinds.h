// Vectors to try a search with that may go wrong: of every scale, with ties, zeros and equal rows.
#pragma once

#include <algorithm>
#include <cmath>
#include <vector>

#include "test/random.h"

namespace voronode::test {

inline constexpr size_t kKinds = 9;

// n × d numbers in the manner of `kind`.
inline std::vector<float> vectors_of_kind(Random& random, size_t kind, size_t n, size_t d) {
  std::vector<float> x = random.vectors(n, d);
  for (size_t i = 0; i < n; ++i) {
    float* const row = x.data() + i * d;
    const float scale = std::ldexp(1.0f, static_cast<int>(random.between(0, 60)) - 30);
    for (size_t j = 0; j < d; ++j) {
      if (kind == 1) row[j] = static_cast<float>(random.below(256));
      if (kind == 2) row[j] *= scale;
      if (kind == 3 && i % 7 == 0) row[j] = random.hostile();
      if (kind == 4) row[j] = static_cast<float>(random.below(2));  // many equal distances
      if (kind == 5) row[j] += 500;
      if (kind == 6) row[j] *= 1e-25f;  // squares vanish
      if (kind == 7) row[j] = random.hostile();
    }
    if (kind == 8) row[random.below(d)] *= 1e5f;
    if (i % 50 == 0) std::fill(row, row + d, 0.0f);
    if (i % 50 == 1 && i > 50) std::copy_n(row - 30 * d, d, row);  // equal rows
  }
  return x;
}

}  // namespace voronode::test
