// k-means in the manner of Faiss: the same defaults, the same draws of the same random numbers, so that both find much
// the same centroids; every assignment is exact, and the result is the same to the bit for any number of threads and
// any instruction set.
//
//   Sample       more than max_points_per_centroid · k vectors: that many, the first of a random permutation (seed).
//   Start        k different vectors, the first of another permutation (seed + 1 + 15 486 557 · run).
//   Iteration    assign each vector to its nearest centroid; move each centroid to the mean of its vectors; give each
//                centroid that has none half of another one's, chosen at random in proportion to its size (seed 1234).
//   End          after niter iterations, or when the objective does not change; of nredo runs the best is kept.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "base/cancel.h"
#include "clustering/iteration.h"
#include "storage/metric.h"

namespace voronode {

struct ClusteringParams {
  size_t niter = 25;  // ≥ 1; Faiss trains an IVF with 10
  size_t nredo = 1;   // ≥ 1
  // For inner products: assigns to the centroid with the largest inner product, brings centroids to norm 1.
  bool spherical = false;
  uint32_t seed = 1234;
  size_t min_points_per_centroid = 39;   // with fewer the result says so (few_points)
  size_t max_points_per_centroid = 256;  // ≥ 1; with more a sample is used
};

struct Clustering {
  std::vector<float> centroids;                 // k × d
  std::vector<ClusteringIteration> iterations;  // of the run that was kept
  size_t points = 0;                            // vectors used: n, or fewer if sampled
  bool few_points = false;                      // n < min_points_per_centroid · k
};

// An iteration that is done, and how many there are at the most.
struct ClusteringStep {
  size_t run, runs;              // 0 to runs - 1
  size_t iteration, iterations;  // of this run, 0 to iterations - 1
  ClusteringIteration found;
};

// Called after each iteration, on the thread that called kmeans.
using ClusteringProgress = std::function<void(const ClusteringStep&)>;

// Clusters n vectors x (n × d, finite) into k. n = k: the vectors themselves, in their order, as one iteration of
// objective 0. Throws kInvalidArgValue if n < k, kOutOfRange if k, niter, nredo or max_points_per_centroid is 0 or
// 2³² vectors or more would be used, kAborted, kNoMemory. Works on all threads of the pool.
Clustering kmeans(size_t n, size_t d, const float* x, size_t k, const ClusteringParams& params, const Cancel* cancel,
                  const ClusteringProgress& progress = nullptr);

}  // namespace voronode
