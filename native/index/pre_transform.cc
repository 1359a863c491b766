#include "index/pre_transform.h"

#include <algorithm>
#include <cfloat>
#include <cstring>
#include <limits>

#include "base/aligned.h"
#include "base/poll.h"

namespace voronode {
namespace {

// The dimension of what goes into the chain, whose stages must fit together and to the index behind it.
size_t dimension_of(const TransformChain& chain, const Index& inner) {
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

// n vectors on their way through a chain.
class Transformed {
 public:
  Transformed(size_t n, const float* x) : n_(n), x_(x) {}
  Transformed(const TransformChain& chain, size_t n, const float* x, const Cancel* cancel) : Transformed(n, x) {
    for (const auto& stage : chain) pass(*stage, cancel);
  }
  void pass(const VectorTransform& stage, const Cancel* cancel) {
    auto out = std::make_unique<AlignedArray<float>>(checked_mul(n_, stage.d_out()));
    stage.apply(n_, x_, out->data(), cancel);
    data_ = std::move(out);
    x_ = data_->data();
  }
  const float* data() const noexcept { return x_; }

 private:
  size_t n_;
  const float* x_;
  std::unique_ptr<AlignedArray<float>> data_;
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

IndexPreTransform::IndexPreTransform(TransformChain chain, const std::shared_ptr<Index>& inner)
    : Wrapper(dimension_of(chain, *inner), inner) {
  take(std::move(chain));
  commit();
}

void IndexPreTransform::take(TransformChain chain) noexcept {
  size_t bytes = 0;
  bool trained = true;
  for (const auto& stage : chain) {
    bytes += stage->allocated_bytes();
    trained = trained && stage->is_trained();
  }
  chain_ = std::move(chain);
  chain_bytes_.store(bytes, std::memory_order_relaxed);
  chain_trained_.store(trained, std::memory_order_release);
}

void IndexPreTransform::add(size_t n, const float* x, const Cancel* cancel) {
  const Transformed y(chain_, n, x, cancel);
  base().add(n, y.data(), cancel);
}

void IndexPreTransform::add_with_ids(size_t n, const float* x, const idx_t* ids, const Cancel* cancel) {
  const Transformed y(chain_, n, x, cancel);
  base().add_with_ids(n, y.data(), ids, cancel);
}

Clustering IndexPreTransform::learn(size_t n, const float* x, const ClusteringParams& params, const Cancel* cancel,
                                    const ClusteringProgress& progress) {
  TransformChain chain = chain_;
  Transformed y(n, x);
  for (auto& stage : chain) {
    if (!stage->is_trained()) stage = stage->trained(n, y.data(), cancel);
    y.pass(*stage, cancel);
  }
  Clustering found = base().train(n, y.data(), params, cancel, progress);
  take(std::move(chain));
  return found;
}

size_t IndexPreTransform::upsert(const Rows& rows, Missing missing, const Cancel* cancel) {
  const Transformed y(chain_, rows.n, rows.x, cancel);
  return base().upsert({rows.n, y.data(), rows.ids}, missing, cancel);
}

// What find(y) finds in the inner index, back through the chain.
template <class Find>
bool IndexPreTransform::reversed(const Find& find, float* x) const {
  if (x == nullptr || chain_.empty()) return find(x);
  std::vector<float> y(base().d());
  if (!find(y.data())) return false;
  for (size_t stage = chain_.size() - 1; stage > 0; --stage) {
    std::vector<float> before(chain_[stage]->d_in());
    chain_[stage]->reverse(y.data(), before.data());
    y = std::move(before);
  }
  chain_[0]->reverse(y.data(), x);
  return true;
}

bool IndexPreTransform::look_up_at(const RowNumbers::View& rows, idx_t id, float* x) const {
  return reversed([&](float* y) { return base().look_up_at(rows, id, y); }, x);
}

size_t IndexPreTransform::look_up_all(size_t n, const idx_t* ids, float* x, const Cancel* cancel) const {
  if (numbers().counted()) return Wrapper::look_up_all(n, ids, x, cancel);
  const size_t width = base().d();
  AlignedArray<float> y(checked_mul(n, width));
  const size_t found = base().look_up_all(n, ids, y.data(), cancel);
  for (size_t i = 0; i < found; ++i) {
    poll(cancel);
    const auto copy = [&](float* to) {
      std::copy_n(y.data() + i * width, width, to);
      return true;
    };
    reversed(copy, x + i * d());
  }
  return found;
}

bool IndexPreTransform::look_up_slot(size_t slot, float* x) const {
  return reversed([&](float* y) { return base().look_up_slot(slot, y); }, x);
}

void IndexPreTransform::search(size_t nq, const float* xq, size_t k, const SearchParams& params, float* distances,
                               idx_t* labels) const {
  const Transformed y(chain_, nq, xq, params.cancel);
  base().search(nq, y.data(), k, params, distances, labels);
  if (gives_cosines()) clamp_cosines(nq * k, distances);
}

void IndexPreTransform::range_search(size_t nq, const float* xq, float radius, const SearchParams& params,
                                     RangeResult* result) const {
  const Transformed y(chain_, nq, xq, params.cancel);
  const bool cosines = gives_cosines();
  base().range_search(nq, y.data(), cosines ? unclamped_radius(radius) : radius, params, result);
  if (cosines) clamp_cosines(result->distances.size(), result->distances.data());
}

void IndexPreTransform::merge_rows(Index& other, idx_t add_id, const Cancel* cancel) {
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
