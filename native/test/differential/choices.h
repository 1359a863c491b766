// A fuzzer's bytes as choices. When they are used up, random numbers that depend on nothing but the bytes go on: so a
// few bytes are a whole case, and the same case every time.
#pragma once

#include <cstddef>
#include <cstdint>

#include "test/random.h"

namespace voronode::test {

class Choices {
 public:
  Choices(const uint8_t* bytes, size_t size) : bytes_(bytes), size_(size), random_(hash(bytes, size)) {}

  size_t below(size_t n) {
    if (n <= 1) return 0;
    const size_t width = n <= 256 ? 1 : n <= 65536 ? 2 : 4;
    if (size_ - at_ < width) return random_.below(n);
    size_t value = 0;
    for (size_t i = 0; i < width; ++i) value = value << 8 | bytes_[at_++];
    return value % n;
  }
  size_t between(size_t first, size_t last) { return first + below(last - first + 1); }
  bool one_in(size_t n) { return below(n) == n - 1; }
  template <class T, size_t N>
  T any_of(const T (&values)[N]) {
    return values[below(N)];
  }

  // For the numbers of vectors, which no fuzzer needs to steer one by one.
  Random& random() { return random_; }

 private:
  // FNV-1a.
  static uint64_t hash(const uint8_t* bytes, size_t size) {
    uint64_t h = 0xCBF29CE484222325u;
    for (size_t i = 0; i < size; ++i) h = (h ^ bytes[i]) * 0x100000001B3u;
    return h;
  }

  const uint8_t* bytes_;
  size_t size_;
  size_t at_ = 0;
  Random random_;
};

}  // namespace voronode::test
