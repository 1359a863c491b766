// Packed keys: what is one and what is none.
#include <doctest/doctest.h>

#include "storage/key_list.h"
#include "test/keys.h"
#include "test/throws.h"

namespace voronode::test {

TEST_CASE("keys come out of a packed list as they went in") {
  std::vector<std::string> keys;
  for (size_t i = 0; i < 30; ++i) keys.push_back(key_of_number(i));
  const auto bytes = packed(keys);
  CHECK(unpack_keys(bytes) == views(keys));
  CHECK(unpack_keys({}).empty());
  CHECK(key_at(bytes.data() + 1) == keys[1]);
}

TEST_CASE("what is no packed list is refused") {
  const auto check = [](const std::vector<uint8_t>& bytes, const char* part) {
    check_throws(Code::kInvalidArgValue, part, [&] { unpack_keys(bytes); });
  };
  check({5, 'a'}, "key 0 is cut off");
  check({1, 'a', 1}, "key 1 is cut off");
  check({0x80}, "no whole length");
  check({0x80, 0x80, 0x80, 0x01}, "no whole length");
  check({0x81, 0x00, 'a'}, "more bytes than it takes");
  check({0x81, 0x80, 0x04}, "longer than 65536");  // 65,537: no key
  for (const std::string text :
       {"\x80", "\xC0\xAF", "\xC3", "\xE0\x80\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xF0\x80\x80\x80",
        "\xF8\x88\x80\x80\x80", "aaaaaaaaaaaaaaaa\xFF", "\xE2\x82", "\xE2\x28\xA1"}) {
    CAPTURE(text);
    check(packed({text}), "is not UTF-8");
  }
  for (const char* text : {"\xC2\x80", "\xDF\xBF", "\xE0\xA0\x80", "\xED\x9F\xBF", "\xEE\x80\x80", "\xF0\x90\x80\x80",
                           "\xF4\x8F\xBF\xBF"}) {
    CAPTURE(text);
    CHECK(is_utf8(text));
  }
}

TEST_CASE("a long key is shown by its beginning, in whole characters") {
  CHECK(shown_key("abc") == "\"abc\"");
  std::string longer(63, 'a');
  longer += "\xC3\xA9 and more";
  CHECK(shown_key(longer) == '"' + std::string(63, 'a') + "\"…");
}

}  // namespace voronode::test
