// What an index says that it has allocated, for the garbage collector: not less than it stores, and little more.
#include <doctest/doctest.h>

#include <algorithm>
#include <string>

#include "factory/factory.h"
#include "index/flat.h"
#include "ivf/ivf_flat.h"
#include "test/random.h"

namespace voronode::test {
namespace {

constexpr size_t kD = 64;
constexpr double kSketch = kD + 8;

double bytes_of(const Index& index) { return static_cast<double>(index.allocated_bytes()); }

std::vector<idx_t> ids_of(size_t n) {
  std::vector<idx_t> ids(n);
  for (size_t i = 0; i < n; ++i) ids[i] = static_cast<idx_t>(7 * i);
  return ids;
}

TEST_CASE("allocated bytes: of each kind, when it is filled and when it is emptied") {
  constexpr size_t n = 20'000;
  const auto x = Random(71).vectors(n, kD);
  const auto ids = ids_of(n);
  struct Kind {
    std::string description;
    double bytes_a_vector;
  };
  for (const Kind& kind :
       {Kind{"Flat", 4 * kD + kSketch}, Kind{"IVF16,Flat", 4 * kD + 8 + kSketch}, Kind{"IVF16,SQ8", kD + 8},
        Kind{"IVF16,SQfp16", 2 * kD + 8}, Kind{"L2norm,IVF16,SQ8", kD + 8}, Kind{"IVF16,SQ8,RFlat", 5 * kD + 8},
        Kind{"IDMap,Flat", 4 * kD + kSketch + 8}, Kind{"IDMap2,IVF16,SQ8", kD + 16}}) {
    CAPTURE(kind.description);
    const auto index = index_factory(kD, kind.description, Metric::kL2);
    CHECK(index->allocated_bytes() < 1000);
    index->train(2000, x.data(), nullptr);
    const size_t empty = index->allocated_bytes();
    const bool map = kind.description.starts_with("IDMap");
    map ? index->add_with_ids(n, x.data(), ids.data(), nullptr) : index->add(n, x.data(), nullptr);
    CHECK(bytes_of(*index) > 0.99 * kind.bytes_a_vector * n);
    CHECK(bytes_of(*index) < 1.15 * kind.bytes_a_vector * n + 2 * (size_t{4} << 20));
    index->reset();
    CHECK(index->allocated_bytes() == empty);
  }
}

TEST_CASE("memory use: each byte under the name of what it is for") {
  constexpr size_t n = 20'000, kLists = 16;
  const auto x = Random(74).vectors(n, kD);
  const auto ids = ids_of(n);
  const auto filled = [&](const char* description) {
    auto index = index_factory(kD, description, Metric::kL2);
    index->train(2000, x.data(), nullptr);
    index->inner() && index->maps_ids() ? index->add_with_ids(n, x.data(), ids.data(), nullptr)
                                        : index->add(n, x.data(), nullptr);
    return index;
  };
  // Not less than what is stored, and a tenth and a block more at the most.
  const auto holds = [](size_t bytes, size_t stored) {
    return bytes >= stored && bytes <= stored + stored / 10 + (size_t{4} << 20);
  };

  const MemoryUse map = filled("IDMap,Flat")->memory_use();
  CHECK(holds(map.rows, 4 * kD * n));
  CHECK(holds(map.sketches, static_cast<size_t>(kSketch) * (n / kGroupRows * kGroupRows)));
  CHECK(holds(map.ids, 8 * n));
  CHECK(map.lists + map.centroids + map.transforms + map.tables == 0);

  const MemoryUse ivf = filled("PCA32,IVF16,SQ8,RFlat")->memory_use();
  CHECK(holds(ivf.rows, (32 + 4 * kD) * n));
  CHECK(holds(ivf.ids, 8 * n));
  CHECK(ivf.ids < 9 * n);
  CHECK(ivf.lists >= kLists * sizeof(void*));
  CHECK(ivf.centroids >= 4 * 32 * kLists);
  CHECK(ivf.transforms >= 4 * 32 * kD);
  CHECK(ivf.sketches + ivf.tables == 0);
  CHECK(ivf.allocated() == ivf.rows + ivf.ids + ivf.lists + ivf.centroids + ivf.transforms);
}

TEST_CASE("memory use: tables of ids are there from the lookup that makes them until a removal") {
  constexpr size_t n = 20'000;
  const auto x = Random(75).vectors(n, kD);
  const auto ids = ids_of(n);
  for (const char* description : {"IDMap,Flat", "IVF16,Flat"}) {
    CAPTURE(description);
    const auto index = index_factory(kD, description, Metric::kL2);
    index->train(2000, x.data(), nullptr);
    index->add_with_ids(n, x.data(), ids.data(), nullptr);
    const size_t allocated = index->allocated_bytes();
    CHECK(index->memory_use().tables == 0);
    for (int i = 0; i < 40; ++i) CHECK(index->has(7 * i));
    CHECK(index->memory_use().tables >= 16 * n);
    CHECK(index->memory_use().tables <= 33 * n);
    CHECK(index->allocated_bytes() == allocated);
    index->reset();
    CHECK(index->memory_use().tables == 0);
  }
}

// 4 MB when each heap of sketches began with a piece of that size.
TEST_CASE("allocated bytes: a small inverted file is small, at whatever steps it was filled") {
  constexpr size_t kLists = 8, n = 1000;
  const auto x = Random(72).vectors(n, kD);
  for (const size_t step : {size_t{1}, size_t{7}, size_t{100}, n}) {
    CAPTURE(step);
    auto quantizer = std::make_shared<IndexFlat>(kD, Metric::kL2);
    quantizer->add(kLists, x.data(), nullptr);
    IndexIVFFlat index(quantizer, kLists, Metric::kL2);
    for (size_t i = 0; i < n; i += step) index.add(std::min(step, n - i), x.data() + i * kD, nullptr);
    CHECK(bytes_of(index) > 0.9 * (4 * kD + 8 + kSketch) * n);
    CHECK(bytes_of(index) < 0.5e6);
  }
}

TEST_CASE("allocated bytes: what was given up is not counted, what a removal frees is taken off") {
  constexpr size_t n = 30'000;
  const auto x = Random(73).vectors(n, kD);
  auto quantizer = std::make_shared<IndexFlat>(kD, Metric::kL2);
  quantizer->add(4, x.data(), nullptr);
  IndexIVFFlat index(quantizer, 4, Metric::kL2);
  index.add(n / 2, x.data(), nullptr);
  const size_t half = index.allocated_bytes();
  Cancel cancel;
  cancel.fire();
  CHECK_THROWS(index.add(n / 2, x.data() + n / 2 * kD, &cancel));
  CHECK(index.allocated_bytes() == half);
  index.add(n / 2, x.data() + n / 2 * kD, nullptr);
  CHECK(index.allocated_bytes() > half * 19 / 10);
  index.remove_ids(IDSelectorRange(100, n), nullptr);
  CHECK(index.allocated_bytes() < half);
}

}  // namespace
}  // namespace voronode::test
