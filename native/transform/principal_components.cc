#include "transform/principal_components.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/checked.h"
#include "base/error.h"
#include "base/free_memory.h"
#include "base/thread_pool.h"
#include "clustering/random_choice.h"
#include "transform/orthogonal.h"
#include "transform/statistics.h"
#include "transform/symmetric_eigen.h"

namespace voronode {
namespace {

constexpr uint64_t kSampleSeed = 1234;  // Faiss's
constexpr uint32_t kRotationSeed = 5;   // likewise
constexpr double kFloatEpsilon = 0x1p-23;

std::vector<float> to_floats(const std::vector<double>& x) {
  std::vector<float> out(x.size());
  for (size_t i = 0; i < x.size(); ++i) {
    out[i] = static_cast<float>(x[i]);
    if (std::isfinite(out[i])) continue;
    throw Error(Code::kInvalidArgValue,
                "Float32 cannot hold the principal components of these vectors, which are too large, too small or too "
                "far apart. Scale them");
  }
  return out;
}

// rotation (rows × rows) · x (rows × d).
std::vector<double> turned(size_t rows, size_t d, const std::vector<double>& x, const Cancel* cancel) {
  const std::vector<double> rotation = random_orthogonal(rows, rows, kRotationSeed, cancel);
  std::vector<double> out(rows * d);
  ThreadPool::instance().parallel_for(rows, cancel, [&](size_t i) {
    for (size_t k = 0; k < rows; ++k) {
      const double factor = rotation[i * rows + k];
      for (size_t j = 0; j < d; ++j) out[i * d + j] += factor * x[k * d + j];
    }
  });
  return out;
}

// b = -A mean, for the A that is stored.
std::vector<float> bias(size_t d_in, size_t d_out, const std::vector<float>& A, const std::vector<double>& mean) {
  std::vector<double> b(d_out);
  for (size_t i = 0; i < d_out; ++i) {
    const std::vector<double> row(A.begin() + static_cast<ptrdiff_t>(i * d_in),
                                  A.begin() + static_cast<ptrdiff_t>((i + 1) * d_in));
    b[i] = -dot(row.data(), mean.data(), d_in);
  }
  return to_floats(b);
}

}  // namespace

size_t PCAMatrix::allocated_bytes() const noexcept {
  return LinearTransform::allocated_bytes() +
         (components_.mean.size() + components_.eigenvalues.size() + components_.directions.size()) * sizeof(float);
}

// Of the d_out greatest. Below the square of a float32's precision, beside the greatest, an eigenvalue shows how the
// components of the vectors were rounded, and below d times a double's how the sums were: to divide by it would make
// noise of that.
std::vector<double> PCAMatrix::factors(const std::vector<double>& eigenvalues) const {
  const double power = static_cast<double>(components_.eigen_power);
  const double noise =
      std::max(kFloatEpsilon * kFloatEpsilon, static_cast<double>(d_in()) * std::numeric_limits<double>::epsilon());
  std::vector<double> out(d_out(), 1);
  for (size_t i = 0; i < d_out() && power != 0; ++i) {
    const double value = eigenvalues[i] + static_cast<double>(components_.epsilon);
    if (!(value > 0 && value > noise * eigenvalues[0])) {
      throw Error(
          Code::kInvalidArgValue,
          format("The vectors of the training vary in %zu directions only, and %zu are to be scaled by how much "
                 "they vary in each. Train with more vectors, or keep fewer components",
                 i, d_out()));
    }
    out[i] = power == -0.5 ? 1 / std::sqrt(value) : std::pow(value, power);
  }
  return out;
}

std::shared_ptr<const VectorTransform> PCAMatrix::trained(size_t n, const float* x, const Cancel* cancel) const {
  if (d_out() > d_in()) {
    throw Error(Code::kInvalidArgValue,
                format("A PCAMatrix cannot find %zu components in vectors of %zu", d_out(), d_in()));
  }
  if (components_.balanced_bins != 0)
    throw Error(Code::kUnsupported, "This version does not balance bins in a training");
  const size_t most = std::max(kMaxPoints, kPointsPerComponent * d_in());
  std::vector<size_t> chosen;
  if (n > most) chosen = random_choice(n, most, kSampleSeed);
  const VectorSample sample{std::min(n, most), d_in(), x, n > most ? chosen.data() : nullptr};
  const std::vector<double> mean = mean_of(sample, cancel);
  // The matrix, its eigenvectors, and these as floats.
  const MemoryClaim claim(checked_mul(checked_mul(d_in(), d_in()), 2 * sizeof(double) + sizeof(float)));
  std::vector<double> directions = scatter_of(sample, mean, cancel);
  const std::vector<double> eigenvalues = symmetric_eigen(d_in(), &directions, cancel);

  PrincipalComponents components = components_;
  components.mean.assign(mean.begin(), mean.end());
  components.eigenvalues = to_floats(eigenvalues);
  components.directions = to_floats(directions);
  directions.resize(d_out() * d_in());
  const std::vector<double> scales = factors(eigenvalues);
  for (size_t i = 0; i < directions.size(); ++i) directions[i] *= scales[i / d_in()];
  if (components.random_rotation) directions = turned(d_out(), d_in(), directions, cancel);
  LinearMap map;
  map.A = to_floats(directions);
  map.has_bias = true;
  map.b = bias(d_in(), d_out(), map.A, mean);
  return std::make_shared<PCAMatrix>(d_in(), d_out(), std::move(components), std::move(map), cancel);
}

}  // namespace voronode
