// IndexFlat with sketches answers what it answers without, to the bit: many small indexes of every kind of trouble,
// every way to cut the work.
#include <doctest/doctest.h>

#include "index/flat.h"
#include "test/kinds.h"
#include "test/reference.h"
#include "test/threads.h"

namespace voronode::test {
namespace {

// A long run sets more.
size_t case_count() {
  const char* text = std::getenv("VORONODE_SKETCH_CASES");
  return text != nullptr ? std::stoul(text) : 600;
}

bool same_search(const Index& a, const Index& b, size_t nq, const float* xq, size_t k, const SearchParams& params) {
  return search(a, nq, xq, k, params) == search(b, nq, xq, k, params);
}

TEST_CASE("with and without sketches: the same bits") {
  const Threads restore;
  Random random(31);
  for (size_t c = 0; c < case_count(); ++c) {
    const size_t kind = c % kKinds;
    const Metric metric = c / kKinds % 2 == 0 ? Metric::kL2 : Metric::kInnerProduct;
    const size_t d = random.one_in(20) ? random.between(40, 200) : random.between(1, 40);
    const size_t n = random.between(1000, 2600);
    const auto x = vectors_of_kind(random, kind, n, d);
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
    auto xq = vectors_of_kind(random, random.one_in(4) ? random.below(9) : kind, nq, d);
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
  const Threads restore;
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
  const Threads restore;
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
