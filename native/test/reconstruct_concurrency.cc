// Vectors looked up together while others replace them: all are of one moment.
#include <doctest/doctest.h>

#include <atomic>
#include <numeric>
#include <thread>

#include "base/gate_hold.h"
#include "factory/factory.h"
#include "filter/selector_batch.h"
#include "test/random.h"

namespace voronode::test {
namespace {

constexpr size_t kD = 4;
constexpr size_t kTogether = 8;

#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
constexpr size_t kChanges = 300;
#else
constexpr size_t kChanges = 3'000;
#endif

std::vector<idx_t> ids_of_all() {
  std::vector<idx_t> ids(kTogether);
  std::iota(ids.begin(), ids.end(), idx_t{0});
  return ids;
}

// change(step) beside a reader that looks up kTogether vectors; whether right(x) held each time.
template <class Change, class Right>
bool always(Index& index, const Change& change, const Right& right) {
  std::atomic<bool> over{false}, wrong{false};
  std::thread reader([&] {
    const std::vector<idx_t> ids = ids_of_all();
    std::vector<float> x(kTogether * kD);
    while (!over.load()) {
      const GateHold hold(index.gate(), Access::kRead);
      index.reconstruct(kTogether, ids.data(), x.data(), nullptr);
      if (!right(x)) wrong = true;
    }
  });
  for (size_t step = 1; step <= kChanges; ++step) {
    const GateHold hold(index.gate(), Access::kAppend);
    change(step);
  }
  over = true;
  reader.join();
  return !wrong;
}

}  // namespace

TEST_CASE("reconstruct: vectors that are replaced together are found together") {
  for (const std::string description : {"IDMap,Flat", "IDMap2,SQ8", "IVF4,Flat", "L2norm,IVF2,Flat", "IDMap,IVF4,Flat",
                                        "IDMap,SQfp16,RFlat", "IVF4,SQfp16"}) {
    CAPTURE(description);
    auto index = index_factory(kD, description, Metric::kL2);
    Random random(3);
    if (!index->is_trained()) index->train(100, random.vectors(100, kD).data(), nullptr);
    const std::vector<idx_t> ids = ids_of_all();
    const auto upsert = [&](size_t step) {
      std::vector<float> x(kTogether * kD, static_cast<float>(step % 5));
      for (size_t i = 0; i < x.size(); i += kD) x[i] = 1.0f;  // no vector of zeros
      index->upsert({kTogether, x.data(), ids.data()}, Index::Missing::kAdd, nullptr);
    };
    upsert(0);
    const auto all_same = [](const std::vector<float>& x) { return std::equal(x.begin() + kD, x.end(), x.begin()); };
    CHECK(always(*index, upsert, all_same));
  }
}

TEST_CASE("reconstruct: positions are those of one moment") {
  for (const std::string description : {"Flat", "SQfp16", "Flat,RFlat", "Pad6,Flat"}) {
    CAPTURE(description);
    auto index = index_factory(kD, description, Metric::kL2);
    size_t next = 0;  // halves hold so many exactly
    const auto add = [&] {
      const std::vector<float> x(kD, static_cast<float>(next++ % 2'048));
      index->add(1, x.data(), nullptr);
    };
    while (next <= kTogether) add();
    const idx_t first = 0;
    const auto move_on = [&](size_t) {
      add();
      index->remove_ids(IDSelectorBatch(1, &first), nullptr);
    };
    const auto in_a_row = [](const std::vector<float>& x) {
      for (size_t i = 1; i < kTogether; ++i) {
        if (x[i * kD] != (x[(i - 1) * kD] == 2'047.0f ? 0.0f : x[(i - 1) * kD] + 1)) return false;
      }
      return true;
    };
    CHECK(always(*index, move_on, in_a_row));
  }
}

}  // namespace voronode::test
