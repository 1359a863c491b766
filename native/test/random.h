// Random numbers and vectors, the same in every run.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <random>
#include <vector>

namespace voronode::test {

class Random {
 public:
  explicit Random(uint64_t seed) : engine_(seed) {}

  uint64_t bits() { return engine_(); }
  size_t below(size_t n) { return static_cast<size_t>(engine_() % n); }
  size_t between(size_t first, size_t last) { return first + below(last - first + 1); }
  bool one_in(size_t n) { return below(n) == 0; }

  // In [-1, 1), a multiple of 2⁻²³.
  float uniform() { return static_cast<float>(static_cast<int32_t>(engine_() >> 40) - (1 << 23)) * 0x1p-23f; }

  // Any finite float, with a bias towards what breaks arithmetic: zeros of both signs, subnormals, the edges of the
  // range, few values over and over (so that differences and sums cancel).
  float hostile() {
    const float sign = one_in(2) ? 1.0f : -1.0f;
    switch (below(8)) {
      case 0:
        return sign * 0.0f;
      case 1:
        return std::bit_cast<float>(static_cast<uint32_t>(bits() & 0x807FFFFFu));  // subnormal
      case 2:
        return sign * 1e-38f * (1 + uniform() * 0.5f);
      case 3:
        return sign * 1e38f * (1 + uniform() * 0.5f);
      case 4:
        return sign * 1e19f * (1 + uniform() * 0.5f);  // squares around the largest float
      case 5:
        return sign * 1e-22f * (1 + uniform() * 0.5f);  // squares around the smallest
      case 6:
        return sign * (1.0f + 0x1p-23f * static_cast<float>(below(3)));
      default:
        return any_finite();
    }
  }

  float any_finite() {
    for (;;) {
      const auto raw = static_cast<uint32_t>(bits());
      if ((raw & 0x7F800000u) != 0x7F800000u) return std::bit_cast<float>(raw);
    }
  }

  std::vector<float> vectors(size_t n, size_t d) {
    std::vector<float> out(n * d);
    for (float& x : out) x = uniform();
    return out;
  }

 private:
  std::mt19937_64 engine_;
};

}  // namespace voronode::test
