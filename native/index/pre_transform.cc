#include "index/pre_transform.h"

#include <algorithm>
#include <cfloat>
#include <cmath>
#include <limits>

#include "base/aligned.h"

namespace voronode {
namespace {

// The chain's dimensions fit together; returns the last stage's index for the base class.
Index& fitting(const std::vector<std::unique_ptr<VectorTransform>>& chain, const std::shared_ptr<Index>& inner) {
  size_t d = inner->d();
  for (auto stage = chain.rbegin(); stage != chain.rend(); ++stage) {
    if ((*stage)->d_out() != d) {
      throw Error(Code::kDimension,
                  format("%s gives %zu components where %zu are needed", (*stage)->kind(), (*stage)->d_out(), d));
    }
    d = (*stage)->d_in();
  }
  return *inner;
}

// x (n × chain's d_in) through the chain.
class Transformed {
 public:
  Transformed(const std::vector<std::unique_ptr<VectorTransform>>& chain, size_t n, const float* x) {
    for (const auto& stage : chain) {
      auto out = std::make_unique<AlignedArray<float>>(checked_mul(n, stage->d_out()));
      stage->apply(n, data_ != nullptr ? data_->data() : x, out->data());
      data_ = std::move(out);
    }
    x_ = data_ != nullptr ? data_->data() : x;
  }
  const float* data() const noexcept { return x_; }

 private:
  std::unique_ptr<AlignedArray<float>> data_;
  const float* x_;
};

// NaN stays, and so does the padding.
void clamp_cosines(size_t n, float* cosines) noexcept {
  for (size_t i = 0; i < n; ++i) {
    if (cosines[i] != -FLT_MAX) cosines[i] = std::clamp(cosines[i], -1.0f, 1.0f);
  }
}

// The radius that a cosine is beyond before it is clamped if and only if it is beyond `radius` afterwards.
float unclamped_radius(float radius) noexcept {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  if (radius >= 1) return kInfinity;
  return radius < -1 ? -kInfinity : radius;
}

}  // namespace

void NormalizationTransform::apply(size_t n, const float* x, float* out) const noexcept {
  if (out != x) std::copy(x, x + n * d_, out);
  normalize_l2(n, d_, out);
}

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

IndexPreTransform::IndexPreTransform(std::vector<std::unique_ptr<VectorTransform>> chain, std::shared_ptr<Index> inner)
    : Index(chain.empty() ? inner->d() : chain.front()->d_in(), inner->metric(), fitting(chain, inner)),
      chain_(std::move(chain)),
      inner_(std::move(inner)) {}

void IndexPreTransform::add(size_t n, const float* x, const Cancel* cancel) {
  const Transformed y(chain_, n, x);
  inner_->add(n, y.data(), cancel);
}

void IndexPreTransform::add_with_ids(size_t n, const float* x, const idx_t* ids, const Cancel* cancel) {
  const Transformed y(chain_, n, x);
  inner_->add_with_ids(n, y.data(), ids, cancel);
}

void IndexPreTransform::train(size_t n, const float* x, const Cancel* cancel) {
  const Transformed y(chain_, n, x);
  inner_->train(n, y.data(), cancel);
}

Clustering IndexPreTransform::train(size_t n, const float* x, const ClusteringParams& params, const Cancel* cancel,
                                    const ClusteringProgress& progress) {
  const Transformed y(chain_, n, x);
  return inner_->train(n, y.data(), params, cancel, progress);
}

void IndexPreTransform::search(size_t nq, const float* xq, size_t k, const SearchParams& params, float* distances,
                               idx_t* labels) const {
  const Transformed y(chain_, nq, xq);
  inner_->search(nq, y.data(), k, params, distances, labels);
  if (gives_cosines()) clamp_cosines(nq * k, distances);
}

void IndexPreTransform::range_search(size_t nq, const float* xq, float radius, const SearchParams& params,
                                     RangeResult* result) const {
  const Transformed y(chain_, nq, xq);
  const bool cosines = gives_cosines();
  inner_->range_search(nq, y.data(), cosines ? unclamped_radius(radius) : radius, params, result);
  if (cosines) clamp_cosines(result->distances.size(), result->distances.data());
}

size_t IndexPreTransform::remove_ids(const IDSelector& selector, const Cancel* cancel) {
  return inner_->remove_ids(selector, cancel);
}

}  // namespace voronode
