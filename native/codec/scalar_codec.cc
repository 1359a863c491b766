#include "codec/scalar_codec.h"

#include <algorithm>
#include <numeric>

#include "base/checked.h"
#include "base/error.h"
#include "clustering/assigner.h"
#include "clustering/random_choice.h"

namespace voronode {
namespace {

constexpr size_t kSampleVectors = 100'000;  // of a training, that ranges are learned from; as in Faiss
constexpr uint64_t kSampleSeed = 1234;      // likewise

std::vector<size_t> chosen_of(size_t n) {
  if (n > kSampleVectors) return random_choice(n, kSampleVectors, kSampleSeed);
  std::vector<size_t> all(n);
  std::iota(all.begin(), all.end(), size_t{0});
  return all;
}

}  // namespace

ScalarCodec::ScalarCodec(size_t d, ScalarCode code, Metric metric, bool by_residual)
    : sq_(d, code), kernel_(kernels().*traits(metric).decoded), by_residual_(by_residual), is_trained_(!sq_.learns()) {}

void ScalarCodec::check_encodable(size_t n, const float* x,
                                  const std::function<const float*(size_t)>& centroid_of) const {
  if (sq_.learns()) return;
  const size_t d = sq_.d();
  const ScalarTraits& code = traits(sq_.code());
  for (size_t i = 0; i < n; ++i) {
    const float* const row = x + i * d;
    const size_t j = sq_.first_without_code(row, centroid_of(i));
    if (j == d) continue;
    throw Error(
        Code::kOutOfRange,
        format("The value of \"vectors\" is out of range. %s needs components%s of %g or more and less than %g. "
               "Received %g at row %zu, component %zu",
               code.name, by_residual_ ? " whose difference from the list's centroid is" : "", code.least, code.beyond,
               row[j], i, j));
  }
}

const float* ScalarCodec::rows(const uint8_t* codes, const float* centroid, size_t n, float* room) const noexcept {
  kernels().decode(sq_.rows(codes, centroid), n, sq_.d(), room);
  return room;
}

void ScalarCodec::keys(const float* x, const uint8_t* codes, const float* centroid, size_t n,
                       float* out) const noexcept {
  kernel_(x, sq_.rows(codes, centroid), n, sq_.d(), out);
}

bool ScalarCodec::same_as(const RowCodec& other) const noexcept {
  const auto& theirs = static_cast<const ScalarCodec&>(other);
  return sq_.code() == theirs.sq_.code() && by_residual_ == theirs.by_residual_ &&
         sq_.trained() == theirs.sq_.trained();
}

std::vector<float> ScalarCodec::learn(size_t n, const float* x, const Centroids& centroids,
                                      const Cancel* cancel) const {
  if (!sq_.learns()) return {};
  const size_t d = sq_.d();
  const std::vector<size_t> chosen = chosen_of(n);
  if (!by_residual_) {
    return sq_.learn(
        chosen.size(), [&](size_t i, float* out) { std::copy_n(x + chosen[i] * d, d, out); }, cancel);
  }
  std::vector<float> sample(checked_mul(chosen.size(), d));
  for (size_t i = 0; i < chosen.size(); ++i) std::copy_n(x + chosen[i] * d, d, sample.data() + i * d);
  std::vector<uint32_t> lists(chosen.size());
  Assigner(centroids.nlist, d, centroids.metric, centroids.rows)
      .assign(lists.size(), sample.data(), lists.data(), nullptr, cancel);
  const auto difference = [&](size_t i, float* out) {
    const float* const row = sample.data() + i * d;
    const float* const centre = centroids.rows + lists[i] * d;
    for (size_t j = 0; j < d; ++j) out[j] = row[j] - centre[j];
  };
  return sq_.learn(lists.size(), difference, cancel);
}

void ScalarCodec::set_learned(std::vector<float>&& learned) noexcept {
  if (!sq_.learns()) return;
  sq_.set_trained(std::move(learned));
  is_trained_.store(!sq_.trained().empty(), std::memory_order_release);
}

}  // namespace voronode
