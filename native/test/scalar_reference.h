// What codes of vectors mean, component by component from the definitions of kernels.h and of IEEE 754.
#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <vector>

#include "codec/scalar_quantizer.h"
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

// The j-th number of `bits` bits, counted from the lowest bit of the first byte.
inline unsigned reference_bits(const uint8_t* codes, size_t j, size_t bits) {
  unsigned out = 0;
  for (size_t b = 0; b < bits; ++b) {
    const size_t at = j * bits + b;
    out |= static_cast<unsigned>(codes[at / 8] >> at % 8 & 1) << b;
  }
  return out;
}

inline float reference_value(const ScalarRows& rows, const uint8_t* row, size_t j) {
  const size_t bits = scalar_code_bits(rows.code);
  if (rows.code == ScalarCode::kFp16) return reference_half(row + 2 * j);
  const unsigned c = reference_bits(row, j, bits);
  if (rows.code == ScalarCode::kBf16) return std::bit_cast<float>(c << 16);
  if (rows.code == ScalarCode::k8bitDirect || rows.code == ScalarCode::k8bitDirectSigned) {
    return rows.vmin[j] + static_cast<float>(c);
  }
  const float t = (static_cast<float>(c) + 0.5f) / static_cast<float>((1 << bits) - 1);
  const float product = t * rows.vdiff[j];
  return rows.vmin[j] + product;
}

// n × d
inline std::vector<float> reference_rows(const ScalarRows& rows, size_t n, size_t d) {
  std::vector<float> out(n * d);
  const size_t code_size = scalar_row_bytes(rows.code, d);
  for (size_t i = 0; i < n * d; ++i) {
    const size_t j = i % d;
    out[i] = reference_value(rows, rows.codes + i / d * code_size, j);
    if (rows.centroid != nullptr) out[i] = rows.centroid[j] + out[i];
  }
  return out;
}

// The code of x - centroid (null: of x), of size d.
inline std::vector<uint8_t> reference_code(const ScalarQuantizer& sq, const float* x, const float* centroid) {
  const size_t bits = scalar_code_bits(sq.code());
  const size_t most = (size_t{1} << bits) - 1;
  std::vector<uint8_t> code(sq.code_size());
  for (size_t j = 0; j < sq.d(); ++j) {
    const float value = centroid != nullptr ? x[j] - centroid[j] : x[j];
    unsigned c = 0;
    if (sq.learns()) {
      const size_t range = sq.trained().size() == 2 ? 0 : j;
      const float vmin = sq.trained()[range];
      const float vdiff = sq.trained()[sq.trained().size() / 2 + range];
      float part = vdiff == 0 ? 0 : (value - vmin) / vdiff;
      part = part < 0 ? 0 : part > 1 ? 1 : part;
      c = bits == 8 ? static_cast<unsigned>(255 * part)
                    : static_cast<unsigned>(static_cast<double>(part) * static_cast<double>(most));
    } else if (sq.code() == ScalarCode::kFp16) {
      c = to_half(value);
    } else if (sq.code() == ScalarCode::kBf16) {
      c = (std::bit_cast<uint32_t>(value) + 0x8000) >> 16;
    } else {
      c = static_cast<unsigned>(std::min(255.0f, value + (sq.code() == ScalarCode::k8bitDirectSigned ? 128.0f : 0.0f)));
    }
    for (size_t b = 0; b < bits; ++b) {
      const size_t at = j * bits + b;
      code[at / 8] = static_cast<uint8_t>(code[at / 8] | (c >> b & 1) << at % 8);
    }
  }
  return code;
}

}  // namespace voronode::test
