#include "transform/plain_transforms.h"

#include <algorithm>
#include <cmath>

#include "transform/statistics.h"

namespace voronode {

// ---- To length 1 ----

void normalize_l2(size_t n, size_t d, float* x) noexcept {
  constexpr size_t kLanes = 8;  // a fixed order of summation, whatever the compiler makes of it
  for (size_t i = 0; i < n; ++i, x += d) {
    double lanes[kLanes] = {};
    for (size_t j = 0; j < d; ++j) lanes[j % kLanes] += static_cast<double>(x[j]) * x[j];
    double sum = 0;
    for (double lane : lanes) sum += lane;
    if (sum == 0) continue;
    const double scale = 1 / std::sqrt(sum);
    for (size_t j = 0; j < d; ++j) x[j] = static_cast<float>(x[j] * scale);
  }
}

void NormalizationTransform::apply_rows(size_t n, const float* x, float* out, const Cancel*) const {
  std::copy(x, x + n * d_in(), out);
  normalize_l2(n, d_in(), out);
}

void NormalizationTransform::reverse_row(const float* y, float* x) const { std::copy(y, y + d_in(), x); }

// ---- Less a mean ----

std::shared_ptr<const VectorTransform> CenteringTransform::trained(size_t n, const float* x,
                                                                   const Cancel* cancel) const {
  const std::vector<double> mean = mean_of({n, d_in(), x, nullptr}, cancel);
  return std::make_shared<CenteringTransform>(d_in(), std::vector<float>(mean.begin(), mean.end()));
}

bool CenteringTransform::same_as(const VectorTransform& other) const noexcept {
  return mean_ == static_cast<const CenteringTransform&>(other).mean_;
}

void CenteringTransform::apply_rows(size_t n, const float* x, float* out, const Cancel*) const {
  const size_t d = d_in();
  for (size_t i = 0; i < n; ++i, x += d, out += d) {
    for (size_t j = 0; j < d; ++j) out[j] = x[j] - mean_[j];
  }
}

void CenteringTransform::reverse_row(const float* y, float* x) const {
  for (size_t j = 0; j < d_in(); ++j) x[j] = y[j] + mean_[j];
}

// ---- Components that change places ----

std::shared_ptr<const RemapDimensionsTransform> RemapDimensionsTransform::pad(size_t d_in, size_t d_out) {
  std::vector<int32_t> map(std::max(d_in, d_out), -1);
  for (size_t j = 0; j < d_in; ++j) map[j] = static_cast<int32_t>(j);
  return std::make_shared<RemapDimensionsTransform>(d_in, std::move(map));
}

bool RemapDimensionsTransform::same_as(const VectorTransform& other) const noexcept {
  return map_ == static_cast<const RemapDimensionsTransform&>(other).map_;
}

void RemapDimensionsTransform::apply_rows(size_t n, const float* x, float* out, const Cancel*) const {
  for (size_t i = 0; i < n; ++i, x += d_in(), out += d_out()) {
    for (size_t j = 0; j < d_out(); ++j) out[j] = map_[j] < 0 ? 0.0f : x[map_[j]];
  }
}

void RemapDimensionsTransform::reverse_row(const float* y, float* x) const {
  std::fill(x, x + d_in(), 0.0f);
  for (size_t j = 0; j < d_out(); ++j) {
    if (map_[j] >= 0) x[map_[j]] = y[j];
  }
}

}  // namespace voronode
