// Searches, adds, removals, resets and saves on the same indexes at once, behind their gates, while the number of
// threads changes: every answer is the exact one over the rows of some moment.
#include <doctest/doctest.h>

#include <atomic>
#include <memory>
#include <thread>

#include "base/gate_hold.h"
#include "filter/selector_batch.h"
#include "index/flat.h"
#include "index/id_map.h"
#include "io/index_io.h"
#include "test/random.h"
#include "test/reference.h"
#include "test/threads.h"

namespace voronode::test {
namespace {

constexpr size_t kD = 24;
constexpr size_t kBatch = 40;
constexpr size_t kMostBatches = 30;  // in one epoch

// The vector of an id: anybody can tell what is stored under it.
void fill(idx_t id, float* x) {
  Random random(static_cast<uint64_t>(id) + 1);
  for (size_t j = 0; j < kD; ++j) x[j] = static_cast<float>(random.below(8));
}

std::vector<float> vectors_of(const std::vector<idx_t>& ids) {
  std::vector<float> x(ids.size() * kD);
  for (size_t i = 0; i < ids.size(); ++i) fill(ids[i], x.data() + i * kD);
  return x;
}

// An index and its history since the last exclusive operation (an epoch): the ids it began with and those added since,
// in order. Ids are written before an add and counted: `begun` before it, `done` after it.
class Arena {
 public:
  explicit Arena(uint64_t seed) : seed_(seed) { ids_.resize(kMostBatches * kBatch * 2); }

  // One random operation of the thread that brings `random`.
  void act(Random& random) {
    const size_t kind = random.below(20);
    if (kind < 6) add();
    if (kind >= 6 && kind < 13) search(random, random.one_in(5) ? 60 : random.between(1, 3));
    if (kind >= 13 && kind < 15) range_search(random);
    if (kind >= 15 && kind < 17) reconstruct(random);
    if (kind == 17) save();
    if (kind >= 18) change(random);
  }

  size_t wrong() const { return wrong_; }
  size_t checked() const { return checked_; }
  size_t during_adds() const { return during_adds_; }

 private:
  void expect(bool right) {
    ++checked_;
    if (!right) ++wrong_;
  }

  void add() {
    const GateHold hold(index_.gate(), Access::kAppend);
    const size_t at = begun_;
    if (at + kBatch > ids_.size()) return;  // until the next exclusive operation
    std::vector<idx_t> ids(kBatch);
    for (idx_t& id : ids) id = static_cast<idx_t>(seed_ << 32) + next_id_++;
    std::copy(ids.begin(), ids.end(), ids_.begin() + static_cast<ptrdiff_t>(at));
    begun_ = at + kBatch;
    const std::vector<float> x = vectors_of(ids);
    index_.add_with_ids(kBatch, x.data(), ids.data(), nullptr);
    done_ = at + kBatch;
  }

  // Whether answer(rows) holds for the rows of a moment between `first` and `last` rows.
  template <class Answers>
  void expect_some_moment(size_t first, size_t last, const Answers& answers) {
    if (first < last) ++during_adds_;
    bool right = false;
    for (size_t n = first; n <= last && !right; n += kBatch) {
      Rows rows{Metric::kL2, kD};
      rows.ids.assign(ids_.begin(), ids_.begin() + static_cast<ptrdiff_t>(n));
      rows.x = vectors_of(rows.ids);
      right = answers(rows);
    }
    expect(right);
  }

  // Many queries are spread over the pool; one of them is looked at.
  void search(Random& random, size_t nq) {
    constexpr size_t k = 7;
    std::vector<float> xq(nq * kD);
    for (float& component : xq) component = static_cast<float>(random.below(8));
    const GateHold hold(index_.gate(), Access::kRead);
    const size_t first = done_;
    const Answer found = test::search(index_, nq, xq.data(), k);
    const size_t last = begun_;
    const auto q = static_cast<ptrdiff_t>(random.below(nq));
    const Answer one = {{found.distances.begin() + q * static_cast<ptrdiff_t>(k),
                         found.distances.begin() + (q + 1) * static_cast<ptrdiff_t>(k)},
                        {found.labels.begin() + q * static_cast<ptrdiff_t>(k),
                         found.labels.begin() + (q + 1) * static_cast<ptrdiff_t>(k)}};
    expect_some_moment(first, last, [&](const Rows& rows) {
      return rows.search(1, xq.data() + static_cast<size_t>(q) * kD, k) == one;
    });
  }

