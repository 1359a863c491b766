// Sketches in files: what is mapped with them answers as in memory, and nothing else is taken for them.
#include <doctest/doctest.h>

#include "factory/factory.h"
#include "filter/selector.h"
#include "index/key_map.h"
#include "ivf/ivf_flat.h"
#include "test/exercise.h"
#include "test/golden.h"
#include "test/heap_mapping.h"
#include "test/keys.h"
#include "test/kinds.h"
#include "test/reference.h"

namespace voronode::test {
namespace {

// content: "sket" or "skli".
size_t trailer_of(const Bytes& bytes, const std::string& content) {
  return std::string(bytes.begin(), bytes.end()).rfind(std::string("voronode\1\0\0\0", 12) + content);
}

size_t sketched(const Index& index) { return index.memory_use().sketches; }

std::shared_ptr<Index> index_with(const char* description, size_t d, const std::vector<float>& x,
                                  Metric metric = Metric::kL2) {
  const size_t n = x.size() / d;
  auto index = index_factory(d, description, metric);
  if (!index->is_trained()) index->train(50, Random(7).vectors(50, d).data(), nullptr);
  if (std::string(description).find("IDMap") == 0) {
    std::vector<idx_t> ids(n);
    for (size_t i = 0; i < n; ++i) ids[i] = static_cast<idx_t>(3 * i);
    index->add_with_ids(n, x.data(), ids.data(), nullptr);
  } else {
    index->add(n, x.data(), nullptr);
  }
  return index;
}

void change(Index& index) {
  const size_t d = index.d();
  const std::vector<idx_t> ids(70, 5);
  if (index.maps_ids()) {
    index.add_with_ids(70, Random(9).vectors(70, d).data(), ids.data(), nullptr);
  } else {
    index.add(70, Random(9).vectors(70, d).data(), nullptr);
  }
  index.remove_ids(IDSelectorRange(0, 40), nullptr);
  index.compact();
}

// Through a file, with vectors of this kind, then changed.
void check_mapped(const char* description, Random& random, size_t kind, size_t n, size_t d) {
  CAPTURE(std::string(description));
  const auto x = vectors_of_kind(random, kind, n, d);
  const Metric metric = random.one_in(2) ? Metric::kL2 : Metric::kInnerProduct;
  const auto index = index_with(description, d, x, metric);
  if (n > 100) index->remove_ids(IDSelectorRange(10, 90), nullptr);
  auto mapped = map_bytes(mappable_bytes(*index), random.one_in(2));
  if (random.one_in(4)) mapped = map_bytes(mappable_bytes(*mapped), true);  // of rows that are mapped
  const auto queries = vectors_of_kind(random, kind, 20, d);
  SearchParams all;
  all.set(kNprobe, kNprobe.max);
  CHECK(search(*mapped, 20, queries.data(), 10, all) == search(*index, 20, queries.data(), 10, all));
  if (n > 2'000 && !random.one_in(4)) return;
  change(*index);
  change(*mapped);
  CHECK(search(*mapped, 20, queries.data(), 10, all) == search(*index, 20, queries.data(), 10, all));
  CHECK(serialize_index(*mapped, nullptr) == serialize_index(*index, nullptr));
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
      constexpr const char* kDescriptions[] = {"Flat", "IDMap,Flat", "IVF5,Flat", "IDMap,IVF3,Flat", "IVF1,Flat"};
      check_mapped(kDescriptions[random.below(5)], random, kind, n, d);
    }
  }
}

TEST_CASE("sketches stand behind what Faiss reads, at a multiple of 64 bytes") {
  const auto x = Random(1).vectors(1'000, 16);
  const auto index = index_with("IDMap,Flat", 16, x);
  const Bytes plain = serialize_index(*index, nullptr);
  const Bytes bytes = mappable_bytes(*index);
  CHECK(std::equal(plain.begin(), plain.end(), bytes.begin()));
  CHECK(trailer_of(bytes, "sket") == plain.size());
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

TEST_CASE("sketches of lists stand behind what Faiss reads, and are used where they are") {
  constexpr size_t d = 16;
  const auto x = Random(1).vectors(1'000, d);
  const auto index = index_with("IVF4,Flat", d, x);
  const Bytes plain = serialize_index(*index, nullptr);
  const Bytes bytes = mappable_bytes(*index);
  CHECK(std::equal(plain.begin(), plain.end(), bytes.begin()));
  CHECK(trailer_of(bytes, "skli") == plain.size());
  const auto mapped = map_bytes(bytes, false);
  CHECK(mapped->memory_use().sketches <
        mapped->memory_use().mapped / 10);  // the last, behind which too little can be read
  CHECK(mapped->memory_use().rows == 0);
  CHECK(mapped->memory_use().mapped > map_bytes(plain, false)->memory_use().mapped);
  const auto& lists = dynamic_cast<const IndexIVF&>(*mapped).lists();
  size_t groups = 0;
  for (const auto& list : lists.view()) {
    CHECK(list.groups() == list.size() / kGroupRows);
    CHECK(list.rest_rows() == InvertedLists::rest_rows(list.size()));
    groups += list.groups();
  }
  CHECK(groups > 8);
  CHECK(serialize_index(*deserialize_index(bytes.data(), bytes.size(), nullptr), nullptr) == plain);
}

namespace {

bool refused(const Bytes& bytes, bool verify) {
  try {
    exercise(*map_bytes(bytes, verify));
    return false;
  } catch (const Error& error) {
    const bool named = error.code() == Code::kCorrupt || error.code() == Code::kUnsupported;
    CHECK(named);
    return true;
  }
}

}  // namespace

TEST_CASE("every cut and every other byte of sketches is noticed, if they are verified, and does no harm if not") {
  const auto x = Random(2).vectors(200, 5);
  for (const auto& [description, content] : {std::pair("Flat", "sket"), std::pair("IVF2,Flat", "skli")}) {
    const Bytes bytes = mappable_bytes(*index_with(description, 5, x));
    const size_t trailer = trailer_of(bytes, content);
    size_t taken = 0;
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
}

TEST_CASE("sketches behind lists that do not stay in the file, or of other vectors, are refused") {
  const auto x = Random(3).vectors(300, 6);
  const auto ivf = index_with("IVF2,Flat", 6, x);
  const Bytes bytes = mappable_bytes(*ivf);
  const Bytes sketches(bytes.begin() + static_cast<ptrdiff_t>(trailer_of(bytes, "skli")), bytes.end());
  const auto with_sketches = [&](Bytes file) {
    file.insert(file.end(), sketches.begin(), sketches.end());
    return file;
  };
  ivf->remove_ids(IDSelectorRange(0, 100), nullptr);
  CHECK(refused(with_sketches(serialize_index(*ivf, nullptr)), true));
  ivf->reset();
  CHECK(refused(with_sketches(serialize_index(*ivf, nullptr)), false));
  const auto wide = index_with("IVF2,Flat", 7, Random(3).vectors(300, 7));
  CHECK(refused(with_sketches(serialize_index(*wide, nullptr)), false));
  CHECK(!refused(with_sketches(serialize_index(*index_with("IVF2,SQ8", 6, x), nullptr)), true));  // what others wrote
}

}  // namespace voronode::test
