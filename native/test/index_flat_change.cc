// IndexFlat but for k-nearest search: ranges, reconstruction, removal, limits of the dimension, the check of
// components.
#include <doctest/doctest.h>

#include <algorithm>
#include <limits>
#include <string>

#include "filter/selector_batch.h"
#include "index/flat.h"
#include "test/random.h"
#include "test/reference.h"
#include "test/threads.h"

namespace voronode::test {
namespace {

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

std::vector<float> all_rows(const Index& index) {
  std::vector<float> out(index.ntotal() * index.d());
  for (size_t i = 0; i < index.ntotal(); ++i) index.reconstruct(static_cast<idx_t>(i), out.data() + i * index.d());
  return out;
}

}  // namespace

TEST_CASE("flat: range search finds exactly the rows inside the radius, best first") {
  const Threads restored;
  Random random(30);
  for (const Metric metric : kAllMetrics) {
    for (const size_t threads : {1, 2, 4, 8}) {
      ThreadPool::instance().set_threads(threads);
      const size_t d = random.between(1, 70);
      const size_t n = random.between(1, 20'000);
      IndexFlat index(d, metric);
      Rows rows{metric, d, random.vectors(n, d)};
      std::fill(rows.x.begin(), rows.x.begin() + static_cast<ptrdiff_t>(std::min<size_t>(n, 5) * d), 0.5f);
      index.add(n, rows.x.data(), nullptr);
      const std::vector<float> xq = random.vectors(3, d);
      // Radii from the answers themselves, so that rows lie on the border, which is outside.
      const std::vector<Found> ranking = rows.ranking(xq.data());
      const IDSelectorRange filter(3, static_cast<idx_t>(n / 2));
      for (const size_t rank : {size_t{0}, size_t{1}, n / 100, n / 3, n - 1}) {
        const float radius = rows.sign() * ranking[std::min(rank, n - 1)].key;
        INFO("n ", n, ", d ", d, ", radius ", radius);
        RangeResult found;
        index.range_search(3, xq.data(), radius, {}, &found);
        CHECK(same(found, rows.range_search(3, xq.data(), radius)));
        SearchParams params;
        params.filter = &filter;
        index.range_search(3, xq.data(), radius, params, &found);
        CHECK(same(found, rows.range_search(3, xq.data(), radius, &filter)));
      }
    }
  }
}

TEST_CASE("flat: range search at the edges: no rows, no queries, all rows, infinite and NaN radii") {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  Random random(31);
  IndexFlat index(6, Metric::kL2);
  const std::vector<float> xq = random.vectors(2, 6);
  RangeResult found;
  index.range_search(2, xq.data(), 1.0f, {}, &found);
  CHECK(found.lims == std::vector<size_t>{0, 0, 0});
  const std::vector<float> x = random.vectors(100, 6);
  index.add(100, x.data(), nullptr);
  index.range_search(0, nullptr, 1.0f, {}, &found);
  CHECK(found.lims == std::vector<size_t>{0});
  CHECK(found.labels.empty());
  index.range_search(2, xq.data(), kInfinity, {}, &found);
  CHECK(found.lims == std::vector<size_t>{0, 100, 200});
  for (const float radius : {0.0f, -1.0f, -kInfinity, std::numeric_limits<float>::quiet_NaN()}) {
    index.range_search(2, xq.data(), radius, {}, &found);
    CHECK(found.lims == std::vector<size_t>{0, 0, 0});
    CHECK(found.labels.empty());
    CHECK(found.distances.empty());
  }
}

TEST_CASE("flat: reconstruct gives the bits that were added, and refuses what is not there") {
  Random random(32);
  IndexFlat index(11, Metric::kL2);
  std::vector<float> x(700 * 11);
  for (float& component : x) component = random.hostile();
  index.add(700, x.data(), nullptr);
  CHECK(same(all_rows(index), x));
  std::vector<float> out(11, 3.0f);
  for (const idx_t id : {idx_t{-1}, idx_t{700}, std::numeric_limits<idx_t>::max(), std::numeric_limits<idx_t>::min()}) {
    CHECK(refusal(Code::kOutOfRange, [&] { index.reconstruct(id, out.data()); }) ==
          "The value of \"id\" is out of range. It must be an id of the index, which holds 700 vectors. Received " +
              std::to_string(id));
  }
  CHECK(out == std::vector<float>(11, 3.0f));
}

TEST_CASE("flat: removal keeps the order of the rest and numbers it anew") {
  Random random(33);
  IndexFlat index(4, Metric::kL2);
  Rows rows{Metric::kL2, 4};
  for (size_t round = 0; round < 60; ++round) {
    const std::vector<float> x = random.vectors(random.below(700), 4);
    index.add(x.size() / 4, x.data(), nullptr);
    rows.x.insert(rows.x.end(), x.begin(), x.end());
    std::vector<idx_t> ids(random.below(300));
    for (idx_t& id : ids) id = static_cast<idx_t>(random.below(rows.size() + 10)) - 5;
    const IDSelectorBatch selector(ids.size(), ids.data());
    std::vector<float> kept;
    for (size_t i = 0; i < rows.size(); ++i) {
      if (selector.is_member(static_cast<idx_t>(i))) continue;
      kept.insert(kept.end(), rows.x.begin() + static_cast<ptrdiff_t>(i * 4),
                  rows.x.begin() + static_cast<ptrdiff_t>(i * 4 + 4));
    }
    Cancel fired;
    fired.fire();
    CHECK_THROWS_AS(index.remove_ids(selector, &fired), Error);
    CHECK(index.ntotal() == rows.size());
    CHECK(index.remove_ids(selector, nullptr) == (rows.x.size() - kept.size()) / 4);
    rows.x = kept;
    CHECK(all_rows(index) == rows.x);
    const std::vector<float> query = random.vectors(1, 4);
    CHECK(search(index, 1, query.data(), 10) == rows.search(1, query.data(), 10));
    if (!random.one_in(10)) continue;
    index.reset();
    rows.x.clear();
    CHECK(index.ntotal() == 0);
  }
}

TEST_CASE("the dimension has limits") {
  for (const size_t d : {size_t{0}, kMaxDimension + 1, std::numeric_limits<size_t>::max()}) {
    CHECK(refusal(Code::kOutOfRange, [&] { const IndexFlat index(d, Metric::kL2); }) ==
          "The value of \"d\" is out of range. It must be an integer >= 1 and <= 1048576. Received " +
              std::to_string(d));
  }
  IndexFlat largest(kMaxDimension, Metric::kL2);
  const std::vector<float> x(2 * kMaxDimension, 0.5f);
  largest.add(2, x.data(), nullptr);
  CHECK(search(largest, 1, x.data(), 3) == Rows{Metric::kL2, kMaxDimension, x}.search(1, x.data(), 3));
}

TEST_CASE("a bare index takes no ids and needs no training") {
  IndexFlat index(2, Metric::kL2);
  const float x[] = {1, 2};
  const idx_t id = 7;
  CHECK(refusal(Code::kUnsupported, [&] { index.add_with_ids(1, x, &id, nullptr); }) ==
        "IndexFlat numbers its vectors itself; wrap it: new IndexIDMap(index).addWithIds(vectors, ids)");
  index.train(1, x, nullptr);
  CHECK(index.is_trained());
  CHECK(index.ntotal() == 0);
  CHECK(std::string(index.kind()) == "IndexFlat");
}

TEST_CASE("check_finite names the first row and component that is not a number to compute with") {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  std::vector<float> x(7 * 13, 1.0f);
  const auto check_x = [&] { check_finite("vectors", 7, 13, x.data(), nullptr); };
  CHECK_NOTHROW(check_x());
  x[6 * 13 + 12] = -kInfinity;
  CHECK(refusal(Code::kInvalidArgValue, check_x) ==
        "The value of \"vectors\" must be finite. Received -Infinity at row 6, component 12");
  x[3 * 13] = kInfinity;
  CHECK(refusal(Code::kInvalidArgValue, check_x) ==
        "The value of \"vectors\" must be finite. Received Infinity at row 3, component 0");
  x[5] = std::numeric_limits<float>::quiet_NaN();
  CHECK(refusal(Code::kInvalidArgValue, check_x) ==
        "The value of \"vectors\" must be finite. Received NaN at row 0, component 5");
  // Far enough in that it is looked at in several pieces.
  std::vector<float> large((size_t{3} << 20) + 5, 0.0f);
  large.back() = kInfinity;
  CHECK(refusal(Code::kInvalidArgValue, [&] { check_finite("queries", large.size(), 1, large.data(), nullptr); }) ==
        "The value of \"queries\" must be finite. Received Infinity at row 3145732, component 0");
  Cancel fired;
  fired.fire();
  refusal(Code::kAborted, [&] { check_finite("queries", large.size(), 1, large.data(), &fired); });
}

}  // namespace voronode::test
