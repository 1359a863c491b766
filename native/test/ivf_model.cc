// Random adds, removals, searches, merges and resets of an IndexIVFFlat, each compared with a plain model.
#include "test/ivf_model.h"

#include <doctest/doctest.h>

#include <cmath>

#include "filter/selector_batch.h"
#include "index/flat.h"
#include "ivf/ivf_flat.h"
#include "test/random.h"
#include "test/threads.h"

namespace voronode::test {
namespace {

// A long run sets more.
size_t step_count() {
  const char* text = std::getenv("VORONODE_MODEL_STEPS");
  return text != nullptr ? std::stoul(text) : 1500;
}

struct Pair {
  std::unique_ptr<IndexIVFFlat> index;
  IvfModel model;
};

std::unique_ptr<IndexIVFFlat> with_centroids(Metric metric, size_t d, const std::vector<float>& centroids) {
  auto quantizer = std::make_shared<IndexFlat>(d, metric);
  quantizer->add(centroids.size() / d, centroids.data(), nullptr);
  return std::make_unique<IndexIVFFlat>(quantizer, centroids.size() / d, metric);
}

class Walk {
 public:
  explicit Walk(uint64_t seed) : random_(seed), metric_(seed % 2 == 0 ? Metric::kL2 : Metric::kInnerProduct) {
    d_ = random_.between(1, 40);
    whole_ = random_.one_in(3);
    hostile_ = !whole_ && random_.one_in(3);
    centroids_ = vectors(random_.between(1, 12));
    start(&one_);
    start(&two_);
  }

  void step() {
    Pair& pair = random_.one_in(4) ? two_ : one_;
    switch (random_.below(14)) {
      case 0:
      case 1:
      case 2:
        return add(pair);
      case 3:
      case 4:
        return add_with_ids(pair);
      case 5:
        return remove(pair);
      case 6:
        if (random_.one_in(8)) return reset(pair);
        return merge();
      case 7:
        return range_search(pair);
      case 8:
        return reconstruct(pair);
      case 9:
      case 10:
        return upsert(pair);
      default:
        return search(pair);
    }
  }

 private:
  void start(Pair* pair) const {
    pair->index = with_centroids(metric_, d_, centroids_);
    pair->model = model_of(*pair->index);
  }

  std::vector<float> vectors(size_t n) {
    std::vector<float> x = random_.vectors(n, d_);
    for (float& component : x) {
      if (whole_) component = static_cast<float>(random_.below(4));
      if (hostile_) component = random_.hostile();
    }
    return x;
  }

  size_t batch() { return random_.one_in(20) ? random_.between(200, 900) : random_.between(0, 30); }

  void add(Pair& pair) {
    const size_t n = batch();
    const auto x = vectors(n);
    std::vector<idx_t> ids(n);
    const idx_t max_id = pair.model.max_id();
    if (n > 0 && max_id > INT64_MAX - static_cast<idx_t>(n)) {
      CHECK_THROWS_AS(pair.index->add(n, x.data(), nullptr), Error);
      return;
    }
    for (size_t i = 0; i < n; ++i) ids[i] = max_id + 1 + static_cast<idx_t>(i);
    pair.index->add(n, x.data(), nullptr);
    pair.model.add(n, x.data(), ids.data());
    CHECK(pair.index->ntotal() == pair.model.size());
  }

  idx_t some_id() {
    if (random_.one_in(30)) return INT64_MIN + static_cast<idx_t>(random_.below(3));
    if (random_.one_in(300)) return INT64_MAX - static_cast<idx_t>(random_.below(3));
    const idx_t id = static_cast<idx_t>(random_.below(600)) - 100;
    return id == -1 ? 7 : id;
  }

  void add_with_ids(Pair& pair) {
    const size_t n = batch();
    const auto x = vectors(n);
    std::vector<idx_t> ids(n);
    for (idx_t& id : ids) id = some_id();
    pair.index->add_with_ids(n, x.data(), ids.data(), nullptr);
    pair.model.add(n, x.data(), ids.data());
  }

  void remove(Pair& pair) {
    std::vector<idx_t> ids(random_.below(60));
    for (idx_t& id : ids) id = some_id();
    const IDSelectorBatch batch(ids.size(), ids.data());
    const IDSelectorRange range(some_id(), some_id());
    const IDSelector& selector = random_.one_in(2) ? static_cast<const IDSelector&>(batch) : range;
    CHECK(pair.index->remove_ids(selector, nullptr) == pair.model.remove(selector));
    CHECK(pair.model.same_lists(*pair.index));
  }

