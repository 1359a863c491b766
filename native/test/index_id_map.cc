// The map of ids: what it wraps, what it refuses, and how its answers follow the ids.
#include <doctest/doctest.h>

#include <limits>
#include <string>

#include "filter/selector_batch.h"
#include "index/flat.h"
#include "index/id_map.h"
#include "test/random.h"
#include "test/reference.h"
#include "test/threads.h"

namespace voronode::test {
namespace {

std::shared_ptr<IndexIDMap> map_of(size_t d, Metric metric = Metric::kL2) {
  return std::make_shared<IndexIDMap>(std::make_shared<IndexFlat>(d, metric), false);
}

template <class Call>
std::string refusal(Code code, Call call) {
  try {
    call();
  } catch (const Error& error) {
    CHECK(error.code() == code);
    return error.what();
  }
  return "no error";
}

}  // namespace

TEST_CASE("a map wraps an empty, unwrapped index that is no map; a refusal leaves the index as it was") {
  const auto flat = std::make_shared<IndexFlat>(2, Metric::kInnerProduct);
  const IndexIDMap map(flat, false);
  CHECK(std::string(map.kind()) == "IndexIDMap");
  CHECK(std::string(IndexIDMap(std::make_shared<IndexFlat>(2, Metric::kL2), true).kind()) == "IndexIDMap2");
  CHECK(map.metric() == Metric::kInnerProduct);
  CHECK(map.d() == 2);
  CHECK(map.inner() == flat);
  CHECK(flat->wrapped());
  CHECK(&flat->gate() == &map.gate());
  refusal(Code::kUnsupported, [&] { IndexIDMap(flat, false); });
  const auto another = map_of(2);
  refusal(Code::kUnsupported, [&] { IndexIDMap(another, false); });
  CHECK_FALSE(another->wrapped());
  const auto full = std::make_shared<IndexFlat>(2, Metric::kL2);
  const float x[] = {1, 2};
  full->add(1, x, nullptr);
  CHECK(refusal(Code::kUnsupported, [&] { IndexIDMap(full, false); }) ==
        "An IndexIDMap can only wrap an empty index; this IndexFlat holds 1 vectors");
  CHECK_FALSE(full->wrapped());
}

TEST_CASE("a map needs ids, none of them -1") {
  const auto map = map_of(2);
  const std::vector<float> x(6, 1.0f);
  CHECK(refusal(Code::kUnsupported, [&] { map->add(3, x.data(), nullptr); }) ==
        "IndexIDMap needs an id for each vector: use addWithIds(vectors, ids)");
  const idx_t ids[] = {4, -1, 5};
  CHECK(refusal(Code::kOutOfRange, [&] { map->add_with_ids(3, x.data(), ids, nullptr); }) ==
        "The value of \"ids[1]\" is out of range. It must not be -1, which marks missing neighbours in results. "
        "Received -1");
  CHECK(map->ntotal() == 0);
  CHECK(map->ids().size() == 0);
}

TEST_CASE("a cancelled add changes nothing") {
  const auto map = map_of(2);
  const std::vector<float> x(6, 1.0f);
  const idx_t ids[] = {4, 6, 5};
  map->add_with_ids(3, x.data(), ids, nullptr);
  Cancel fired;
  fired.fire();
  const idx_t more[] = {7, 8, 9};
  refusal(Code::kAborted, [&] { map->add_with_ids(3, x.data(), more, &fired); });
  CHECK(map->ntotal() == 3);
  CHECK(map->ids().size() == 3);
  std::vector<float> out(2);
  refusal(Code::kOutOfRange, [&] { map->reconstruct(7, out.data()); });
  map->add_with_ids(3, x.data(), more, nullptr);
  CHECK_NOTHROW(map->reconstruct(7, out.data()));
}

TEST_CASE("labels, ties and filters go by the caller's ids") {
  const Threads restored;
  Random random(50);
  for (const Metric metric : kAllMetrics) {
    for (const size_t threads : {1, 4}) {
      ThreadPool::instance().set_threads(threads);
      const auto map = map_of(16, metric);
      Rows rows{metric, 16};
      for (size_t batch = 0; batch < 4; ++batch) {
        const size_t n = random.between(0, 20'000);
        std::vector<float> x(n * 16);
        for (float& component : x) component = static_cast<float>(random.below(2));
        std::vector<idx_t> ids(n);
        for (idx_t& id : ids) id = static_cast<idx_t>(random.bits() << 1);  // even, of any sign: never -1
        map->add_with_ids(n, x.data(), ids.data(), nullptr);
        rows.x.insert(rows.x.end(), x.begin(), x.end());
        rows.ids.insert(rows.ids.end(), ids.begin(), ids.end());
      }
      REQUIRE(rows.size() > 1'000);
      const std::vector<float> xq = random.vectors(3, 16);
      const IDSelectorRange filter(std::numeric_limits<idx_t>::min() / 2, 0);
      SearchParams filtered;
      filtered.filter = &filter;
      for (const size_t k : {size_t{1}, size_t{50}, rows.size() + 3}) {
        CHECK(search(*map, 3, xq.data(), k) == rows.search(3, xq.data(), k));
        CHECK(search(*map, 3, xq.data(), k, filtered) == rows.search(3, xq.data(), k, &filter));
      }
      const float radius = rows.sign() * rows.ranking(xq.data(), &filter)[100].key;
      RangeResult found;
      map->range_search(3, xq.data(), radius, filtered, &found);
      CHECK(same(found, rows.range_search(3, xq.data(), radius, &filter)));
      CHECK(found.labels.size() > 10);
    }
  }
}

TEST_CASE("ids of any size come back as they were given") {
  const auto map = map_of(1);
  const std::vector<idx_t> ids = {std::numeric_limits<idx_t>::min(), std::numeric_limits<idx_t>::max(),
                                  (idx_t{1} << 53) + 1, -2, 0};
  const std::vector<float> x = {1, 2, 3, 4, 5};
  map->add_with_ids(5, x.data(), ids.data(), nullptr);
  for (size_t i = 0; i < 5; ++i) {
    CHECK(search(*map, 1, &x[i], 1).labels[0] == ids[i]);
    float out = 0;
    map->reconstruct(ids[i], &out);
    CHECK(out == x[i]);
  }
  float out = 0;
  CHECK(refusal(Code::kOutOfRange, [&] { map->reconstruct(1, &out); }) ==
        "The value of \"id\" is out of range. It must be an id of the index, which holds 5 vectors. Received 1");
  refusal(Code::kOutOfRange, [&] { map->reconstruct(-1, &out); });
}

TEST_CASE("rows that share an id are all found, and removed together; the last one is reconstructed") {
  const auto map = map_of(1);
  const std::vector<idx_t> ids = {9, 3, 9, 9, 3};
  const std::vector<float> x = {1, 2, 3, 4, 5};
  map->add_with_ids(5, x.data(), ids.data(), nullptr);
  const float zero = 0;
  CHECK(search(*map, 1, &zero, 5).labels == ids);
  float out = 0;
  map->reconstruct(9, &out);
  CHECK(out == 4);
  const idx_t nine = 9;
  CHECK(map->remove_ids(IDSelectorBatch(1, &nine), nullptr) == 3);
  CHECK(map->ntotal() == 2);
  CHECK(map->inner()->ntotal() == 2);
  CHECK(search(*map, 1, &zero, 3).labels == std::vector<idx_t>{3, 3, -1});
  refusal(Code::kOutOfRange, [&] { map->reconstruct(9, &out); });
  map->reconstruct(3, &out);
  CHECK(out == 5);
  map->add_with_ids(1, x.data(), &nine, nullptr);
  map->reconstruct(9, &out);
  CHECK(out == 1);
  map->reset();
  CHECK(map->ntotal() == 0);
  CHECK(map->ids().size() == 0);
  refusal(Code::kOutOfRange, [&] { map->reconstruct(3, &out); });
}

}  // namespace voronode::test
