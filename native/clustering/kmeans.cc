#include "clustering/kmeans.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

#include "base/aligned.h"
#include "base/thread_pool.h"
#include "clustering/lloyd.h"
#include "clustering/random_choice.h"

namespace voronode {
namespace {

constexpr uint64_t kSeedStep = 15486557;  // between the seeds of the runs, as in Faiss
constexpr size_t kCopyRows = 1024;        // vectors a task

// All, or as many as are allowed. REQUIRES: k ≥ 1.
size_t points_used(size_t n, size_t k, const ClusteringParams& params) noexcept {
  return n / k < params.max_points_per_centroid ? n : k * params.max_points_per_centroid;
}

void check_params(size_t n, size_t k, const ClusteringParams& params) {
  const auto positive = [](const char* name, size_t value) {
    if (value > 0) return;
    throw Error(Code::kOutOfRange,
                format("The value of \"%s\" is out of range. It must be an integer >= 1. Received 0", name));
  };
  positive("k", k);
  positive("niter", params.niter);
  positive("nredo", params.nredo);
  positive("maxPointsPerCentroid", params.max_points_per_centroid);
  if (n < k) {
    throw Error(
        Code::kInvalidArgValue,
        format("k-means needs at least as many vectors as centroids. Received %zu vectors for %zu centroids; give "
               "more vectors (%zu or more are advised) or ask for fewer centroids",
               n, k, checked_mul(k, params.min_points_per_centroid)));
  }
  if (points_used(n, k, params) <= std::numeric_limits<uint32_t>::max()) return;  // Lloyd numbers them so
  throw Error(Code::kOutOfRange,
              format("The value of \"maxPointsPerCentroid\" is out of range. Times k, %zu, it must be below 4294967296 "
                     "for so many vectors. Received %zu",
                     k, params.max_points_per_centroid));
}

// The rows of x that are named, side by side.
void copy_rows(const std::vector<size_t>& rows, size_t d, const float* x, const Cancel* cancel, float* out) {
  ThreadPool::instance().parallel_for((rows.size() + kCopyRows - 1) / kCopyRows, cancel, [&](size_t task) {
    const size_t end = std::min(rows.size(), (task + 1) * kCopyRows);
    for (size_t i = task * kCopyRows; i < end; ++i) std::copy_n(x + rows[i] * d, d, out + i * d);
  });
}

// Whether `a` is the better of two objectives.
bool better(double a, double b, bool spherical) noexcept { return spherical ? a > b : a < b; }

}  // namespace

Clustering kmeans(size_t n, size_t d, const float* x, size_t k, const ClusteringParams& params, const Cancel* cancel,
                  const ClusteringProgress& progress) {
  check_params(n, k, params);
  check(cancel);
  Clustering best;
  best.few_points = n / k < params.min_points_per_centroid;
  best.points = points_used(n, k, params);
  std::optional<AlignedArray<float>> sample;
  if (best.points < n) {
    sample.emplace(checked_mul(best.points, d));
    copy_rows(random_choice(n, best.points, params.seed), d, x, cancel, sample->data());
    x = sample->data();
  }
  if (best.points == k) {
    best.centroids.assign(x, x + k * d);
    best.iterations = {{0.0, 1.0, 0}};
    if (progress) progress({0, 1, 0, 1, best.iterations[0]});
    return best;
  }
  Lloyd lloyd(best.points, d, x, k, params.spherical, cancel);
  for (size_t run = 0; run < params.nredo; ++run) {
    lloyd.start(random_choice(best.points, k, params.seed + 1 + run * kSeedStep));
    std::vector<ClusteringIteration> iterations;
    while (iterations.size() < params.niter) {
      iterations.push_back(lloyd.iterate());
      const double objective = iterations.back().objective;
      if (progress) progress({run, params.nredo, iterations.size() - 1, params.niter, iterations.back()});
      if (iterations.size() > 1 && std::isfinite(objective) && objective == iterations.end()[-2].objective) break;
    }
    if (run == 0 || better(iterations.back().objective, best.iterations.back().objective, params.spherical)) {
      best.centroids = lloyd.centroids();
      best.iterations = std::move(iterations);
    }
  }
  return best;
}

}  // namespace voronode