  void range_search(Random& random) {
    std::vector<float> query(kD);
    for (float& component : query) component = static_cast<float>(random.below(8));
    const GateHold hold(index_.gate(), Access::kRead);
    const size_t first = done_;
    RangeResult found;
    index_.range_search(1, query.data(), 200.0f, {}, &found);
    const size_t last = begun_;
    expect_some_moment(first, last,
                       [&](const Rows& rows) { return same(rows.range_search(1, query.data(), 200.0f), found); });
  }

  void reconstruct(Random& random) {
    const GateHold hold(index_.gate(), Access::kRead);
    const size_t first = done_;
    const size_t last = begun_;
    if (last == 0) return;
    const size_t row = random.below(last);
    std::vector<float> x(kD), expected(kD);
    fill(ids_[row], expected.data());
    try {
      index_.reconstruct(ids_[row], x.data());
      expect(x == expected);
    } catch (const Error& error) {
      expect(row >= first && error.code() == Code::kOutOfRange);
    }
  }

  void save() {
    const GateHold hold(index_.gate(), Access::kRead);
    const size_t first = done_;
    const std::vector<uint8_t> bytes = serialize_index(index_, nullptr);
    const size_t last = begun_;
    const std::shared_ptr<Index> read = deserialize_index(bytes.data(), bytes.size(), nullptr);
    const size_t n = read->ntotal();
    expect(n >= first && n <= last && n % kBatch == 0);
    std::vector<float> x(kD), expected(kD);
    bool right = true;
    for (size_t i = 0; i < n; ++i) {
      fill(ids_[i], expected.data());
      read->reconstruct(ids_[i], x.data());
      right = right && x == expected;
    }
    expect(right);
  }

  // Removes about a third of the ids, or all.
  void change(Random& random) {
    const GateHold hold(index_.gate(), Access::kExclusive);
    std::vector<idx_t> kept;
    if (random.one_in(4)) {
      index_.reset();
    } else {
      std::vector<idx_t> gone;
      for (size_t i = 0; i < done_; ++i) (random.one_in(3) ? gone : kept).push_back(ids_[i]);
      // Rows come and go by the batch in the search for the moment.
      while (kept.size() % kBatch != 0 || kept.size() > ids_.size() / 2) {
        gone.push_back(kept.back());
        kept.pop_back();
      }
      expect(index_.remove_ids(IDSelectorBatch(gone.size(), gone.data()), nullptr) == gone.size());
    }
    expect(index_.ntotal() == kept.size());
    std::copy(kept.begin(), kept.end(), ids_.begin());
    begun_ = kept.size();
    done_ = kept.size();
  }

  IndexIDMap index_{std::make_shared<IndexFlat>(kD, Metric::kL2), false};
  uint64_t seed_;
  idx_t next_id_ = 0;       // guarded by the gate: appends exclude one another
  std::vector<idx_t> ids_;  // its first `begun_` are not written any more
  std::atomic<size_t> begun_{0}, done_{0};
  std::atomic<size_t> wrong_{0}, checked_{0}, during_adds_{0};
};

void stress(size_t indexes, size_t threads_each, size_t operations) {
  const Threads restored(3);
  std::vector<std::unique_ptr<Arena>> arenas;
  std::vector<std::thread> threads;
  for (size_t i = 0; i < indexes; ++i) arenas.push_back(std::make_unique<Arena>(i + 1));
  for (size_t t = 0; t < indexes * threads_each; ++t) {
    threads.emplace_back([&, t] {
      Random random(70 + t);
      for (size_t i = 0; i < operations; ++i) {
        arenas[t % indexes]->act(random);
        if (t == 0 && i % 16 == 0) ThreadPool::instance().set_threads(1 + i / 16 % 4);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  size_t during_adds = 0;
  for (const auto& arena : arenas) {
    CHECK(arena->wrong() == 0);
    CHECK(arena->checked() > threads_each * operations / 3);
    during_adds += arena->during_adds();
  }
  CHECK(during_adds > 0);
}

}  // namespace

TEST_CASE("concurrency: many threads on one index") { stress(1, 6, 400); }

TEST_CASE("concurrency: several indexes share the pool") { stress(4, 3, 200); }

}  // namespace voronode::test
