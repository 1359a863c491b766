// IndexFlat with sketches answers what it answers without, to the bit: many small indexes of every kind of trouble,
// every way to cut the work.
#include <doctest/doctest.h>

#include "base/thread_pool.h"
#include "index/flat.h"
#include "test/random.h"
#include "test/reference.h"

namespace voronode::test {
namespace {

// A long run sets more.
size_t case_count() {
  const char* text = std::getenv("VORONODE_SKETCH_CASES");
  return text != nullptr ? std::stoul(text) : 600;
}

class ThreadsRestored {
 public:
  ~ThreadsRestored() { ThreadPool::instance().set_threads(before_); }

 private:
  size_t before_ = ThreadPool::instance().threads();
};

// n × d numbers in the manner of `kind`.
std::vector<float> vectors(Random& random, size_t kind, size_t n, size_t d) {
  std::vector<float> x = random.vectors(n, d);
  for (size_t i = 0; i < n; ++i) {
    float* const row = x.data() + i * d;
    const float scale = std::ldexp(1.0f, static_cast<int>(random.between(0, 60)) - 30);
    for (size_t j = 0; j < d; ++j) {
      if (kind == 1) row[j] = static_cast<float>(random.below(256));
      if (kind == 2) row[j] *= scale;
      if (kind == 3 && i % 7 == 0) row[j] = random.hostile();
      if (kind == 4) row[j] = static_cast<float>(random.below(2));  // many equal distances
      if (kind == 5) row[j] += 500;
      if (kind == 6) row[j] *= 1e-25f;  // squares vanish
      if (kind == 7) row[j] = random.hostile();
    }
    if (kind == 8) row[random.below(d)] *= 1e5f;
    if (i % 50 == 0) std::fill(row, row + d, 0.0f);
    if (i % 50 == 1 && i > 50) std::copy_n(row - 30 * d, d, row);  // equal rows
  }
  return x;
}

bool same_search(const Index& a, const Index& b, size_t nq, const float* xq, size_t k, const SearchParams& params) {
  return search(a, nq, xq, k, params) == search(b, nq, xq, k, params);
}

TEST_CASE("with and without sketches: the same bits") {
  const ThreadsRestored restore;
  Random random(31);
  for (size_t c = 0; c < case_count(); ++c) {
    const size_t kind = c % 9;
    const Metric metric = c / 9 % 2 == 0 ? Metric::kL2 : Metric::kInnerProduct;
    const size_t d = random.one_in(20) ? random.between(40, 200) : random.between(1, 40);
    const size_t n = random.between(1000, 2600);
    const auto x = vectors(random, kind, n, d);
    IndexFlat with(d, metric, true);
    IndexFlat without(d, metric, false);
    for (size_t at = 0; at < n;) {
      const size_t batch = std::min(n - at, random.between(1, 700));
      with.add(batch, x.data() + at * d, nullptr);
      without.add(batch, x.data() + at * d, nullptr);
      at += batch;
    }
    if (random.one_in(3)) {
      const idx_t first = static_cast<idx_t>(random.below(n));
      const IDSelectorRange range(first, first + static_cast<idx_t>(random.between(1, 90)));
      REQUIRE(with.remove_ids(range, nullptr) == without.remove_ids(range, nullptr));
    }
    const size_t nq = random.one_in(10) ? random.between(90, 120) : random.between(1, 13);
    auto xq = vectors(random, random.one_in(4) ? random.below(9) : kind, nq, d);
    std::copy_n(x.data() + random.below(n) * d, d, xq.data());  // one query is a row
    const size_t ks[] = {1, 10, 100, 1000, n};
    const size_t k = ks[random.one_in(5) ? random.below(5) : random.below(3)];
    const size_t threads[] = {1, 2, 4, 8};
    ThreadPool::instance().set_threads(threads[random.below(4)]);
    const IDSelectorRange half(0, static_cast<idx_t>(n / 2));
    SearchParams params;
    if (random.one_in(4)) params.filter = &half;
    CHECK_MESSAGE(same_search(with, without, nq, xq.data(), k, params), "case ", c, " kind ", kind, " d ", d, " n ", n,
                  " nq ", nq, " k ", k);
    const float radius = search(without, 1, xq.data(), 30).distances.back();
    RangeResult a, b;
    with.range_search(std::min<size_t>(nq, 5), xq.data(), radius, params, &a);
    without.range_search(std::min<size_t>(nq, 5), xq.data(), radius, params, &b);
    CHECK_MESSAGE(same(a, b), "range: case ", c, " kind ", kind, " d ", d, " n ", n);
  }
}

TEST_CASE("a batch cut in any way gives the same bits") {
  const ThreadsRestored restore;
  Random random(32);
  const size_t d = 24, n = 9000, nq = 110, k = 10;
  IndexFlat index(d, Metric::kL2);
  index.add(n, random.vectors(n, d).data(), nullptr);
  const auto xq = random.vectors(nq, d);
  ThreadPool::instance().set_threads(1);
  const Answer whole = search(index, nq, xq.data(), k);
  for (const size_t threads : {1, 2, 4, 8}) {
    ThreadPool::instance().set_threads(threads);
    for (const size_t batch : {size_t{1}, size_t{2}, size_t{5}, size_t{7}, size_t{33}, nq}) {
      Answer parts;
      for (size_t q = 0; q < nq; q += batch) {
        const Answer part = search(index, std::min(batch, nq - q), xq.data() + q * d, k);
        parts.distances.insert(parts.distances.end(), part.distances.begin(), part.distances.end());
        parts.labels.insert(parts.labels.end(), part.labels.begin(), part.labels.end());
      }
      CHECK(parts == whole);
    }
  }
}

// The size of a slab once doubled until it was 0, after 61 slabs: the search did not end.
TEST_CASE("an index of many slabs is searched to its end") {
  const ThreadsRestored restore;
  ThreadPool::instance().set_threads(1);
  Random random(33);
  const size_t d = 16, n = 600'000;
  const auto x = random.vectors(n, d);
  IndexFlat with(d, Metric::kL2, true);
  IndexFlat without(d, Metric::kL2, false);
  with.add(n, x.data(), nullptr);
  without.add(n, x.data(), nullptr);
  CHECK(same_search(with, without, 3, random.vectors(3, d).data(), 10, {}));
}

}  // namespace
}  // namespace voronode::test
