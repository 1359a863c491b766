// Sketches in files: what is mapped with them answers as in memory, and nothing else is taken for them.
#include <doctest/doctest.h>

#include <cstdio>
#include <filesystem>

#include "factory/factory.h"
#include "filter/selector.h"
#include "index/key_map.h"
#include "test/exercise.h"
#include "test/golden.h"
#include "test/heap_mapping.h"
#include "test/keys.h"
#include "test/kinds.h"
#include "test/reference.h"

namespace voronode::test {
namespace {

size_t trailer_of(const Bytes& bytes) {
  return std::string(bytes.begin(), bytes.end()).rfind(std::string("voronode\1\0\0\0sket", 16));
}

size_t sketched(const Index& index) { return index.memory_use().sketches; }

std::shared_ptr<Index> index_with(const char* description, size_t d, const std::vector<float>& x) {
  const size_t n = x.size() / d;
  auto index = index_factory(d, description, Metric::kL2);
  if (std::string(description).find("IDMap") == 0) {
    std::vector<idx_t> ids(n);
    for (size_t i = 0; i < n; ++i) ids[i] = static_cast<idx_t>(3 * i);
    index->add_with_ids(n, x.data(), ids.data(), nullptr);
  } else {
    index->add(n, x.data(), nullptr);
  }
  return index;
}

}  // namespace

TEST_CASE("mapped with sketches: the same answers, bits and all, for vectors of every kind") {
  Random random(4);
  for (const size_t n : {0, 1, 63, 64, 65, 128, 1'000, 4'097, 20'000}) {
    const size_t d = n > 5'000 ? 12 : n > 1'000 ? 33 : random.between(1, 70);
    for (size_t kind = 0; kind < kKinds; ++kind) {
      CAPTURE(n);
      CAPTURE(d);
      CAPTURE(kind);
      const auto x = vectors_of_kind(random, kind, n, d);
      const auto index = index_with(random.one_in(2) ? "Flat" : "IDMap,Flat", d, x);
      if (n > 100) index->remove_ids(IDSelectorRange(10, 90), nullptr);
      const auto mapped = map_bytes(mappable_bytes(*index), random.one_in(2));
      const auto queries = vectors_of_kind(random, kind, 20, d);
      CHECK(search(*mapped, 20, queries.data(), 10) == search(*index, 20, queries.data(), 10));
      if (n < 2'000 || random.one_in(4)) {  // and it lives on
        for (const auto& one : {index, mapped}) {
          const std::vector<idx_t> ids(70, 5);
          if (one->maps_ids()) {
            one->add_with_ids(70, Random(9).vectors(70, d).data(), ids.data(), nullptr);
          } else {
            one->add(70, Random(9).vectors(70, d).data(), nullptr);
          }
          one->remove_ids(IDSelectorRange(0, 40), nullptr);
          one->compact();
        }
        CHECK(search(*mapped, 20, queries.data(), 10) == search(*index, 20, queries.data(), 10));
        CHECK(serialize_index(*mapped, nullptr) == serialize_index(*index, nullptr));
      }
    }
  }
}

TEST_CASE("sketches stand behind what Faiss reads, at a multiple of 64 bytes") {
  const auto x = Random(1).vectors(1'000, 16);
  const auto index = index_with("IDMap,Flat", 16, x);
  const Bytes plain = serialize_index(*index, nullptr);
  const Bytes bytes = mappable_bytes(*index);
  CHECK(std::equal(plain.begin(), plain.end(), bytes.begin()));
  CHECK(trailer_of(bytes) == plain.size());
  const size_t groups = 1'000 / 64;
  CHECK((bytes.size() - 4 - groups * sketch_group_bytes(4)) % 64 == 0);
  CHECK(sketched(*map_bytes(plain, false)) == 0);
  CHECK(map_bytes(bytes, false)->memory_use().mapped > map_bytes(plain, false)->memory_use().mapped);
  CHECK(serialize_index(*deserialize_index(bytes.data(), bytes.size(), nullptr), nullptr) == plain);
}

TEST_CASE("keys and sketches in one file") {
  std::vector<std::string> keys;
  for (size_t i = 0; i < 300; ++i) keys.push_back(key_of_number(i));
  IndexKeyMap map(index_factory(8, "Flat", Metric::kL2));
  const auto x = Random(1).vectors(300, 8);
  map.add_with_keys({x.data(), views(keys)}, nullptr);
  const Bytes bytes = mappable_bytes(map);
  const auto mapped = map_bytes(bytes, true);
  CHECK(dynamic_cast<const IndexKeyMap&>(*mapped).packed_keys() == packed(keys));
  CHECK(search(*mapped, 5, x.data(), 7) == search(map, 5, x.data(), 7));
  exercise(*mapped);
}

TEST_CASE("every cut and every other byte of sketches is noticed, if they are verified, and does no harm if not") {
  const auto x = Random(2).vectors(200, 5);
  const auto index = index_with("Flat", 5, x);
  const Bytes bytes = mappable_bytes(*index);
  const size_t trailer = trailer_of(bytes);
  size_t taken = 0;
  const auto refused = [&](const Bytes& other, bool verify) {
    try {
      exercise(*map_bytes(other, verify));
      return false;
    } catch (const Error& error) {
      const bool named = error.code() == Code::kCorrupt || error.code() == Code::kUnsupported;
      CHECK(named);
      return true;
    }
  };
  for (size_t n = trailer + 32; n < bytes.size(); ++n) {  // shorter: no sketches, and the index is whole
    const Bytes cut(bytes.begin(), bytes.begin() + static_cast<ptrdiff_t>(n));
    taken += refused(cut, true) ? 0 : 1;
    taken += refused(cut, false) ? 0 : 1;
  }
  CHECK(taken == 0);
  for (size_t i = trailer + 16; i < bytes.size(); ++i) {
    for (const uint8_t flip : {0x01, 0x80, 0xFF}) {
      Bytes other = bytes;
      other[i] ^= flip;
      taken += refused(other, true) ? 0 : 1;
      refused(other, false);
    }
  }
  CHECK(taken == 0);
}

TEST_CASE("what is not mapped is not written to be") {
  const auto ivf = index_factory(4, "IVF2,Flat", Metric::kL2);
  Save save;
  save.mappable = true;
  CHECK_THROWS_AS(write_index(*ivf, "unwritten", nullptr, save), Error);
  CHECK(!std::filesystem::exists("unwritten"));
}

}  // namespace voronode::test
