// One run of k-means (Lloyd's iteration) over points that are all used, from given centroids.
#pragma once

#include <cstdint>
#include <deque>
#include <vector>

#include "clustering/assigner.h"
#include "clustering/iteration.h"

namespace voronode {

class Lloyd {
 public:
  // points: n × d, kept by reference. spherical: see ClusteringParams.
  Lloyd(size_t n, size_t d, const float* points, size_t k, bool spherical, const Cancel* cancel);

  // Begins anew from these points.
  void start(const std::vector<size_t>& chosen);

  ClusteringIteration iterate();

  const std::vector<float>& centroids() const noexcept { return centroids_; }

 private:
  Metric metric() const noexcept { return spherical_ ? Metric::kInnerProduct : Metric::kL2; }
  void assign();

  void list_members();
  size_t size(size_t c) const noexcept { return first_[c + 1] - first_[c]; }
  double objective() const;
  double imbalance() const;
  void move_centroids();
  void add_members(size_t first, size_t count, double* sums) const noexcept;
  size_t split_empty();
  void part(size_t donor, size_t empty) noexcept;
  void normalize() noexcept;

  const size_t n_, d_;
  const float* const points_;
  const size_t k_;
  const bool spherical_;
  const Cancel* const cancel_;
  SketchSpaces spaces_;
  std::deque<PointSketches> sketches_;  // per block of points
  std::vector<float> centroids_;
  std::vector<Nearest> nearest_;
  std::vector<uint32_t> members_;  // members_[first_[c]] … members_[first_[c + 1] - 1]: the points of c, ascending
  std::vector<size_t> first_;
  bool assigned_ = false;
};

}  // namespace voronode
