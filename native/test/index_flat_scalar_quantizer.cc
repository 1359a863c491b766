// IndexScalarQuantizer: the answers of a plain scan over the decoded rows, to the bit; what stays when something fails;
// searches beside adds. Every kind of search is the fuzzer's (differential.cc).
#include <doctest/doctest.h>

#include <atomic>
#include <thread>

#include "base/gate_hold.h"
#include "index/flat_scalar_quantizer.h"
#include "io/index_io.h"
#include "test/allocations.h"
#include "test/random.h"
#include "test/reference.h"
#include "test/scalar_reference.h"
#include "test/threads.h"
#include "test/throws.h"

namespace voronode::test {
namespace {

// n vectors that every code takes.
std::vector<float> vectors(size_t n, size_t d, uint64_t seed) {
  Random random(seed);
  std::vector<float> x(n * d);
  for (float& component : x) component = std::fabs(random.uniform()) * 100;
  return x;
}

// The naive index of the same rows, decoded as defined.
Rows decoded(const IndexScalarQuantizer& index, const std::vector<float>& x) {
  Rows rows{index.metric(), index.d(), {}};
  const ScalarQuantizer& sq = index.scalar_quantizer();
  for (size_t i = 0; i < x.size() / index.d(); ++i) {
    const std::vector<uint8_t> code = reference_code(sq, x.data() + i * index.d(), nullptr);
    const std::vector<float> y = reference_rows(sq.rows(code.data(), nullptr), 1, index.d());
    rows.x.insert(rows.x.end(), y.begin(), y.end());
  }
  return rows;
}

TEST_CASE("flat scalar quantizer: answers are exact for the decoded rows, however the work is cut") {
  const Threads restore;
  for (const ScalarTraits& code : scalar_traits()) {
    for (const Metric metric : kAllMetrics) {
      const size_t d = metric == Metric::kL2 ? 37 : 8;
      const auto x = vectors(2100, d, 401);  // more than a block
      IndexScalarQuantizer index(d, code.code, metric);
      index.train(300, x.data(), nullptr);
      index.add(1234, x.data(), nullptr);
      index.add(2100 - 1234, x.data() + 1234 * d, nullptr);
      const Rows rows = decoded(index, x);
      const auto xq = vectors(40, d, 402);
      CAPTURE(code.name);
      for (const size_t threads : {1, 4}) {
        ThreadPool::instance().set_threads(threads);
        for (const size_t nq : {1, 40}) {
          REQUIRE(search(index, nq, xq.data(), 9) == rows.search(nq, xq.data(), 9));
        }
      }
      std::vector<float> row(d);
      REQUIRE(index.look_up(2099, row.data()));
      REQUIRE(same(row, std::vector<float>(rows.x.end() - static_cast<ptrdiff_t>(d), rows.x.end())));
      REQUIRE(!index.look_up(2100, nullptr));
    }
  }
}

TEST_CASE("flat scalar quantizer: what fails changes nothing, whatever allocation it is") {
  const Threads restored(2);
  constexpr size_t d = 16, n = 300;
  const auto x = vectors(4 * n, d, 403);
  size_t failures = 0, changed = 0;
  bool struck = true;
  for (size_t nth = 1; struck; ++nth) {
    IndexScalarQuantizer index(d, ScalarCode::k6bit, Metric::kL2), other(d, ScalarCode::k6bit, Metric::kL2);
    for (IndexScalarQuantizer* each : {&index, &other}) {
      each->train(n, x.data(), nullptr);
      each->add(n, x.data(), nullptr);
    }
    bool added = false, merged = false;
    {
      const FailingAllocations failing(nth, true);
      try {
        index.add(3 * n, x.data() + n * d, nullptr);
        added = true;
        index.merge_from(other, 0, nullptr);
        merged = true;
      } catch (const std::exception&) {
      }
      struck = failing.struck();
    }
    failures += !merged;
    const size_t expected = n + (added ? 3 * n : 0) + (merged ? n : 0);
    changed += index.ntotal() != expected || other.ntotal() != (merged ? 0 : n);
    const Rows rows = decoded(index, std::vector<float>(x.begin(), x.begin() + static_cast<ptrdiff_t>(n * d)));
    changed += search(index, 2, x.data(), 1) != rows.search(2, x.data(), 1);
  }
  CHECK(failures > 2);
  CHECK(changed == 0);
}

TEST_CASE("flat scalar quantizer: only the same codes merge, and a training needs an empty index") {
  constexpr size_t d = 3;
  const auto x = vectors(50, d, 404);
  IndexScalarQuantizer index(d, ScalarCode::k8bit, Metric::kL2);
  check_throws(Code::kNotTrained, "call train(vectors)", [&] { index.add(1, x.data(), nullptr); });
  check_throws(Code::kNotTrained, "call train(vectors)", [&] { search(index, 1, x.data(), 1); });
  check_throws(Code::kInvalidArgValue, "at least one vector", [&] { index.train(0, x.data(), nullptr); });
  index.train(50, x.data(), nullptr);
  index.add(2, x.data(), nullptr);
  check_throws(Code::kUnsupported, "call reset()", [&] { index.train(50, x.data(), nullptr); });
  IndexScalarQuantizer narrow(d, ScalarCode::k8bit, Metric::kL2), halves(d, ScalarCode::kFp16, Metric::kL2);
  narrow.train(10, x.data(), nullptr);
  check_throws(Code::kUnsupported, "the same training", [&] { index.merge_from(narrow, 0, nullptr); });
  check_throws(Code::kUnsupported, "the same codes", [&] { index.merge_from(halves, 0, nullptr); });
  CHECK(index.ntotal() == 2);
  Cancel cancel;
  cancel.fire();
  check_throws(Code::kAborted, "", [&] { index.add(50, x.data(), &cancel); });
  CHECK(index.ntotal() == 2);
}

// Every answer is that of a moment between two adds.
TEST_CASE("flat scalar quantizer concurrency: searches and saves beside adds") {
  const Threads restored(3);
  constexpr size_t d = 8, batch = 40, most = 60 * batch;
  const auto x = vectors(most, d, 405);
  IndexScalarQuantizer index(d, ScalarCode::k4bit, Metric::kL2);
  index.train(most, x.data(), nullptr);
  std::atomic<size_t> wrong{0}, checked{0};
  std::atomic<bool> over{false};
  std::vector<std::thread> threads;
  for (uint64_t t = 0; t < 2; ++t) {
    threads.emplace_back([&, t] {
      Random random(406 + t);
      while (!over) {
        const GateHold hold(index.gate(), Access::kRead);
        const Answer found = search(index, random.one_in(2) ? 1 : 9, x.data(), most);
        const auto n = static_cast<size_t>(
            std::find(found.labels.begin(), found.labels.begin() + static_cast<ptrdiff_t>(most), -1) -
            found.labels.begin());
        wrong += n % batch != 0 || (n > 0 && found.labels[0] >= static_cast<idx_t>(n));
        const auto bytes = serialize_index(index, nullptr);
        wrong += deserialize_index(bytes.data(), bytes.size(), nullptr)->ntotal() % batch != 0;
        ++checked;
      }
    });
  }
  for (size_t at = 0; at < most; at += batch) {
    const GateHold hold(index.gate(), Access::kAppend);
    index.add(batch, x.data() + at * d, nullptr);
  }
  while (checked < 4) std::this_thread::yield();
  over = true;
  for (std::thread& thread : threads) thread.join();
  CHECK(wrong == 0);
}

}  // namespace
}  // namespace voronode::test
