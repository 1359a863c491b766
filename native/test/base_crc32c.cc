#include <doctest/doctest.h>

#include <string>

#include "base/crc32c.h"

namespace voronode::test {

TEST_CASE("crc32c: the examples of RFC 3720, B.4, in pieces of any size") {
  struct Example {
    std::string bytes;
    uint32_t crc;
  };
  std::string rising;
  for (int i = 0; i < 32; ++i) rising.push_back(static_cast<char>(i));
  const Example examples[] = {{"123456789", 0xE3069283},
                              {std::string(32, '\0'), 0x8A9136AA},
                              {std::string(32, '\xFF'), 0x62A8AB43},
                              {rising, 0x46DD794E},
                              {"", 0}};
  for (const Example& example : examples) {
    const std::string& bytes = example.bytes;
    for (size_t cut = 0; cut <= bytes.size(); ++cut) {
      CHECK(crc32c(crc32c(0, bytes.data(), cut), bytes.data() + cut, bytes.size() - cut) == example.crc);
    }
  }
}

}  // namespace voronode::test
