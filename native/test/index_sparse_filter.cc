// Filters of every kind and density: what is answered is the full answer less the rows that the filter refuses.
#include <doctest/doctest.h>

#include <algorithm>

#include "base/thread_pool.h"
#include "filter/selector_batch.h"
#include "index/flat.h"
#include "index/id_map.h"
#include "index/sparse_filter.h"
#include "test/random.h"
#include "test/reference.h"

namespace voronode::test {
namespace {

std::vector<SelectorPtr> selectors(Random& random, idx_t most) {
  std::vector<SelectorPtr> all;
  for (const idx_t count : {idx_t{0}, idx_t{1}, idx_t{9}, most / 50, most / 7, most / 2}) {
    std::vector<idx_t> ids = {-5, most + 3};
    std::vector<uint8_t> bits(static_cast<size_t>(most / 8 / 2));
    for (idx_t i = 0; i < count; ++i) {
      const auto id = static_cast<idx_t>(random.below(static_cast<size_t>(most)));
      ids.push_back(id);
      if (static_cast<size_t>(id / 8) < bits.size()) bits[static_cast<size_t>(id / 8)] |= uint8_t(1u << id % 8);
    }
    const idx_t first = static_cast<idx_t>(random.below(static_cast<size_t>(most)));
    all.push_back(std::make_unique<IDSelectorRange>(first, first + count));
    all.push_back(std::make_unique<IDSelectorBatch>(ids.size(), ids.data()));
    all.push_back(std::make_unique<IDSelectorBitmap>(bits));
    all.push_back(std::make_unique<IDSelectorNot>(std::make_unique<IDSelectorBatch>(ids.size(), ids.data())));
    all.push_back(std::make_unique<IDSelectorBinary>(SetOperation::kAnd,
                                                     std::make_unique<IDSelectorRange>(most / 4, most),
                                                     std::make_unique<IDSelectorBatch>(ids.size(), ids.data())));
  }
  return all;
}

// The answers among members, from those among all.
Answer expected(const Answer& all, const IDSelector& filter, size_t nq, size_t n, size_t k, float padding) {
  Answer answer;
  for (size_t q = 0; q < nq; ++q) {
    size_t found = 0;
    for (size_t i = q * n; i < (q + 1) * n && found < k; ++i) {
      if (!filter.is_member(all.labels[i])) continue;
      answer.labels.push_back(all.labels[i]);
      answer.distances.push_back(all.distances[i]);
      ++found;
    }
    for (; found < k; ++found) {
      answer.labels.push_back(-1);
      answer.distances.push_back(padding);
    }
  }
  return answer;
}

TEST_CASE("a filtered search answers what the full one does, less what is filtered out") {
  Random random(41);
  const size_t d = 12, n = 3000, nq = 7;
  const auto x = random.vectors(n, d);
  const auto xq = random.vectors(nq, d);
  std::vector<idx_t> ids;
  for (size_t i = 0; i < n; ++i) ids.push_back(static_cast<idx_t>(random.below(2 * n)));  // some twice
  for (const Metric metric : kAllMetrics) {
    auto flat = std::make_shared<IndexFlat>(d, metric);
    auto inner = std::make_shared<IndexFlat>(d, metric);
    IndexIDMap map(inner, false);
    flat->add(n, x.data(), nullptr);
    map.add_with_ids(n, x.data(), ids.data(), nullptr);
    const float padding = sign_of(metric) * FLT_MAX;
    for (const Index* index : {static_cast<const Index*>(flat.get()), static_cast<const Index*>(&map)}) {
      const Answer all = search(*index, nq, xq.data(), n);
      for (const auto& filter : selectors(random, static_cast<idx_t>(2 * n))) {
        SearchParams params;
        params.filter = filter.get();
        for (const size_t k : {size_t{1}, size_t{10}, size_t{500}}) {
          CHECK(search(*index, nq, xq.data(), k, params) == expected(all, *filter, nq, n, k, padding));
        }
        RangeResult found;
        const float radius = all.distances[n / 3];
        index->range_search(1, xq.data(), radius, params, &found);
        const Answer within = expected(all, *filter, 1, n, n, padding);
        size_t count = 0;
        while (sign_of(metric) * within.distances[count] < sign_of(metric) * radius) ++count;
        REQUIRE(found.labels.size() == count);
        CHECK(std::equal(found.labels.begin(), found.labels.end(), within.labels.begin()));
      }
    }
  }
}

}  // namespace
}  // namespace voronode::test
