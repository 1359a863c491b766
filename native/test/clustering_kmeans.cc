// k-means: against a plain one, and what it promises about samples, empty clusters, threads and errors.
#include <doctest/doctest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <string>

#include "base/error.h"
#include "clustering/kmeans.h"
#include "test/random.h"
#include "test/reference.h"
#include "test/threads.h"

namespace voronode::test {
namespace {

Clustering run(const std::vector<float>& x, size_t d, size_t k, const ClusteringParams& params = {}) {
  return kmeans(x.size() / d, d, x.data(), k, params, nullptr);
}

ClusteringParams iterations(size_t niter) {
  ClusteringParams params;
  params.niter = niter;
  return params;
}

// Points around `centres` places.
std::vector<float> clumps(Random& random, size_t centres, size_t n, size_t d, float width) {
  const auto places = random.vectors(centres, d);
  std::vector<float> x(n * d);
  for (size_t i = 0; i < n; ++i) {
    for (size_t j = 0; j < d; ++j) x[i * d + j] = places[i % centres * d + j] + width * random.uniform();
  }
  return x;
}

bool same_result(const Clustering& a, const Clustering& b) {
  if (!same(a.centroids, b.centroids) || a.iterations.size() != b.iterations.size()) return false;
  for (size_t i = 0; i < a.iterations.size(); ++i) {
    const ClusteringIteration& p = a.iterations[i];
    const ClusteringIteration& q = b.iterations[i];
    if (std::bit_cast<uint64_t>(p.objective) != std::bit_cast<uint64_t>(q.objective)) return false;
    if (p.imbalance != q.imbalance || p.splits != q.splits) return false;
  }
  return a.points == b.points && a.few_points == b.few_points;
}

// Of each point to its nearest centroid, in double.
double objective(const std::vector<float>& x, size_t d, const std::vector<float>& centroids) {
  double total = 0;
  for (size_t i = 0; i < x.size(); i += d) {
    double best = std::numeric_limits<double>::infinity();
    for (size_t c = 0; c < centroids.size(); c += d) {
      double sum = 0;
      for (size_t j = 0; j < d; ++j) {
        const double diff = static_cast<double>(x[i + j]) - static_cast<double>(centroids[c + j]);
        sum += diff * diff;
      }
      best = std::min(best, sum);
    }
    total += best;
  }
  return total;
}

Code code_of(const std::vector<float>& x, size_t d, size_t k, const ClusteringParams& params = {},
             const Cancel* cancel = nullptr, std::string* message = nullptr) {
  try {
    kmeans(x.size() / d, d, x.data(), k, params, cancel);
  } catch (const Error& error) {
    if (message != nullptr) *message = error.what();
    return error.code();
  }
  FAIL("no error");
  return Code::kSystem;
}

TEST_CASE("each iteration reports the objective of the centroids it began with, and improves on it") {
  Random random(51);
  for (const size_t k : {5, 80}) {
    const size_t d = 24, n = 4000;
    const auto x = clumps(random, 100, n, d, 0.2f);
    ClusteringParams params = iterations(1);
    params.max_points_per_centroid = n;
    Clustering before = run(x, d, k, params);
    for (size_t i = 2; i <= 8; ++i) {
      params.niter = i;
      const Clustering after = run(x, d, k, params);
      const double expected = objective(x, d, before.centroids);
      REQUIRE(after.iterations.size() == i);
      CHECK(after.iterations.back().objective == doctest::Approx(expected).epsilon(1e-6));
      if (before.iterations.back().splits == 0) {
        CHECK(after.iterations[i - 1].objective <= after.iterations[i - 2].objective * (1 + 1e-6));
      }
      before = after;
    }
  }
}

TEST_CASE("a centroid is the mean of its points") {
  Random random(52);
  std::vector<float> x = random.vectors(500, 7);
  const Clustering one = run(x, 7, 1);
  ClusteringParams all;
  all.max_points_per_centroid = 500;
  const Clustering mean = run(x, 7, 1, all);
  CHECK(one.points == 256);
  CHECK(mean.points == 500);
  CHECK(mean.iterations.size() <= 3);  // the mean does not move
  for (size_t j = 0; j < 7; ++j) {
    double sum = 0;
    for (size_t i = 0; i < 500; ++i) sum += static_cast<double>(x[i * 7 + j]);
    CHECK(static_cast<double>(mean.centroids[j]) == doctest::Approx(sum / 500).epsilon(1e-6));
  }
}

TEST_CASE("clumps that lie apart are found, and the search ends when nothing changes") {
  Random random(53);
  std::vector<float> x;
  for (size_t i = 0; i < 400; ++i) {
    x.push_back(static_cast<float>(i % 4) * 100 + random.uniform());
    x.push_back(random.uniform());
  }
  ClusteringParams params = iterations(100);
  params.nredo = 10;
  const Clustering found = run(x, 2, 4, params);
  CHECK(found.iterations.size() < 100);
  CHECK(found.iterations.back().objective < 400 * 2);
  CHECK(found.iterations.back().objective == found.iterations.end()[-2].objective);
  CHECK(found.iterations.back().imbalance == doctest::Approx(1));
}

TEST_CASE("n = k: the vectors themselves; n < k: an error that says what to do") {
  Random random(54);
  const auto x = random.vectors(20, 3);
  const Clustering copied = run(x, 3, 20);
  CHECK(copied.centroids == x);
  REQUIRE(copied.iterations.size() == 1);
  CHECK(copied.iterations[0].objective == 0);
  CHECK(copied.few_points);
  std::string message;
  CHECK(code_of(x, 3, 21, {}, nullptr, &message) == Code::kInvalidArgValue);
  CHECK(message.find("20 vectors for 21 centroids") != std::string::npos);
  CHECK(message.find("fewer centroids") != std::string::npos);
}

TEST_CASE("parameters out of range are refused") {
  Random random(55);
  const auto x = random.vectors(20, 3);
  ClusteringParams params;
  CHECK(code_of(x, 3, 0) == Code::kOutOfRange);
  params.niter = 0;
  CHECK(code_of(x, 3, 2, params) == Code::kOutOfRange);
  params = {};
  params.nredo = 0;
  CHECK(code_of(x, 3, 2, params) == Code::kOutOfRange);
  params = {};
  params.max_points_per_centroid = 0;
  CHECK(code_of(x, 3, 2, params) == Code::kOutOfRange);
  params.max_points_per_centroid = std::numeric_limits<size_t>::max();  // no sample
  CHECK(run(x, 3, 2, params).points == 20);
  CHECK_THROWS_AS(kmeans(size_t{1} << 33, 3, nullptr, size_t{1} << 25, {}, nullptr), Error);  // 2³³ points
}

TEST_CASE("samples: as many as asked for, all different; few points are told") {
  Random random(56);
  const size_t d = 2, k = 3;
  std::vector<float> x;
  for (size_t i = 0; i < 5000; ++i) {
    x.push_back(static_cast<float>(i));
    x.push_back(random.uniform());
  }
  CHECK(run(x, d, k).points == 3 * 256);
  ClusteringParams params;
  params.max_points_per_centroid = 1;
  const Clustering few = run(x, d, k, params);  // a sample of three: n = k
  CHECK(few.points == 3);
  CHECK(few.centroids[0] != few.centroids[2]);
  CHECK(few.centroids[2] != few.centroids[4]);
  CHECK(few.centroids[0] != few.centroids[4]);
  params.seed = 4321;
  CHECK(run(x, d, k, params).centroids != few.centroids);

  const auto told = [&](size_t n) { return kmeans(n, d, x.data(), k, {}, nullptr).few_points; };
  CHECK(told(3 * 39 - 1));
  CHECK_FALSE(told(3 * 39));
  CHECK(kmeans(3 * 256, d, x.data(), k, {}, nullptr).points == 3 * 256);
  CHECK(kmeans(3 * 256 + 1, d, x.data(), k, {}, nullptr).points == 3 * 256);
}

TEST_CASE("empty clusters get half of another one") {
  // Two places, 60 points each: of 10 centroids, chosen among the points, eight equal an earlier one and stay empty.
  std::vector<float> x;
  for (size_t i = 0; i < 120; ++i) {
    for (size_t j = 0; j < 4; ++j) x.push_back(i % 2 == 0 ? 1.0f : 5.0f);
  }
  const Clustering found = run(x, 4, 10, iterations(5));
  CHECK(found.iterations[0].splits == 8);
  CHECK(objective(x, 4, found.centroids) < 120 * 4 * 0.01);
  for (const float component : found.centroids) CHECK(std::isfinite(component));

  const std::vector<float> zeros(600, 0.0f);
  const Clustering none = run(zeros, 6, 20, iterations(3));
  CHECK(none.centroids == std::vector<float>(120, 0.0f));
  CHECK(none.iterations[0].splits == 19);
  CHECK(none.iterations[0].imbalance == doctest::Approx(20));
}

TEST_CASE("spherical: centroids of norm 1, the objective is the sum of inner products") {
  Random random(57);
  const size_t d = 32, k = 70, n = 3000;
  const auto x = clumps(random, 60, n, d, 0.3f);
  ClusteringParams params = iterations(6);
  params.spherical = true;
  const Clustering found = run(x, d, k, params);
  for (size_t c = 0; c < k; ++c) {
    double norm2 = 0;
    for (size_t j = 0; j < d; ++j) norm2 += std::pow(static_cast<double>(found.centroids[c * d + j]), 2);
    CHECK(norm2 == doctest::Approx(1).epsilon(1e-6));
  }
  params.niter = 5;
  const Clustering before = run(x, d, k, params);
  double total = 0;
  for (size_t i = 0; i < n; ++i) {
    double best = -1e300;
    for (size_t c = 0; c < k; ++c) {
      double product = 0;
      for (size_t j = 0; j < d; ++j) {
        product += static_cast<double>(x[i * d + j]) * static_cast<double>(before.centroids[c * d + j]);
      }
      best = std::max(best, product);
    }
    total += best;
  }
  CHECK(found.iterations.back().objective == doctest::Approx(total).epsilon(1e-6));
  CHECK(found.iterations.back().objective > found.iterations.front().objective);
}

TEST_CASE("the best of several runs is kept") {
  Random random(58);
  const auto x = clumps(random, 12, 1500, 3, 0.1f);
  ClusteringParams params = iterations(4);
  params.nredo = 6;
  double best = std::numeric_limits<double>::infinity();
  size_t calls = 0;
  const Clustering found = kmeans(1500, 3, x.data(), 12, params, nullptr, [&](const ClusteringStep& step) {
    CHECK(step.run == calls / 4);
    CHECK(step.runs == 6);
    CHECK(step.iteration == calls % 4);
    CHECK(step.iterations == 4);
    ++calls;
    if (step.iteration == 3) best = std::min(best, step.found.objective);
  });
  CHECK(calls == 24);
  CHECK(found.iterations.back().objective == best);
}

TEST_CASE("hostile scales: finite centroids, no hang") {
  Random random(59);
  for (const float scale : {1e-38f, 1e-30f, 1e-12f, 1e15f, 1e19f, 3e38f}) {
    for (const bool spherical : {false, true}) {
      std::vector<float> x = random.vectors(2000, 20);
      for (float& component : x) component *= scale;
      ClusteringParams params = iterations(4);
      params.spherical = spherical;
      const Clustering found = run(x, 20, 70, params);
      for (const float component : found.centroids) REQUIRE(std::isfinite(component));
      CHECK(found.iterations.size() >= 1);
    }
  }
  std::vector<float> x(2000 * 20);
  for (float& component : x) component = random.hostile();
  for (const float component : run(x, 20, 70, iterations(4)).centroids) REQUIRE(std::isfinite(component));
}

TEST_CASE("cancelling stops it between blocks, and from the progress callback") {
  Random random(60);
  const auto x = random.vectors(3000, 16);
  Cancel fired;
  fired.fire();
  CHECK(code_of(x, 16, 100, {}, &fired) == Code::kAborted);
  Cancel cancel;
  size_t calls = 0;
  CHECK_THROWS_AS(kmeans(3000, 16, x.data(), 100, {}, &cancel,
                         [&](const ClusteringStep&) {
                           if (++calls == 2) cancel.fire();
                         }),
                  Error);
  CHECK(calls == 2);
}

uint64_t fingerprint(const Clustering& found) {
  uint64_t hash = 14695981039346656037u;  // FNV-1a
  const auto* const bytes = reinterpret_cast<const unsigned char*>(found.centroids.data());
  for (size_t i = 0; i < found.centroids.size() * sizeof(float); ++i) hash = (hash ^ bytes[i]) * 1099511628211u;
  return hash;
}

// The numbers were written down once. They hold for every target (VORONODE_SIMD), compiler and number of threads.
TEST_CASE("the same centroids to the bit for any number of threads, on any machine") {
  Random random(61);
  const size_t d = 48, k = 260, n = 9000;
  std::vector<float> flat = clumps(random, 400, n, d, 0.3f);
  for (size_t i = 0; i < n; ++i) {
    // Nearly eight dimensions: sketches are reduced.
    for (size_t j = 8; j < d; ++j) flat[i * d + j] = 0.01f * flat[i * d + j] + flat[i * d + j % 8];
  }
  const std::vector<float> round = clumps(random, 400, n, d, 0.3f);
  ClusteringParams params = iterations(5);
  for (const bool spherical : {false, true}) {
    params.spherical = spherical;
    for (size_t kind = 0; kind < 2; ++kind) {
      const std::vector<float>& x = kind == 0 ? flat : round;
      const Threads one(1);
      const Clustering expected = run(x, d, k, params);
      for (const size_t threads : {2, 4, 8}) {
        const Threads set(threads);
        CHECK(same_result(run(x, d, k, params), expected));
      }
      const uint64_t known[] = {16886276462252930369u, 417758723666214311u, 4672534468463428850u, 4147386433074973761u};
      CHECK(fingerprint(expected) == known[(spherical ? 2 : 0) + kind]);
    }
  }
}

TEST_CASE("whole numbers: the objective is exact") {
  Random random(62);
  std::vector<float> x(4000 * 10);
  for (float& component : x) component = static_cast<float>(random.below(256));
  // The first centroids are points, so the first distances are whole numbers, and so is their sum.
  const Clustering found = run(x, 10, 16, iterations(1));
  CHECK(found.iterations[0].objective == std::floor(found.iterations[0].objective));
  CHECK(run(x, 10, 16, iterations(10)).iterations.back().objective < found.iterations[0].objective);
}

}  // namespace
}  // namespace voronode::test
