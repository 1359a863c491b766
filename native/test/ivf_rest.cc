// The rows behind the last full group of a list, which one small sketch stands for: no row that is not there may
// survive it, whatever the thresholds are. A query without a sketch has an infinite one, and so has a query whose
// filter keeps the heap from filling. (Each case answered ids that were never added, or ended the process.)
#include <doctest/doctest.h>

#include <numeric>

#include "filter/selector_batch.h"
#include "index/flat.h"
#include "index/id_map.h"
#include "ivf/ivf_flat.h"
#include "test/ivf_model.h"
#include "test/random.h"

namespace voronode::test {
namespace {

std::vector<float> numbers(Random& random, size_t n) {
  std::vector<float> x(n);
  for (float& component : x) component = (random.uniform() + 1) / 2;
  return x;
}

std::vector<idx_t> running(size_t n) {
  std::vector<idx_t> ids(n);
  std::iota(ids.begin(), ids.end(), 0);
  return ids;
}

std::shared_ptr<IndexIVFFlat> with_centroids(size_t d, const std::vector<float>& centroids) {
  auto quantizer = std::make_shared<IndexFlat>(d, Metric::kL2);
  quantizer->add(centroids.size() / d, centroids.data(), nullptr);
  return std::make_shared<IndexIVFFlat>(quantizer, centroids.size() / d, Metric::kL2);
}

TEST_CASE("ivf rest: one query far away among forty") {
  constexpr size_t d = 4, n = 212, nq = 40, k = 3;
  Random random(1);
  for (size_t round = 0; round < 200; ++round) {
    IndexIDMap index(with_centroids(d, numbers(random, d)), false);
    const Rows rows{Metric::kL2, d, numbers(random, n * d), running(n)};
    index.add_with_ids(n, rows.x.data(), rows.ids.data(), nullptr);
    std::vector<float> xq = numbers(random, nq * d);
    xq[5 * d] = 1e16f;
    REQUIRE(search(index, nq, xq.data(), k) == rows.search(nq, xq.data(), k));
  }
}

TEST_CASE("ivf rest: a filter that lets a quarter pass keeps the heap of a small list's query from filling") {
  constexpr size_t d = 8, nq = 60, k = 50;
  constexpr size_t kSizes[] = {168, 2000, 5};
  constexpr float kPlaces[] = {0, 200, 40};
  Random random(2);
  for (size_t round = 0; round < 20; ++round) {
    std::vector<float> centroids(3 * d);
    for (size_t l = 0; l < 3; ++l) centroids[l * d] = kPlaces[l];
    std::vector<float> x;
    for (size_t l = 0; l < 3; ++l) {
      for (size_t i = 0; i < kSizes[l]; ++i) {
        const std::vector<float> off = numbers(random, d);
        for (size_t j = 0; j < d; ++j) x.push_back(centroids[l * d + j] + off[j]);
      }
    }
    const size_t n = x.size() / d;
    const auto index = with_centroids(d, centroids);
    index->add_with_ids(n, x.data(), running(n).data(), nullptr);
    IvfModel model = model_of(*index);
    model.add(n, x.data(), running(n).data());
    std::vector<idx_t> quarter;
    for (size_t i = 0; i < n; i += 4) quarter.push_back(static_cast<idx_t>(i));
    const IDSelectorBatch filter(quarter.size(), quarter.data());
    std::vector<float> xq = numbers(random, nq * d);
    for (size_t q = 0; q < nq; ++q) xq[q * d] += q == 7 ? 40 : 200;  // one at the small list, the others at the large
    SearchParams params;
    params.set(kNprobe, 3);
    params.filter = &filter;
    REQUIRE(search(*index, nq, xq.data(), k, params) == model.search(nq, xq.data(), k, 3, &filter));
  }
}

TEST_CASE("ivf rest: a range search with one query too small for a sketch") {
  constexpr size_t d = 6, n = 256 + 30, nq = 64;
  constexpr float kRadius = 0.05f;
  Random random(3);
  const auto mostly_zero = [&](size_t count) {
    std::vector<float> x = numbers(random, count);
    for (float& component : x) component = random.one_in(3) ? component : 0;
    return x;
  };
  for (size_t round = 0; round < 100; ++round) {
    const auto index = with_centroids(d, std::vector<float>(d));
    const Rows rows{Metric::kL2, d, mostly_zero(n * d), running(n)};
    index->add_with_ids(n, rows.x.data(), rows.ids.data(), nullptr);
    std::vector<float> xq = mostly_zero(nq * d);
    std::fill_n(xq.begin() + 9 * d, d, 0.0f);
    xq[9 * d + 2] = 1e-20f;
    RangeResult found;
    index->range_search(nq, xq.data(), kRadius, {}, &found);
    REQUIRE(same(found, rows.range_search(nq, xq.data(), kRadius)));
  }
}

}  // namespace
}  // namespace voronode::test
