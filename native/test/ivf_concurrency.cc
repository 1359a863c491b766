// Searches, lookups and adds on one IndexIVFFlat at once, behind its gate: every answer is that of some moment between
// two adds, in all lists.
#include <doctest/doctest.h>

#include <atomic>
#include <thread>

#include "base/gate_hold.h"
#include "index/flat.h"
#include "index/id_map.h"
#include "ivf/ivf_flat.h"
#include "test/random.h"
#include "test/reference.h"
#include "test/threads.h"

namespace voronode::test {
namespace {

constexpr size_t kD = 8;
constexpr size_t kLists = 6;
constexpr size_t kBatch = 50;
constexpr size_t kBatches = 40;
constexpr size_t kMost = kBatch * kBatches;

void fill(idx_t id, float* x) {
  Random random(static_cast<uint64_t>(id) + 1);
  for (size_t j = 0; j < kD; ++j) x[j] = static_cast<float>(random.below(8));
}

std::vector<float> batch_from(size_t first) {
  std::vector<float> x(kBatch * kD);
  for (size_t i = 0; i < kBatch; ++i) fill(static_cast<idx_t>(first + i), x.data() + i * kD);
  return x;
}

std::shared_ptr<IndexIVFFlat> empty_index() {
  auto quantizer = std::make_shared<IndexFlat>(kD, Metric::kL2);
  quantizer->add(kLists, batch_from(9000).data(), nullptr);
  return std::make_shared<IndexIVFFlat>(quantizer, kLists, Metric::kL2);
}

// Fills `index`, and fills and empties it again, while others look at it. `mapped`: it is an IndexIDMap.
void stress(Index& index, bool mapped) {
  const Threads restored(3);
  std::atomic<size_t> done{0}, begun{0}, wrong{0}, checked{0}, beside{0};
  std::atomic<bool> over{false};
  const auto look = [&](uint64_t seed) {
    Random random(seed);
    while (!over) {
      const size_t nq = random.one_in(4) ? 20 : 1;
      std::vector<float> xq(nq * kD);
      for (float& component : xq) component = static_cast<float>(random.below(8));
      SearchParams params;
      params.set(kNprobe, kLists);
      const GateHold hold(index.gate(), Access::kRead);
      const size_t first = done;
      const Answer found = search(index, nq, xq.data(), kMost, params);
      const size_t last = begun;
      beside += first != last;
      size_t moment = 0;
      for (size_t q = 0; q < nq; ++q) {
        const idx_t* const labels = found.labels.data() + q * kMost;
        const auto n = static_cast<size_t>(std::find(labels, labels + kMost, -1) - labels);
        wrong += n < first || n > last || n % kBatch != 0;
        if (q == 0) moment = n;
        wrong += n != moment;  // the same for all queries of a batch
        std::vector<bool> seen(n);
        std::vector<float> x(kD);
        for (size_t i = 0; i < n; ++i) {
          const auto id = static_cast<size_t>(labels[i]);
          wrong += id >= n || seen[id];
          if (id < n) seen[id] = true;
          fill(labels[i], x.data());
          wrong += reference_key(Metric::kL2, xq.data() + q * kD, x.data(), kD) != found.distances[q * kMost + i];
        }
        ++checked;
      }
      if (first > 0) {
        const auto id = static_cast<idx_t>(random.below(first));
        std::vector<float> x(kD), expected(kD);
        index.reconstruct(id, x.data());
        fill(id, expected.data());
        wrong += x != expected;
      }
    }
  };
  std::vector<std::thread> threads;
  for (uint64_t t = 0; t < 3; ++t) threads.emplace_back(look, 80 + t);
  for (size_t round = 0; round < 3; ++round) {
    for (size_t n = 0; n < kMost; n += kBatch) {
      const std::vector<float> x = batch_from(n);
      const GateHold hold(index.gate(), Access::kAppend);
      begun = n + kBatch;
      if (mapped) {
        std::vector<idx_t> ids(kBatch);
        for (size_t i = 0; i < kBatch; ++i) ids[i] = static_cast<idx_t>(n + i);
        index.add_with_ids(kBatch, x.data(), ids.data(), nullptr);
      } else {
        index.add(kBatch, x.data(), nullptr);
      }
      done = n + kBatch;
    }
    const GateHold hold(index.gate(), Access::kExclusive);
    if (round == 0) index.reset();
    if (round == 1) CHECK(index.remove_ids(IDSelectorRange(0, kMost), nullptr) == kMost);
    if (round < 2) begun = done = 0;
  }
  over = true;
  for (std::thread& thread : threads) thread.join();
  CHECK(wrong == 0);
  CHECK(checked > 0);
  CHECK(beside > 0);
  CHECK(index.ntotal() == kMost);
}

TEST_CASE("ivf concurrency: searches beside adds") { stress(*empty_index(), false); }

TEST_CASE("ivf concurrency: searches beside adds through an IndexIDMap") {
  IndexIDMap map(empty_index(), false);
  stress(map, true);
}

}  // namespace
}  // namespace voronode::test
