// Keys for tests: odd ones among ordinary ones.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "filter/selector_keys.h"
#include "storage/key_list.h"
#include "test/random.h"

namespace voronode::test {

// The same for the same number. Lengths on both sides of each size of a length, and of a block of text.
inline std::string key_of_number(size_t i) {
  using std::string_literals::operator""s;
  static const std::vector<std::string> odd = {"",
                                               "\0"s,
                                               "\0\0"s,
                                               "a",
                                               "\xC3\xA9",   // é in one character
                                               "e\xCC\x81",  // and in two
                                               "\xF0\x9F\xA6\x86",
                                               std::string(7, 'x'),
                                               std::string(8, 'x'),
                                               std::string(9, 'x'),
                                               std::string(127, 'y'),
                                               std::string(128, 'y'),
                                               std::string(4094, 'z'),
                                               std::string(16383, 'z'),
                                               std::string(16384, 'z'),
                                               std::string(kMaxKeyBytes - 1, 'z'),
                                               std::string(kMaxKeyBytes, 'z')};
  return i < odd.size() ? odd[i] : "user-" + std::to_string(i);
}

inline std::vector<std::string_view> views(const std::vector<std::string>& keys) { return {keys.begin(), keys.end()}; }

inline std::vector<uint8_t> packed(const std::vector<std::string>& keys) {
  std::vector<uint8_t> out;
  for (const std::string& key : keys) {
    uint8_t length[kMaxLengthBytes];
    out.insert(out.end(), length, length + write_length(key.size(), length));
    out.insert(out.end(), key.begin(), key.end());
  }
  return out;
}

inline SelectorPtr selector_of_keys(const std::vector<std::string>& keys) {
  std::vector<uint8_t> bytes = packed(keys);
  std::vector<std::string_view> inside = unpack_keys(bytes);
  return std::make_unique<IDSelectorKeys>(std::move(bytes), std::move(inside));
}

}  // namespace voronode::test
