// What a map of keys does with every one of its allocations failing.
#include <doctest/doctest.h>

#include "factory/factory.h"
#include "index/key_map.h"
#include "test/failing_calls.h"
#include "test/keys.h"
#include "test/threads.h"

namespace voronode::test {
namespace {

constexpr size_t kD = 16;
constexpr size_t kRows = 700;

const std::vector<float>& vectors() {
  static const std::vector<float> x = Random(61).vectors(3 * kRows, kD);
  return x;
}

// From the first-th on; the odd ones are among them.
std::vector<std::string> keys_from(size_t first, size_t n) {
  std::vector<std::string> keys;
  for (size_t i = first; i < first + n; ++i) keys.push_back(key_of_number(i));
  return keys;
}

IndexKeyMap& as_map(Index& index) { return dynamic_cast<IndexKeyMap&>(index); }

void add(Index& index, const std::vector<std::string>& keys) {
  as_map(index).add_with_keys({vectors().data(), views(keys)}, nullptr);
}

size_t upsert(Index& index, const std::vector<std::string>& keys) {
  return as_map(index).upsert_keys({vectors().data() + kD, views(keys)}, Index::Missing::kAdd, nullptr);
}

size_t remove(Index& index, const std::vector<std::string>& keys) {
  return index.remove_ids(*selector_of_keys(keys), nullptr);
}

void check_each(
    const std::string& description, const Step& call, const Step& prepare = [](Index&) {}) {
  const Threads restored(3);
  CAPTURE(description);
  check_failures(
      [&] {
        auto map = std::make_shared<IndexKeyMap>(index_factory(kD, description, Metric::kL2));
        add(*map, keys_from(0, kRows));
        prepare(*map);
        return map;
      },
      call);
}

constexpr const char* kDescriptions[] = {"Flat", "SQfp16,RFlat", "L2norm,Flat"};

}  // namespace

TEST_CASE("memory: keys: add and upsert") {
  for (const char* description : kDescriptions) {
    check_each(description, [](Index& index) { add(index, keys_from(kRows, 400)); });
    check_each(description, [](Index& index) { upsert(index, keys_from(kRows - 30, 400)); });
    check_each(description, [](Index& index) { upsert(index, {"a", "b", "a", "b", "c"}); });
  }
}

TEST_CASE("memory: keys: remove, compact, and text written anew") {
  const auto most = [](Index& index) { remove(index, keys_from(3, kRows - 10)); };
  for (const char* description : kDescriptions) {
    check_each(description, [](Index& index) { remove(index, {"a", "none", ""}); });
    check_each(description, most);
    check_each(
        description, [](Index& index) { index.compact(); }, most);
    check_each(
        description, [](Index& index) { index.compact_some(2'000); }, most);
  }
}

TEST_CASE("memory: keys: search with keys, by keys, and what was found") {
  for (const char* description : kDescriptions) {
    check_each(description, [](Index& index) {
      const IDSelectorNot others(
          std::make_unique<IDSelectorKeys>(std::vector<uint8_t>(), std::vector<std::string_view>{"a", "x"}));
      SearchParams params;
      params.filter = &others;
      std::vector<float> distances(kRows);
      std::vector<idx_t> labels(kRows);
      index.search(1, vectors().data(), kRows, params, distances.data(), labels.data());
      as_map(index).packed_keys(labels);
    });
  }
}

TEST_CASE("memory: keys: from bytes, and merged") {
  auto other = std::make_shared<IndexKeyMap>(index_factory(kD, "Flat", Metric::kL2));
  add(*other, keys_from(kRows, 40));
  const auto bytes = serialize_index(*other, nullptr);
  const auto read = [&] { return deserialize_index(bytes.data(), bytes.size(), nullptr); };
  check_each("Flat", [&](Index&) { read(); });
  check_each("Flat", [&](Index& index) { index.merge_from(*read(), 0, nullptr); });
}

}  // namespace voronode::test
