// Faiss's PCAMatrix: onto the directions in which the vectors of the training vary most ("PCA…"), each scaled by a
// power of how much they do ("PCAW…": -1/2), and all turned at random ("PCAR…").
//
// As in Faiss the eigenvalues are of Σ (x - mean)(x - mean)ᵀ, not divided by the number of vectors: after whitening,
// components vary by 1 / √n. Unlike Faiss, which sums in float32 and takes another way for fewer vectors than
// components, all is computed in double, and always from that matrix: directions in which the vectors do not vary are
// directions still. Each one's sign is that which makes its largest component positive; Faiss's is its LAPACK's.
#pragma once

#include "transform/linear_transform.h"

namespace voronode {

// What Faiss keeps of a training beside the map that came of it. After ours eigenvalues are d_in, directions d_in × d_in.
struct PrincipalComponents {
  float eigen_power = 0;
  float epsilon = 0;  // added to the eigenvalues before they are raised to the power
  bool random_rotation = false;
  int32_t balanced_bins = 0;       // of files; not 0 in none that is to be trained
  std::vector<float> mean;         // of size d_in, or empty
  std::vector<float> eigenvalues;  // the greatest first
  std::vector<float> directions;   // rows of d_in
};

class PCAMatrix final : public LinearTransform {
 public:
  // REQUIRES: d_out ≤ d_in if it is to be trained.
  PCAMatrix(size_t d_in, size_t d_out, PrincipalComponents components,
            LinearMap map = {.A = {}, .b = {}, .has_bias = true}, const Cancel* cancel = nullptr)
      : LinearTransform(d_in, d_out, std::move(map), cancel), components_(std::move(components)) {}
  const char* kind() const noexcept override { return "PCAMatrix"; }
  // From a sample of at most kMaxPoints vectors, or kPointsPerComponent · d_in if that is more (Faiss: 1000 · d_in).
  // kInvalidArgValue if there is none, if whitening would divide by 0, or if float32 cannot hold the results.
  std::shared_ptr<const VectorTransform> trained(size_t n, const float* x, const Cancel* cancel) const override;
  size_t allocated_bytes() const noexcept override;
  const PrincipalComponents& components() const noexcept { return components_; }

  static constexpr size_t kMaxPoints = size_t{1} << 16;
  static constexpr size_t kPointsPerComponent = 256;  // as many as k-means takes for a centroid

 private:
  std::vector<double> factors(const std::vector<double>& eigenvalues) const;

  PrincipalComponents components_;
};

}  // namespace voronode
