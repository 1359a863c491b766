// Exact search against a naive scan: the same labels and the same bits, however the work is cut.
#include <doctest/doctest.h>

#include <cfloat>
#include <limits>

#include "filter/selector_batch.h"
#include "index/flat.h"
#include "storage/block_shape.h"
#include "test/random.h"
#include "test/reference.h"
#include "test/threads.h"

namespace voronode::test {
namespace {

constexpr size_t kThreads[] = {1, 2, 4, 8};

// An index and the same rows as a naive one.
struct Pair {
  Pair(size_t d, Metric metric) : index(d, metric), rows{metric, d} {}
  void add(const std::vector<float>& x) {
    index.add(x.size() / rows.d, x.data(), nullptr);
    rows.x.insert(rows.x.end(), x.begin(), x.end());
  }
  bool agrees(const std::vector<float>& xq, size_t k, const IDSelector* filter = nullptr) const {
    SearchParams params;
    params.filter = filter;
    const size_t nq = xq.size() / rows.d;
    return search(index, nq, xq.data(), k, params) == rows.search(nq, xq.data(), k, filter);
  }
  IndexFlat index;
  Rows rows;
};

// Vectors of few small integers: many equal distances, equal vectors among them.
std::vector<float> coarse(size_t n, size_t d, Random& random) {
  std::vector<float> out(n * d);
  for (float& x : out) x = static_cast<float>(random.below(3));
  return out;
}

// The same answer, from calls over any consecutive parts of the queries.
bool any_cut_gives(const IndexFlat& index, const std::vector<float>& xq, size_t k, const Answer& whole,
                   const std::vector<size_t>& parts) {
  Answer joined;
  size_t at = 0;
  for (const size_t part : parts) {
    const Answer one = search(index, part, xq.data() + at * index.d(), k);
    joined.distances.insert(joined.distances.end(), one.distances.begin(), one.distances.end());
    joined.labels.insert(joined.labels.end(), one.labels.begin(), one.labels.end());
    at += part;
  }
  return joined == whole;
}

}  // namespace

TEST_CASE("flat: every k, dimensions 1 to 33 and larger, ties and all") {
  Random random(20);
  std::vector<size_t> dimensions = {48, 64, 100, 129, 300, 768};
  for (size_t d = 1; d <= 33; ++d) dimensions.push_back(d);
  for (const size_t d : dimensions) {
    for (const Metric metric : kAllMetrics) {
      INFO("d ", d);
      Pair pair(d, metric);
      const size_t n = random.between(30, 90);
      pair.add(random.one_in(2) ? coarse(n, d, random) : random.vectors(n, d));
      for (const size_t nq : {1, 2, 5, 33}) {
        const std::vector<float> xq = random.one_in(2) ? coarse(nq, d, random) : random.vectors(nq, d);
        for (const size_t k : {size_t{1}, size_t{2}, size_t{10}, n - 1, n, n + 5}) CHECK(pair.agrees(xq, k));
      }
    }
  }
}

TEST_CASE("flat: as many rows as fill a block, one fewer, one more") {
  Random random(21);
  for (const size_t d : {33, 300}) {
    const BlockShape shape(d, sizeof(float));
    Pair pair(d, Metric::kL2);
    const std::vector<float> xq = random.vectors(2, d);
    for (size_t b = 0; b < shape.doublings + 3; ++b) {
      const size_t end = shape.begin(b) + shape.capacity(b);
      if (end > 4'100) break;
      for (const size_t n : {end - 1, end, end + 1}) {
        pair.add(random.vectors(n - pair.rows.size(), d));
        CHECK(pair.index.ntotal() == n);
        INFO("d ", d, ", n ", n);
        CHECK(pair.agrees(xq, 10));
      }
    }
  }
}

TEST_CASE("flat: threads, and how a batch is cut, change no bit") {
  const Threads restored;
  Random random(22);
  struct Size {
    size_t d, n, nq;
  };
  // Large enough that few queries are cut by rows, many by queries, some both ways.
  for (const Size size : {Size{128, 33'000, 1}, Size{33, 21'000, 13}, Size{16, 2'500, 200}, Size{64, 3'000, 70}}) {
    for (const Metric metric : kAllMetrics) {
      INFO("d ", size.d, ", n ", size.n, ", nq ", size.nq);
      Pair pair(size.d, metric);
      pair.add(random.vectors(size.n / 2, size.d));
      pair.add(coarse(size.n - size.n / 2, size.d, random));
      const std::vector<float> xq = random.vectors(size.nq, size.d);
      const size_t k = 10;
      ThreadPool::instance().set_threads(1);
      const Answer whole = search(pair.index, size.nq, xq.data(), k);
      // The naive scan of every query would take long; of some it will do.
      for (const size_t q : {size_t{0}, size.nq / 2, size.nq - 1}) {
        const Answer one = pair.rows.search(1, xq.data() + q * size.d, k);
        CHECK(std::equal(one.labels.begin(), one.labels.end(), whole.labels.begin() + static_cast<ptrdiff_t>(q * k)));
        CHECK(same(one.distances, std::vector<float>(whole.distances.begin() + static_cast<ptrdiff_t>(q * k),
                                                     whole.distances.begin() + static_cast<ptrdiff_t>((q + 1) * k))));
      }
      for (const size_t threads : kThreads) {
        ThreadPool::instance().set_threads(threads);
        INFO(threads, " threads");
        CHECK(search(pair.index, size.nq, xq.data(), k) == whole);
        for (size_t part = 1; part < size.nq; part = part * 6 + 1) {
          std::vector<size_t> parts(size.nq / part, part);
          parts.push_back(size.nq % part);
          CHECK(any_cut_gives(pair.index, xq, k, whole, parts));
        }
      }
    }
  }
}

TEST_CASE("flat: every way to cut a batch of six") {
  Random random(23);
  Pair pair(19, Metric::kL2);
  pair.add(random.vectors(500, 19));
  const std::vector<float> xq = random.vectors(6, 19);
  const Answer whole = pair.rows.search(6, xq.data(), 7);
  for (unsigned cuts = 0; cuts < 32; ++cuts) {
    std::vector<size_t> parts = {1};
    for (unsigned i = 0; i < 5; ++i) {
      if ((cuts >> i & 1) != 0) {
        parts.push_back(1);
      } else {
        ++parts.back();
      }
    }
    CHECK(any_cut_gives(pair.index, xq, 7, whole, parts));
  }
}

TEST_CASE("flat: a huge k gives all rows, then padding") {
  const Threads restored(4);
  Random random(24);
  for (const Metric metric : kAllMetrics) {
    Pair pair(8, metric);
    const std::vector<float> xq = random.vectors(3, 8);
    const float padding = sign_of(metric) * FLT_MAX;
    const Answer none = search(pair.index, 3, xq.data(), 4);
    CHECK(none.labels == std::vector<idx_t>(12, -1));
    CHECK(none.distances == std::vector<float>(12, padding));
    pair.add(random.vectors(50'000, 8));
    CHECK(pair.agrees(xq, 50'000));
    const size_t k = 1'000'000;
    const Answer all = search(pair.index, 1, xq.data(), k);
    CHECK(all == pair.rows.search(1, xq.data(), k));
    CHECK(all.distances.back() == padding);
  }
  // No queries: nothing is written.
  Pair pair(8, Metric::kL2);
  pair.index.search(0, nullptr, 5, {}, nullptr, nullptr);
}

TEST_CASE("flat: equal vectors come by label, whoever finds them") {
  const Threads restored(8);
  Pair pair(64, Metric::kL2);
  pair.add(std::vector<float>(40'000 * 64, 0.25f));
  const Answer found = search(pair.index, 1, std::vector<float>(64, 0.5f).data(), 100);
  for (size_t i = 0; i < 100; ++i) {
    CHECK(found.labels[i] == static_cast<idx_t>(i));
    CHECK(found.distances[i] == 4.0f);
  }
}

TEST_CASE("flat: a filter lets through what it lets through, and the rest pads") {
  const Threads restored(4);
  Random random(25);
  for (const Metric metric : kAllMetrics) {
    Pair pair(17, metric);
    pair.add(coarse(3'000, 17, random));
    const std::vector<float> xq = random.vectors(5, 17);
    const idx_t some[] = {5, 17, 2'999, 40, 5, 100'000, -3};
    const IDSelectorBatch batch(7, some);
    const IDSelectorRange range(100, 1'000);
    const IDSelectorRange nobody(10, 10);
    const IDSelectorRange all(0, 1'000'000);
    for (const IDSelector* filter : std::initializer_list<const IDSelector*>{&batch, &range, &nobody, &all}) {
      for (const size_t k : {1, 10, 3'000}) CHECK(pair.agrees(xq, k, filter));
    }
  }
}

TEST_CASE("flat: hostile finite vectors, whose distances are infinite or NaN, end in order") {
  Random random(26);
  size_t nans = 0, infinities = 0;
  for (size_t round = 0; round < 60; ++round) {
    for (const Metric metric : kAllMetrics) {
      const size_t d = random.between(1, 40);
      Pair pair(d, metric);
      std::vector<float> x(random.between(1, 200) * d);
      for (float& component : x) component = random.hostile();
      pair.add(x);
      std::vector<float> xq(3 * d);
      for (float& component : xq) component = random.hostile();
      CHECK(pair.agrees(xq, random.between(1, 250)));
      for (const float distance : search(pair.index, 3, xq.data(), 200).distances) {
        nans += std::isnan(distance) ? 1 : 0;
        infinities += std::isinf(distance) ? 1 : 0;
      }
    }
  }
  CHECK(nans > 100);
  CHECK(infinities > 100);
}

TEST_CASE("flat: NaN past the door comes last, with labels that are rows") {
  Random random(27);
  Pair pair(5, Metric::kL2);
  std::vector<float> x = random.vectors(200, 5);
  for (size_t i = 0; i < 200; i += 3) x[i * 5 + i % 5] = std::numeric_limits<float>::quiet_NaN();
  pair.add(x);
  std::vector<float> xq = random.vectors(4, 5);
  xq[7] = std::numeric_limits<float>::quiet_NaN();
  for (const size_t k : {1, 10, 150, 200, 210}) CHECK(pair.agrees(xq, k));
}

TEST_CASE("flat: a search that is cancelled says so") {
  Random random(28);
  IndexFlat index(16, Metric::kL2);
  const std::vector<float> x = random.vectors(1'000, 16);
  index.add(1'000, x.data(), nullptr);
  Cancel cancel;
  cancel.fire();
  SearchParams params;
  params.cancel = &cancel;
  CHECK_THROWS_WITH_AS(search(index, 1, x.data(), 3, params), "The operation was aborted", Error);
  CHECK_THROWS_AS(index.add(1'000, x.data(), &cancel), Error);
  CHECK(index.ntotal() == 1'000);
}

}  // namespace voronode::test
