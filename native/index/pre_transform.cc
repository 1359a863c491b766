#include "index/pre_transform.h"

#include <algorithm>
#include <cfloat>
#include <cmath>
#include <cstring>
#include <limits>

#include "base/aligned.h"

namespace voronode {
namespace {

// The dimension of what goes into the chain, whose stages must fit together and to the index behind it.
size_t dimension_of(const std::vector<std::unique_ptr<VectorTransform>>& chain, const Index& inner) {
  size_t d = inner.d();
  for (auto stage = chain.rbegin(); stage != chain.rend(); ++stage) {
    if ((*stage)->d_out() != d) {
      throw Error(Code::kDimension,
                  format("%s gives %zu components where %zu are needed", (*stage)->kind(), (*stage)->d_out(), d));
    }
    d = (*stage)->d_in();
  }
  return d;
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

IndexPreTransform::IndexPreTransform(std::vector<std::unique_ptr<VectorTransform>> chain,
                                     const std::shared_ptr<Index>& inner)
    : Wrapper(dimension_of(chain, *inner), inner), chain_(std::move(chain)) {
  commit();
}

void IndexPreTransform::add(size_t n, const float* x, const Cancel* cancel) {
  const Transformed y(chain_, n, x);
  base().add(n, y.data(), cancel);
}

void IndexPreTransform::add_with_ids(size_t n, const float* x, const idx_t* ids, const Cancel* cancel) {
  const Transformed y(chain_, n, x);
  base().add_with_ids(n, y.data(), ids, cancel);
}

Clustering IndexPreTransform::learn(size_t n, const float* x, const ClusteringParams& params, const Cancel* cancel,
                                    const ClusteringProgress& progress) {
  const Transformed y(chain_, n, x);
  return base().train(n, y.data(), params, cancel, progress);
}

void IndexPreTransform::search(size_t nq, const float* xq, size_t k, const SearchParams& params, float* distances,
                               idx_t* labels) const {
  const Transformed y(chain_, nq, xq);
  base().search(nq, y.data(), k, params, distances, labels);
  if (gives_cosines()) clamp_cosines(nq * k, distances);
}

void IndexPreTransform::range_search(size_t nq, const float* xq, float radius, const SearchParams& params,
                                     RangeResult* result) const {
  const Transformed y(chain_, nq, xq);
  const bool cosines = gives_cosines();
  base().range_search(nq, y.data(), cosines ? unclamped_radius(radius) : radius, params, result);
  if (cosines) clamp_cosines(result->distances.size(), result->distances.data());
}

void IndexPreTransform::merge_from(Index& other, idx_t add_id, const Cancel* cancel) {
  check_mergeable(other);
  base().merge_from(*other.inner(), add_id, cancel);
}

void IndexPreTransform::check_mergeable(const Index& other) const {
  Wrapper::check_mergeable(other);
  const auto& theirs = dynamic_cast<const IndexPreTransform&>(other).chain_;
  const auto same = [](const auto& a, const auto& b) {
    return std::strcmp(a->kind(), b->kind()) == 0 && a->d_in() == b->d_in() && a->d_out() == b->d_out() &&
           a->same_as(*b);
  };
  if (std::equal(chain_.begin(), chain_.end(), theirs.begin(), theirs.end(), same)) return;
  throw Error(Code::kUnsupported, "Only an index with the same transforms can be merged");
}

}  // namespace voronode
