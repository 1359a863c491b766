// Files of maps with keys: nothing but the whole file is one.
#include <doctest/doctest.h>

#include <cstring>

#include "base/crc32c.h"
#include "index/flat.h"
#include "index/id_map.h"
#include "index/key_map.h"
#include "test/exercise.h"
#include "test/keys.h"
#include "test/refusal.h"

namespace voronode::test {
namespace {

constexpr size_t kD = 2;

std::shared_ptr<IndexKeyMap> map_with(const std::vector<std::string>& keys) {
  auto map = std::make_shared<IndexKeyMap>(std::make_shared<IndexFlat>(kD, Metric::kL2));
  map->add_with_keys({Random(5).vectors(keys.size(), kD).data(), views(keys)}, nullptr);
  return map;
}

Bytes saved(const Index& index) { return serialize_index(index, nullptr); }

// Where the keys begin.
size_t trailer_of(const Bytes& bytes) {
  const std::string text(bytes.begin(), bytes.end());
  return text.rfind("voronode");
}

constexpr size_t kHeadBytes = 36;

// With the checksums that belong to them.
Bytes with_keys(Bytes bytes, const std::vector<uint8_t>& keys, uint64_t n) {
  const size_t at = trailer_of(bytes);
  bytes.resize(at + kHeadBytes);
  const uint64_t numbers[] = {n, keys.size()};
  std::memcpy(bytes.data() + at + 16, numbers, sizeof numbers);
  const uint32_t head_crc = crc32c(0, bytes.data() + at, 32);
  std::memcpy(bytes.data() + at + 32, &head_crc, sizeof head_crc);
  bytes.insert(bytes.end(), keys.begin(), keys.end());
  const uint32_t crc = crc32c(0, keys.data(), keys.size());
  const auto* crc_bytes = reinterpret_cast<const uint8_t*>(&crc);
  bytes.insert(bytes.end(), crc_bytes, crc_bytes + sizeof crc);
  return bytes;
}

}  // namespace

TEST_CASE("a map of keys comes back from its bytes, without removed rows") {
  std::vector<std::string> keys;
  for (size_t i = 0; i < 40; ++i) keys.push_back(key_of_number(i));
  const auto map = map_with(keys);
  const auto again = read(saved(*map));
  REQUIRE(std::string(again->kind()) == "IndexKeyMap");
  CHECK(dynamic_cast<const IndexKeyMap&>(*again).packed_keys() == packed(keys));
  exercise(*map_with({}));
  exercise(*map_with({""}));
}

TEST_CASE("every cut of a file is refused") {
  const Bytes bytes = saved(*map_with({"a", "", std::string(200, 'x')}));
  for (size_t n = 0; n < bytes.size(); ++n) {
    CAPTURE(n);
    CHECK(refusal(Code::kCorrupt, Bytes(bytes.begin(), bytes.begin() + static_cast<ptrdiff_t>(n))) != "no error");
  }
  Bytes longer = bytes;
  longer.push_back(7);
  CHECK(saved(*read(longer)) == bytes);  // what stands behind is ignored, as in all files
}

TEST_CASE("every other byte in the keys, and in the mark, is refused") {
  const Bytes bytes = saved(*map_with({"a", "", std::string(200, 'x')}));
  const size_t trailer = trailer_of(bytes);
  constexpr size_t kMark = 4 + 4 + 8;  // behind the tag, d and ntotal
  size_t kept = 0;
  for (size_t i = kMark; i < bytes.size(); ++i) {
    if (i == kMark + 8) i = trailer;
    for (const uint8_t flip : {0x01, 0x80, 0xFF}) {
      Bytes other = bytes;
      other[i] ^= flip;
      try {
        read(other);
        ++kept;
      } catch (const Error& error) {
        const bool named = error.code() == Code::kCorrupt || error.code() == Code::kUnsupported;
        CHECK(named);
      }
    }
  }
  CHECK(kept == 0);
}

TEST_CASE("keys with right checksums that cannot be are refused") {
  const Bytes bytes = saved(*map_with({"a", "b"}));
  CHECK(saved(*read(with_keys(bytes, packed({"a", "b"}), 2))) == bytes);
  CHECK(refusal(Code::kCorrupt, with_keys(bytes, packed({"a", "a"}), 2)).find("one that comes twice") !=
        std::string::npos);
  CHECK(refusal(Code::kCorrupt, with_keys(bytes, packed({"a"}), 2)).find("2 keys") != std::string::npos);
  CHECK(refusal(Code::kCorrupt, with_keys(bytes, packed({"a", "b", "c"}), 2)).find("2 keys") != std::string::npos);
  CHECK(refusal(Code::kCorrupt, with_keys(bytes, packed({"a", "b"}), 3)).find("2 keys") != std::string::npos);
  CHECK(refusal(Code::kCorrupt, with_keys(bytes, packed({"a", "\xFF"}), 2)).find("UTF-8") != std::string::npos);
  CHECK(refusal(Code::kCorrupt, with_keys(bytes, {1, 'a', 9, 'b'}, 2)).find("cut off") != std::string::npos);
}

TEST_CASE("a map of ids with keys behind it, and ids that are none, are refused") {
  const Bytes bytes = saved(*map_with({"a", "b"}));
  Bytes ids = bytes;
  ids[trailer_of(bytes) - 8] = 5;  // the id of the last row
  CHECK(refusal(Code::kCorrupt, ids).find("the id 1 in its place") != std::string::npos);
  IndexIDMap map(std::make_shared<IndexFlat>(kD, Metric::kL2), false);
  const float x[kD] = {1, 2};
  const idx_t id = 7;
  map.add_with_ids(1, x, &id, nullptr);
  Bytes unmarked = saved(map);
  CHECK(read(unmarked)->ntotal() == 1);
  unmarked.insert(unmarked.end(), bytes.begin() + static_cast<ptrdiff_t>(trailer_of(bytes)), bytes.end());
  CHECK(refusal(Code::kCorrupt, unmarked).find("no keys") != std::string::npos);
}

}  // namespace voronode::test
