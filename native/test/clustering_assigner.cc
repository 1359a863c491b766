// The nearest centroid, against a plain scan: to the bit, for every kind of trouble.
#include <doctest/doctest.h>

#include <cmath>

#include "clustering/assigner.h"
#include "test/random.h"
#include "test/reference.h"
#include "test/threads.h"

namespace voronode::test {
namespace {

// n × d numbers in the manner of `kind`.
std::vector<float> vectors(Random& random, size_t kind, size_t n, size_t d) {
  std::vector<float> x = random.vectors(n, d);
  const std::vector<float> directions = random.vectors(5, d);
  for (size_t i = 0; i < n; ++i) {
    float* const row = x.data() + i * d;
    const float place[] = {random.uniform(), random.uniform(), random.uniform(), random.uniform(), random.uniform()};
    for (size_t j = 0; j < d; ++j) {
      if (kind == 1) row[j] = static_cast<float>(random.below(256));
      if (kind == 2) row[j] *= 1e-30f;  // squares vanish
      if (kind == 3) row[j] *= 1e15f;
      if (kind == 4) row[j] = static_cast<float>(random.below(2));  // many equal distances
      if (kind == 5) row[j] += 500;
      if (kind == 6) row[j] = random.hostile();
      if (kind < 7) continue;
      // Near a space of five dimensions, where reductions are found; 8: off the origin.
      row[j] *= 0.01f;
      for (size_t p = 0; p < 5; ++p) row[j] += place[p] * directions[p * d + j];
      if (kind == 8) row[j] += 3;
    }
    if (i % 50 == 0) std::fill(row, row + d, 0.0f);
    if (i % 50 == 1 && i > 50) std::copy_n(row - 30 * d, d, row);  // equal vectors
  }
  return x;
}
constexpr size_t kKinds = 9;

struct Assignment {
  std::vector<uint32_t> labels;
  std::vector<float> distances;
  bool operator==(const Assignment& other) const { return labels == other.labels && same(distances, other.distances); }
};

Assignment assign(const Assigner& assigner, size_t n, const float* x) {
  Assignment out{std::vector<uint32_t>(n, 7777), std::vector<float>(n, -7.0f)};
  assigner.assign(n, x, out.labels.data(), out.distances.data(), nullptr);
  return out;
}

Assignment expected(Metric metric, size_t n, size_t d, const float* x, const std::vector<float>& centroids) {
  const Rows rows{metric, d, centroids};
  Assignment out;
  for (size_t i = 0; i < n; ++i) {
    Found best{reference_key(metric, x + i * d, centroids.data(), d), 0};
    for (size_t c = 1; c < rows.size(); ++c) {
      const Found found{reference_key(metric, x + i * d, centroids.data() + c * d, d), static_cast<idx_t>(c)};
      if (before(found, best)) best = found;
    }
    out.labels.push_back(static_cast<uint32_t>(best.label));
    out.distances.push_back(rows.sign() * best.key);
  }
  return out;
}

TEST_CASE("every vector gets the centroid that a plain scan finds, to the bit") {
  Random random(41);
  for (size_t c = 0; c < 20 * kKinds; ++c) {
    const size_t kind = c % kKinds;
    const Metric metric = c / kKinds % 2 == 0 ? Metric::kL2 : Metric::kInnerProduct;
    const size_t d = random.one_in(3) ? random.between(33, 150) : random.between(1, 40);
    const size_t ks[] = {1, random.between(2, 63), random.between(64, 255), random.between(256, 400)};
    const size_t k = ks[random.below(4)];
    const size_t n = random.between(1, 300);
    const auto centroids = vectors(random, kind, k, d);
    auto x = vectors(random, random.one_in(8) ? random.below(kKinds) : kind, n, d);
    std::copy_n(centroids.data() + random.below(k) * d, d, x.data());  // one vector is a centroid
    const Assigner assigner(k, d, metric, centroids.data());
    CHECK_MESSAGE(assign(assigner, n, x.data()) == expected(metric, n, d, x.data(), centroids), "case ", c, " kind ",
                  kind, " d ", d, " k ", k, " n ", n);
  }
}

// Sketches that do not fit one slab, float32 pieces that do not fit one call.
TEST_CASE("many centroids are scanned in parts") {
  Random random(42);
  for (const size_t d : {12, 700}) {
    const size_t k = 3000, n = 40;
    for (const Metric metric : kAllMetrics) {
      for (const size_t kind : {d == 12 ? 4 : 0, 6}) {  // 6: no sketch tells anything
        const auto centroids = vectors(random, kind, k, d);
        const auto x = kind == 6 ? vectors(random, kind, n, d) : random.vectors(n, d);
        CHECK(assign(Assigner(k, d, metric, centroids.data()), n, x.data()) ==
              expected(metric, n, d, x.data(), centroids));
      }
    }
  }
}

// The reference above has the library's rounding; this one has hardly any.
TEST_CASE("the centroid found is as near as the nearest in double, but for rounding") {
  Random random(43);
  const size_t d = 96, k = 300, n = 400;
  for (const size_t kind : {0, 5, 7, 8}) {
    const auto centroids = vectors(random, kind, k, d);
    const auto x = vectors(random, kind, n, d);
    const Assignment found = assign(Assigner(k, d, Metric::kL2, centroids.data()), n, x.data());
    for (size_t i = 0; i < n; ++i) {
      const auto distance = [&](size_t c) {
        double sum = 0;
        for (size_t j = 0; j < d; ++j) {
          const double diff = static_cast<double>(x[i * d + j]) - static_cast<double>(centroids[c * d + j]);
          sum += diff * diff;
        }
        return sum;
      };
      double best = distance(0);
      for (size_t c = 1; c < k; ++c) best = std::min(best, distance(c));
      const double slack = (static_cast<double>(d) / 16 + 9) * 0x1p-24 * 2 * best;
      REQUIRE(distance(found.labels[i]) <= best + slack);
      REQUIRE(std::abs(static_cast<double>(found.distances[i]) - best) <= slack);
    }
  }
}

TEST_CASE("threads, batches and a missing output make no difference") {
  Random random(44);
  const size_t d = 64, k = 300, n = 2000;
  const auto centroids = vectors(random, 7, k, d);
  const auto x = vectors(random, 7, n, d);
  const Assigner assigner(k, d, Metric::kL2, centroids.data());
  const Assignment whole = assign(assigner, n, x.data());
  for (const size_t threads : {1, 2, 4, 8}) {
    const Threads set(threads);
    for (const size_t batch : {size_t{1}, size_t{25}, size_t{256}, size_t{999}, n}) {
      Assignment parts;
      for (size_t i = 0; i < n; i += batch) {
        const Assignment part = assign(assigner, std::min(batch, n - i), x.data() + i * d);
        parts.labels.insert(parts.labels.end(), part.labels.begin(), part.labels.end());
        parts.distances.insert(parts.distances.end(), part.distances.begin(), part.distances.end());
      }
      CHECK(parts == whole);
    }
  }
  std::vector<uint32_t> labels(n);
  assigner.assign(n, x.data(), labels.data(), nullptr, nullptr);
  CHECK(labels == whole.labels);
  assigner.assign(0, x.data(), labels.data(), nullptr, nullptr);
}

// Wrong guesses, right guesses and none.
TEST_CASE("a guess changes nothing but the time") {
  Random random(45);
  const size_t d = 40, k = 300, n = 200;
  for (const size_t kind : {0, 4, 7}) {
    const auto centroids = vectors(random, kind, k, d);
    const auto x = vectors(random, kind, n, d);
    const Assigner assigner(k, d, Metric::kL2, centroids.data());
    const Assignment whole = assign(assigner, n, x.data());
    PointSketches points(n, x.data());
    Assigner::Scratch scratch(assigner);
    std::vector<Nearest> nearest(n);
    for (int round = 0; round < 2; ++round) {
      for (size_t i = 0; i < n; ++i) {
        if (i % 3 == 0) nearest[i] = {};
        if (i % 3 == 1) nearest[i].label = static_cast<uint32_t>(random.below(k));
        if (i % 3 != 0) nearest[i].key = assigner.key(x.data() + i * d, nearest[i].label);
      }
      assigner.scan(points, nearest.data(), scratch);
      for (size_t i = 0; i < n; ++i) {
        REQUIRE(nearest[i].label == whole.labels[i]);
        REQUIRE(same(nearest[i].key, whole.distances[i]));
      }
    }
  }
}

TEST_CASE("assigning stops when it is cancelled") {
  Random random(46);
  const auto centroids = random.vectors(100, 20);
  const auto x = random.vectors(3000, 20);
  std::vector<uint32_t> labels(3000);
  Cancel cancel;
  cancel.fire();
  const Assigner assigner(100, 20, Metric::kL2, centroids.data());
  CHECK_THROWS_AS(assigner.assign(3000, x.data(), labels.data(), nullptr, &cancel), Error);
}

}  // namespace
}  // namespace voronode::test
