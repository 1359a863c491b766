// IndexRefine: what stays when an add fails; the memory that it takes; searches beside adds.
#include <doctest/doctest.h>

#include <atomic>
#include <thread>

#include "base/gate_hold.h"
#include "index/id_map.h"
#include "index/refine.h"
#include "io/index_io.h"
#include "ivf/ivf_flat.h"
#include "test/allocations.h"
#include "test/coded.h"
#include "test/failing_calls.h"
#include "test/random.h"
#include "test/reference.h"
#include "test/threads.h"
#include "test/throws.h"

namespace voronode::test {
namespace {

// Whether the answers and the rows are those of the first n vectors of x.
bool holds(const IndexRefine& index, size_t n, const std::vector<float>& x) {
  const size_t d = index.d();
  SearchParams all;
  all.set(kNprobe, kNprobe.max);
  all.set(kKFactor, 1000);
  const Rows rows{index.metric(), d, std::vector<float>(x.begin(), x.begin() + static_cast<ptrdiff_t>(n * d))};
  return index.ntotal() == n && search(index, 3, x.data(), 7, all) == rows.search(3, x.data(), 7);
}

TEST_CASE("refine flat: an add that fails changes nothing, whatever allocation it is") {
  const Threads restored(2);
  constexpr size_t d = 32, n = 300;
  const auto x = Random(305).vectors(3 * n, d);
  const auto filled = [&] {
    auto index = std::make_unique<IndexRefine>(coded(Metric::kL2, 3, n, d, x));
    index->add(n, x.data(), nullptr);
    return index;
  };
  const auto add_more = [&](Index& index) { index.add(2 * n, x.data() + n * d, nullptr); };
  const auto index = filled();
  CHECK(holds(*index, n, x));
  add_more(*index);
  CHECK(holds(*index, 3 * n, x));
  check_failures(filled, add_more);

  // For other reasons: no training, no code, a signal.
  IndexRefine untrained(std::make_shared<IndexIVFScalarQuantizer>(d, 3, ScalarCode::k8bit, Metric::kL2));
  check_throws(Code::kNotTrained, "call train(vectors)", [&] { untrained.add(n, x.data(), nullptr); });
  check_throws(Code::kNotTrained, "call train(vectors)", [&] { search(untrained, 1, x.data(), 1); });
  untrained.train(n, x.data(), nullptr);
  untrained.add(n, x.data(), nullptr);
  CHECK(holds(untrained, n, x));
  Cancel cancel;
  cancel.fire();
  check_throws(Code::kAborted, "", [&] { untrained.add(n, x.data() + n * d, &cancel); });
  SearchParams params;
  params.cancel = &cancel;
  check_throws(Code::kAborted, "", [&] { search(untrained, 9, x.data(), 5, params); });
  CHECK(holds(untrained, n, x));
}

TEST_CASE("refine flat: takes the memory of the base and of the vectors, no sketches, also when it was read") {
  constexpr size_t d = 128, n = 2000;  // larger pieces come from the system, and are not counted
  const auto x = Random(306).vectors(n, d);
  const auto base = coded(Metric::kL2, 4, n, d, x);
  size_t before = live_bytes();
  IndexRefine index(base);
  index.add(n, x.data(), nullptr);
  const double least = n * (5.0 * d + 8);
  CHECK(static_cast<double>(live_bytes() - before) > 0.99 * least);
  CHECK(static_cast<double>(live_bytes() - before) < 1.15 * least);
  CHECK(static_cast<double>(index.allocated_bytes()) > 0.99 * least);
  CHECK(static_cast<double>(index.allocated_bytes()) < 1.15 * least);
  const std::vector<uint8_t> bytes = serialize_index(index, nullptr);
  before = live_bytes();
  const auto read = deserialize_index(bytes.data(), bytes.size(), nullptr);
  CHECK(static_cast<double>(live_bytes() - before) < 1.15 * least);
}

// ---- Searches beside adds ----

constexpr size_t kD = 8;
constexpr size_t kBatch = 40;
constexpr size_t kMost = 40 * kBatch;

void fill(idx_t id, float* x) {
  Random random(static_cast<uint64_t>(id) + 1);
  for (size_t j = 0; j < kD; ++j) x[j] = static_cast<float>(random.below(8));
}

std::vector<float> batch_from(size_t first) {
  std::vector<float> x(kBatch * kD);
  for (size_t i = 0; i < kBatch; ++i) fill(static_cast<idx_t>(first + i), x.data() + i * kD);
  return x;
}

// Everything that is there is found, at the distance of its own vector: that of some moment between two adds.
TEST_CASE("refine flat: searches and saves beside adds, removals and resets") {
  const Threads restored(3);
  auto quantizer = std::make_shared<IndexFlat>(kD, Metric::kL2);
  quantizer->add(5, batch_from(9000).data(), nullptr);
  const auto refine = std::make_shared<IndexRefine>(std::make_shared<IndexIVFFlat>(quantizer, 5, Metric::kL2));
  IndexIDMap map(refine, false);
  std::atomic<size_t> done{0}, begun{0}, wrong{0}, checked{0}, beside{0};
  std::atomic<bool> over{false};
  const IDSelectorRange filter(-5, kMost);  // everybody
  const auto look = [&](uint64_t seed) {
    Random random(seed);
    while (!over) {
      const size_t nq = random.one_in(4) ? 12 : 1;
      const auto xq = batch_from(random.below(kMost));
      SearchParams params;
      params.set(kNprobe, 5);
      params.set(kKFactor, random.one_in(2) ? 1 : 1000);
      if (random.one_in(2)) params.filter = &filter;
      const GateHold hold(map.gate(), Access::kRead);
      const size_t first = done;
      const Answer found = search(map, nq, xq.data(), kMost, params);
      const size_t last = begun;
      beside += first != last;
      for (size_t q = 0; q < nq; ++q) {
        const idx_t* const labels = found.labels.data() + q * kMost;
        const auto n = static_cast<size_t>(std::find(labels, labels + kMost, -1) - labels);
        wrong += n < first || n > last || n % kBatch != 0;
        std::vector<float> x(kD);
        for (size_t i = 0; i < n; ++i) {
          wrong += static_cast<size_t>(labels[i]) >= n;
          fill(labels[i], x.data());
          wrong += reference_key(Metric::kL2, xq.data() + q * kD, x.data(), kD) != found.distances[q * kMost + i];
        }
        ++checked;
      }
      if (!random.one_in(8)) continue;
      const std::vector<uint8_t> bytes = serialize_index(map, nullptr);
      const auto read = deserialize_index(bytes.data(), bytes.size(), nullptr);
      wrong += read->ntotal() < first || read->ntotal() > begun || read->ntotal() % kBatch != 0;
    }
  };
  std::vector<std::thread> threads;
  for (uint64_t t = 0; t < 3; ++t) threads.emplace_back(look, 310 + t);
  for (size_t round = 0; round < 3; ++round) {
    for (size_t n = 0; n < kMost; n += kBatch) {
      const std::vector<float> x = batch_from(n);
      std::vector<idx_t> ids(kBatch);
      for (size_t i = 0; i < kBatch; ++i) ids[i] = static_cast<idx_t>(n + i);
      const GateHold hold(map.gate(), Access::kAppend);
      begun = n + kBatch;
      map.add_with_ids(kBatch, x.data(), ids.data(), nullptr);
      done = n + kBatch;
    }
    const GateHold hold(map.gate(), Access::kExclusive);
    if (round == 0) map.reset();
    if (round == 1) CHECK(map.remove_ids(IDSelectorRange(0, kMost), nullptr) == kMost);
    if (round < 2) begun = done = 0;
  }
  over = true;
  for (std::thread& thread : threads) thread.join();
  CHECK(wrong == 0);
  CHECK(checked > 0);
  CHECK(beside > 0);
}

}  // namespace
}  // namespace voronode::test
