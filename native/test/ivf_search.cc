// Search in an IndexIVFFlat: the answers of a plain scan of the visited lists, to the bit, however the data is, with
// and without sketches, on any number of threads, however a batch is cut.
#include "ivf/ivf_search.h"

#include <doctest/doctest.h>

#include <cmath>
#include <numeric>

#include "index/flat.h"
#include "ivf/ivf_flat.h"
#include "test/ivf_model.h"
#include "test/kinds.h"
#include "test/threads.h"

namespace voronode::test {
namespace {

// A long run sets more.
size_t case_count() {
  const char* text = std::getenv("VORONODE_SKETCH_CASES");
  return text != nullptr ? std::stoul(text) : 300;
}

std::unique_ptr<IndexIVFFlat> with_centroids(Metric metric, size_t d, const std::vector<float>& centroids,
                                             bool sketch = true) {
  auto quantizer = std::make_shared<IndexFlat>(d, metric);
  quantizer->add(centroids.size() / d, centroids.data(), nullptr);
  return std::make_unique<IndexIVFFlat>(quantizer, centroids.size() / d, metric, sketch);
}

TEST_CASE("ivf search: with and without sketches what a plain model answers") {
  const Threads restore;
  Random random(41);
  for (size_t c = 0; c < case_count(); ++c) {
    const size_t kind = c % kKinds;
    const Metric metric = c / kKinds % 2 == 0 ? Metric::kL2 : Metric::kInnerProduct;
    const size_t d = random.one_in(20) ? random.between(40, 200) : random.between(1, 40);
    const size_t n = random.between(1, 3000);
    const size_t nlist = random.between(1, 8);
    const auto centroids = vectors_of_kind(random, kind, nlist, d);
    const auto with = with_centroids(metric, d, centroids, true);
    const auto without = with_centroids(metric, d, centroids, false);
    IvfModel model = model_of(*with);
    const auto x = vectors_of_kind(random, kind, n, d);
    std::vector<idx_t> ids(n);
    for (size_t i = 0; i < n; ++i) ids[i] = static_cast<idx_t>(i * 7919 % n);
    for (size_t at = 0; at < n;) {
      const size_t batch = std::min(n - at, random.between(1, 1500));
      with->add_with_ids(batch, x.data() + at * d, ids.data() + at, nullptr);
      without->add_with_ids(batch, x.data() + at * d, ids.data() + at, nullptr);
      at += batch;
    }
    model.add(n, x.data(), ids.data());
    if (random.one_in(3)) {
      const idx_t first = static_cast<idx_t>(random.below(n));
      const IDSelectorRange range(first, first + static_cast<idx_t>(random.between(1, 90)));
      const size_t gone = model.remove(range);
      REQUIRE(with->remove_ids(range, nullptr) == gone);
      REQUIRE(without->remove_ids(range, nullptr) == gone);
    }
    const size_t nq = random.one_in(10) ? random.between(90, 120) : random.between(1, 13);
    auto xq = vectors_of_kind(random, random.one_in(4) ? random.below(8) : kind, nq, d);
    std::copy_n(x.data() + random.below(n) * d, d, xq.data());  // one query is a row
    const size_t ks[] = {1, 10, 100, 1000, n};
    const size_t k = ks[random.one_in(5) ? random.below(5) : random.below(3)];
    const size_t threads[] = {1, 2, 4, 8};
    ThreadPool::instance().set_threads(threads[random.below(4)]);
    const IDSelectorRange dense(0, static_cast<idx_t>(n / 2));
    const IDSelectorRange sparse(static_cast<idx_t>(n / 3), static_cast<idx_t>(n / 3 + n / 40 + 1));
    SearchParams params;
    if (random.one_in(4)) params.filter = random.one_in(2) ? &dense : &sparse;
    const size_t nprobe = random.between(1, nlist);
    params.set(kNprobe, nprobe);
    CAPTURE(c);
    CAPTURE(kind);
    CAPTURE(d);
    CAPTURE(n);
    CAPTURE(nq);
    CAPTURE(k);
    const Answer expected = model.search(nq, xq.data(), k, nprobe, params.filter);
    CHECK(search(*with, nq, xq.data(), k, params) == expected);
    CHECK(search(*without, nq, xq.data(), k, params) == expected);
    const Answer near = model.search(1, xq.data(), 30, nlist);
    const float radius = near.distances[std::min<size_t>(n, 30) - 1];
    const size_t few = std::min<size_t>(nq, 5);
    const RangeResult in_range = model.range_search(few, xq.data(), radius, nprobe, params.filter);
    RangeResult a, b;
    with->range_search(few, xq.data(), radius, params, &a);
    without->range_search(few, xq.data(), radius, params, &b);
    CHECK(same(a, in_range));
    CHECK(same(b, in_range));
  }
}

struct Filled {
  size_t d = 24, n = 20'000, nq = 210, k = 10;
  Random random{42};
  std::unique_ptr<IndexIVFFlat> index = with_centroids(Metric::kL2, d, random.vectors(30, d));
  std::vector<float> xq = random.vectors(nq, d);
  Filled() { index->add(n, random.vectors(n, d).data(), nullptr); }
};

TEST_CASE("ivf search: a batch cut in any way, on any number of threads, gives the same bits") {
  const Threads restore(1);
  const Filled f;
  for (const size_t nprobe : {1, 5, 30}) {
    SearchParams params;
    params.set(kNprobe, nprobe);
    ThreadPool::instance().set_threads(1);
    const Answer whole = search(*f.index, f.nq, f.xq.data(), f.k, params);
    for (const size_t threads : {1, 2, 4, 8}) {
      ThreadPool::instance().set_threads(threads);
      for (const size_t batch : {size_t{1}, size_t{2}, size_t{7}, size_t{100}, f.nq}) {
        Answer parts;
        for (size_t q = 0; q < f.nq; q += batch) {
          const Answer part = search(*f.index, std::min(batch, f.nq - q), f.xq.data() + q * f.d, f.k, params);
          parts.distances.insert(parts.distances.end(), part.distances.begin(), part.distances.end());
          parts.labels.insert(parts.labels.end(), part.labels.begin(), part.labels.end());
        }
        CHECK(parts == whole);
      }
    }
  }
}

TEST_CASE("ivf search: all lists give what a full scan gives; nprobe is the call's, else the index's, at most nlist") {
  Filled f;
  IndexFlat flat(f.d, Metric::kL2);
  Random random(42);
  random.vectors(30, f.d);
  random.vectors(f.nq, f.d);
  flat.add(f.n, random.vectors(f.n, f.d).data(), nullptr);
  SearchParams params;
  params.set(kNprobe, 30);
  const Answer all = search(flat, f.nq, f.xq.data(), f.k);
  CHECK(search(*f.index, f.nq, f.xq.data(), f.k, params) == all);
  params.set(kNprobe, kNprobe.max);
  CHECK(search(*f.index, f.nq, f.xq.data(), f.k, params) == all);
  params = {};
  const Answer one = search(*f.index, f.nq, f.xq.data(), f.k, params);
  CHECK(!(one == all));
  f.index->set_nprobe(30);
  CHECK(search(*f.index, f.nq, f.xq.data(), f.k, params) == all);
  params.set(kNprobe, 1);
  CHECK(search(*f.index, f.nq, f.xq.data(), f.k, params) == one);
}

TEST_CASE("ivf search: an empty index and no queries") {
  const Filled f;
  const auto empty = with_centroids(Metric::kInnerProduct, f.d, Random(5).vectors(3, f.d));
  const Answer padding = search(*empty, 2, f.xq.data(), 3);
  CHECK(padding.labels == std::vector<idx_t>(6, -1));
  CHECK(padding.distances == std::vector<float>(6, -FLT_MAX));
  RangeResult nothing;
  empty->range_search(2, f.xq.data(), 0, {}, &nothing);
  CHECK(nothing.lims == std::vector<size_t>{0, 0, 0});
  search(*f.index, 0, f.xq.data(), 3);
  f.index->range_search(0, f.xq.data(), 0, {}, &nothing);
  CHECK(nothing.lims == std::vector<size_t>{0});
}

TEST_CASE("ivf search: so many pairs of queries and lists that they go in waves") {
  constexpr size_t kLists = 2048, kQueries = 2100;
  Random random(43);
  const auto index = with_centroids(Metric::kL2, 1, random.vectors(kLists, 1));
  index->add(3000, random.vectors(3000, 1).data(), nullptr);
  const auto xq = random.vectors(kQueries, 1);
  SearchParams params;
  params.set(kNprobe, kLists);
  const Answer whole = search(*index, kQueries, xq.data(), 2, params);
  for (const size_t q : {size_t{0}, size_t{1}, size_t{2047}, size_t{2048}, kQueries - 1}) {
    const Answer one = search(*index, 1, xq.data() + q, 2, params);
    CHECK(one.labels[0] == whole.labels[2 * q]);
    CHECK(one.labels[1] == whole.labels[2 * q + 1]);
    CHECK(one.distances[1] == whole.distances[2 * q + 1]);
  }
}

// Lets all pass and fires after some questions.
class FiringSelector final : public IDSelector {
 public:
  FiringSelector(Cancel& cancel, size_t after) : cancel_(cancel), left_(after) {}
  bool is_member(idx_t) const noexcept override {
    if (left_.fetch_sub(1) == 0) cancel_.fire();
    return true;
  }

 private:
  Cancel& cancel_;
  mutable std::atomic<size_t> left_;
};

TEST_CASE("ivf search: cancelled before and in the middle of it") {
  const Filled f;
  for (const size_t after : {0, 1, 100, 1000}) {
    Cancel cancel;
    if (after == 0) cancel.fire();
    const FiringSelector selector(cancel, after);
    SearchParams params;
    params.set(kNprobe, 30);
    params.cancel = &cancel;
    params.filter = &selector;
    try {
      search(*f.index, f.nq, f.xq.data(), f.k, params);
      FAIL("it was not cancelled");
    } catch (const Error& error) {
      CHECK(static_cast<int>(error.code()) == static_cast<int>(Code::kAborted));
    }
    Cancel again;
    const FiringSelector another(again, after == 0 ? 1 : after);
    params.cancel = &again;
    params.filter = &another;
    RangeResult result;
    CHECK_THROWS_AS(f.index->range_search(f.nq, f.xq.data(), 100.0f, params, &result), Error);
  }
}

}  // namespace
}  // namespace voronode::test
