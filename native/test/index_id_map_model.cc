// A hundred thousand random operations on IDMap(Flat) and on a std::multimap, side by side.
#include <doctest/doctest.h>

#include <map>

#include "filter/selector_batch.h"
#include "index/flat.h"
#include "index/id_map.h"
#include "test/random.h"
#include "test/reference.h"

namespace voronode::test {
namespace {

constexpr size_t kD = 5;
constexpr size_t kMost = 400;  // rows; few enough that each answer can be checked

using Vector = std::vector<float>;

// The rows by id; those of one id in the order in which they came.
class Model {
 public:
  void add(idx_t id, Vector x) { rows_.emplace(id, std::move(x)); }
  size_t size() const { return rows_.size(); }
  void clear() { rows_.clear(); }

  size_t remove(const IDSelector& selector) {
    return std::erase_if(rows_, [&](const auto& row) { return selector.is_member(row.first); });
  }

  // Null: there is none.
  const Vector* last(idx_t id) const {
    const auto range = rows_.equal_range(id);
    return range.first == range.second ? nullptr : &std::prev(range.second)->second;
  }

  // Integers as components: the order of the rows, which a multimap does not keep, decides nothing but ties of equal
  // ids.
  Rows rows() const {
    Rows out{Metric::kL2, kD};
    for (const auto& [id, x] : rows_) {
      out.ids.push_back(id);
      out.x.insert(out.x.end(), x.begin(), x.end());
    }
    return out;
  }

 private:
  std::multimap<idx_t, Vector> rows_;
};

idx_t some_id(Random& random) {
  const auto id = static_cast<idx_t>(random.below(300)) - 150;
  return id == -1 ? idx_t{1} << 60 : id;
}

Vector some_vector(Random& random) {
  Vector x(kD);
  for (float& component : x) component = static_cast<float>(random.below(10));
  return x;
}

struct Twins {
  IndexIDMap index{std::make_shared<IndexFlat>(kD, Metric::kL2), false};
  Model model = {};
  Random random;

  explicit Twins(uint64_t seed) : random(seed) {}

  void add() {
    const size_t n = random.one_in(20) ? random.below(60) : random.below(4);
    std::vector<idx_t> ids;
    Vector x;
    for (size_t i = 0; i < n; ++i) {
      ids.push_back(some_id(random));
      const Vector one = some_vector(random);
      x.insert(x.end(), one.begin(), one.end());
      model.add(ids.back(), one);
    }
    index.add_with_ids(n, x.data(), ids.data(), nullptr);
  }

  bool remove() {
    if (random.one_in(3)) {
      const idx_t min = some_id(random);
      const IDSelectorRange range(min, min + static_cast<idx_t>(random.below(20)));
      return index.remove_ids(range, nullptr) == model.remove(range);
    }
    const idx_t ids[] = {some_id(random), some_id(random)};
    const IDSelectorBatch batch(random.between(1, 2), ids);
    return index.remove_ids(batch, nullptr) == model.remove(batch);
  }

  void compact() {
    if (random.one_in(10)) return index.compact();
    const size_t steps = random.below(4);
    for (size_t step = 0; step < steps && index.removed() > 0; ++step) index.compact_some(random.below(2'000));
  }

  // Under ids that may be there, the last of those that repeat.
  bool upsert() {
    const size_t n = random.between(1, 3);
    std::vector<idx_t> ids;
    std::vector<Vector> vectors;
    Vector x;
    for (size_t i = 0; i < n; ++i) {
      ids.push_back(some_id(random));
      vectors.push_back(some_vector(random));
      x.insert(x.end(), vectors.back().begin(), vectors.back().end());
    }
    const auto last = [&](size_t i) {
      return std::find(ids.begin() + static_cast<ptrdiff_t>(i) + 1, ids.end(), ids[i]) == ids.end();
    };
    size_t known = 0;
    for (size_t i = 0; i < n; ++i) known += last(i) && model.last(ids[i]) != nullptr;
    if (known < n && random.one_in(4)) {
      try {
        index.upsert({n, x.data(), ids.data()}, Index::Missing::kRefuse, nullptr);
      } catch (const Error& error) {
        return error.code() == Code::kOutOfRange;
      }
      bool all = true;
      for (idx_t id : ids) all &= model.last(id) != nullptr;
      if (!all) return false;
    } else if (index.upsert({n, x.data(), ids.data()}, Index::Missing::kAdd, nullptr) != known) {
      return false;
    }
    model.remove(IDSelectorBatch(n, ids.data()));
    for (size_t i = 0; i < n; ++i) {
      if (last(i)) model.add(ids[i], vectors[i]);
    }
    return true;
  }

  bool reconstruct() {
    const idx_t id = some_id(random);
    const Vector* const expected = model.last(id);
    Vector x(kD);
    try {
      index.reconstruct(id, x.data());
    } catch (const Error& error) {
      return expected == nullptr && error.code() == Code::kOutOfRange;
    }
    return expected != nullptr && x == *expected;
  }

  bool search() {
    const Vector query = some_vector(random);
    const size_t k = random.between(1, random.one_in(10) ? kMost : 10);
    if (random.one_in(2)) return test::search(index, 1, query.data(), k) == model.rows().search(1, query.data(), k);
    const IDSelectorRange filter(some_id(random), some_id(random));
    SearchParams params;
    params.filter = &filter;
    return test::search(index, 1, query.data(), k, params) == model.rows().search(1, query.data(), k, &filter);
  }

  bool step() {
    const size_t kind = random.below(100);
    if (kind < 30 && model.size() < kMost) {
      add();
    } else if (kind < 36) {
      if (!upsert()) return false;
    } else if (kind < 50) {
      if (!remove()) return false;
      compact();
    } else if (kind < 80) {
      if (!reconstruct()) return false;
    } else if (kind < 99) {
      if (!search()) return false;
    } else if (random.one_in(10)) {
      index.reset();
      model.clear();
    }
    return index.ntotal() == model.size() && index.row_ids().size() == model.size();
  }
};

}  // namespace

TEST_CASE("a hundred thousand operations leave a map of ids what its model is") {
#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
  constexpr size_t kSteps = 20'000;  // many times slower, and no other code is reached by more
#else
  constexpr size_t kSteps = 100'000;
#endif
  Twins twins(51);
  size_t largest = 0;
  for (size_t step = 0; step < kSteps; ++step) {
    const bool right = twins.step();
    CAPTURE(step);
    REQUIRE(right);
    largest = std::max(largest, twins.model.size());
  }
  CHECK(largest > 100);
}

}  // namespace voronode::test
