// What one iteration of k-means found.
#pragma once

#include <cstddef>

namespace voronode {

struct ClusteringIteration {
  double objective;  // sum over the vectors of the squared distance (spherical: the inner product) to their centroid
  double imbalance;  // k · Σ size² / n²: 1 if all clusters are equal, k if one has everything
  size_t splits;     // clusters that were empty and got half of another
};

}  // namespace voronode