  void upsert(Pair& pair) {
    const size_t n = random_.between(1, 20);
    const auto x = vectors(n);
    std::vector<idx_t> ids(n);
    for (idx_t& id : ids) id = some_id();
    std::vector<idx_t> latest;
    std::vector<float> rows;
    size_t known = 0;
    for (size_t i = 0; i < n; ++i) {
      if (std::find(ids.begin() + static_cast<ptrdiff_t>(i) + 1, ids.end(), ids[i]) != ids.end()) continue;
      latest.push_back(ids[i]);
      rows.insert(rows.end(), x.begin() + static_cast<ptrdiff_t>(i * d_),
                  x.begin() + static_cast<ptrdiff_t>((i + 1) * d_));
      known += pair.model.vectors_of(ids[i]).empty() ? 0 : 1;
    }
    CHECK(pair.index->upsert({n, x.data(), ids.data()}, Index::Missing::kAdd, nullptr) == known);
    pair.model.remove(IDSelectorBatch(n, ids.data()));
    pair.model.add(latest.size(), rows.data(), latest.data());
    if (random_.one_in(6)) pair.index->compact();
    CHECK(pair.model.same_lists(*pair.index));
  }

  void reset(Pair& pair) {
    pair.index->reset();
    pair.model.clear();
    CHECK(pair.index->ntotal() == 0);
    CHECK(pair.index->is_trained());
  }

  void merge() {
    const idx_t add_id = random_.one_in(2) ? one_.model.max_id() : static_cast<idx_t>(random_.below(200)) - 100;
    bool fits = true;
    for (const auto& list : two_.model.lists) {
      for (const auto& row : list) {
        idx_t sum;
        fits &= !__builtin_add_overflow(row.id, add_id, &sum) && sum != -1;
      }
    }
    if (!fits) {
      CHECK_THROWS_AS(one_.index->merge_from(*two_.index, add_id, nullptr), Error);
    } else {
      one_.index->merge_from(*two_.index, add_id, nullptr);
      for (size_t l = 0; l < centroids_.size() / d_; ++l) {
        for (auto row : two_.model.lists[l]) {
          row.id += add_id;
          one_.model.lists[l].push_back(row);
        }
      }
      two_.model.clear();
    }
    CHECK(one_.model.same_lists(*one_.index));
    CHECK(two_.model.same_lists(*two_.index));
  }

  // Queries at random, some of them stored rows.
  std::vector<float> queries(size_t nq) { return vectors(nq); }

  size_t some_nprobe() { return random_.between(1, centroids_.size() / d_ + 2); }

  void search(Pair& pair) {
    const size_t nq = random_.one_in(3) ? 1 : random_.between(0, 40);
    const auto xq = queries(nq);
    const size_t k = random_.one_in(5) ? random_.between(50, 2000) : random_.between(1, 12);
    const IDSelectorRange range(some_id(), some_id());
    const Threads threads(random_.between(1, 4));
    SearchParams params;
    const size_t nprobe = some_nprobe();
    params.set(kNprobe, nprobe);
    if (random_.one_in(3)) params.filter = &range;
    const Answer expected = pair.model.search(nq, xq.data(), k, nprobe, params.filter);
    CHECK(test::search(*pair.index, nq, xq.data(), k, params) == expected);
  }

  void range_search(Pair& pair) {
    const size_t nq = random_.between(0, 6);
    const auto xq = queries(nq);
    const float radius = metric_ == Metric::kL2 ? static_cast<float>(random_.below(2 * d_)) : random_.uniform();
    const IDSelectorRange range(some_id(), some_id());
    SearchParams params;
    const size_t nprobe = some_nprobe();
    params.set(kNprobe, nprobe);
    if (random_.one_in(3)) params.filter = &range;
    RangeResult found;
    pair.index->range_search(nq, xq.data(), radius, params, &found);
    CHECK(same(found, pair.model.range_search(nq, xq.data(), radius, nprobe, params.filter)));
  }

  void reconstruct(Pair& pair) {
    const idx_t id = some_id();
    const auto expected = pair.model.vectors_of(id);
    std::vector<float> x(d_);
    if (expected.empty()) {
      CHECK_THROWS_AS(pair.index->reconstruct(id, x.data()), Error);
    } else {
      pair.index->reconstruct(id, x.data());
      CHECK(std::any_of(expected.begin(), expected.end(), [&](const auto& one) { return same(x, one); }));
    }
  }

  Random random_;
  Metric metric_;
  size_t d_;
  bool whole_, hostile_;
  std::vector<float> centroids_;
  Pair one_, two_;
};

TEST_CASE("ivf model: any sequence of operations gives what a plain model gives") {
  const Threads restore;
  constexpr size_t kWalks = 12;
  for (uint64_t seed = 0; seed < kWalks; ++seed) {
    CAPTURE(seed);
    Walk walk(seed);
    for (size_t step = 0; step < step_count() / kWalks; ++step) {
      CAPTURE(step);
      walk.step();
    }
  }
}

}  // namespace
}  // namespace voronode::test
