#include "base/crc32c.h"

#include <array>
#include <cstring>

namespace voronode {
namespace {

constexpr uint32_t kPolynomial = 0x82F63B78;  // reflected

// tables[i][b]: what the byte b does with i bytes behind it (M. Kounavis, F. Berry: Novel Table Lookup-Based Algorithms
// for High-Performance CRC Generation, 2008).
using Tables = std::array<std::array<uint32_t, 256>, 8>;

constexpr Tables make_tables() {
  Tables tables{};
  for (uint32_t b = 0; b < 256; ++b) {
    uint32_t crc = b;
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? kPolynomial : 0);
    tables[0][b] = crc;
  }
  for (size_t i = 1; i < tables.size(); ++i) {
    for (size_t b = 0; b < 256; ++b) tables[i][b] = (tables[i - 1][b] >> 8) ^ tables[0][tables[i - 1][b] & 255];
  }
  return tables;
}

constexpr Tables kTables = make_tables();

}  // namespace

uint32_t crc32c(uint32_t before, const void* data, size_t n) noexcept {
  const auto* at = static_cast<const uint8_t*>(data);
  uint32_t crc = ~before;
  for (; n >= 8; n -= 8, at += 8) {
    uint64_t word = 0;
    std::memcpy(&word, at, 8);  // little-endian machines only, as all files (io/reader.h)
    word ^= crc;
    crc = 0;
    for (size_t i = 0; i < 8; ++i) crc ^= kTables[7 - i][(word >> 8 * i) & 255];
  }
  for (; n > 0; --n, ++at) crc = (crc >> 8) ^ kTables[0][(crc ^ *at) & 255];
  return ~crc;
}

}  // namespace voronode
