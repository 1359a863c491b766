// Mean and scatter of vectors, summed in double: of float32 vectors the products are exact. The order of the sums is
// fixed, so the result has the same bits for any number of threads.
#pragma once

#include <cstddef>
#include <vector>

#include "base/cancel.h"

namespace voronode {

// n vectors of x (rows of d): those numbered rows[0], …, rows[n - 1]; the first n if `rows` is null.
struct VectorSample {
  size_t n, d;
  const float* x;
  const size_t* rows;

  const float* row(size_t i) const noexcept { return x + (rows != nullptr ? rows[i] : i) * d; }
};

// Of size d. kInvalidArgValue if there is no vector.
std::vector<double> mean_of(const VectorSample& sample, const Cancel* cancel);

// Σ (x - mean)(x - mean)ᵀ, d × d: n times the covariance.
std::vector<double> scatter_of(const VectorSample& sample, const std::vector<double>& mean, const Cancel* cancel);

}  // namespace voronode
