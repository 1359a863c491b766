// What codes of vectors mean, component by component from the definitions of kernels.h and of IEEE 754.
#pragma once

#include <cmath>
#include <vector>

#include "kernels/kernels.h"

namespace voronode::test {

inline float reference_half(const uint8_t* p) {
  const int bits = p[0] | p[1] << 8;
  const int exponent = bits >> 10 & 31;
  const int fraction = bits & 1023;
  const float magnitude = exponent == 0 ? std::ldexp(static_cast<float>(fraction), -24)
                                        : std::ldexp(static_cast<float>(1024 + fraction), exponent - 25);
  return (bits & 0x8000) != 0 ? -magnitude : magnitude;
}

// n × d
inline std::vector<float> reference_rows(const ScalarRows& rows, size_t n, size_t d) {
  std::vector<float> out(n * d);
  for (size_t i = 0; i < n * d; ++i) {
    const size_t j = i % d;
    if (rows.code == ScalarCode::k8bit) {
      const float t = (static_cast<float>(rows.codes[i]) + 0.5f) / 255.0f;
      const float product = t * rows.vdiff[j];
      out[i] = rows.vmin[j] + product;
    } else {
      out[i] = reference_half(rows.codes + 2 * i);
    }
    if (rows.centroid != nullptr) out[i] = rows.centroid[j] + out[i];
  }
  return out;
}

}  // namespace voronode::test
