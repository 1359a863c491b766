#include "index/ivf_scalar_quantizer.h"

#include <algorithm>
#include <numeric>

#include "clustering/assigner.h"
#include "clustering/random_choice.h"
#include "index/flat.h"

namespace voronode {
namespace {

constexpr uint64_t kSampleSeed = 1234;  // of the vectors that ranges are learned from, as in Faiss

}  // namespace

IndexIVFScalarQuantizer::IndexIVFScalarQuantizer(size_t d, size_t nlist, ScalarCode code, Metric metric,
                                                 bool by_residual)
    : IndexIVFScalarQuantizer(std::make_shared<IndexFlat>(d, metric), nlist, code, metric, by_residual) {}

IndexIVFScalarQuantizer::IndexIVFScalarQuantizer(const std::shared_ptr<Index>& quantizer, size_t nlist, ScalarCode code,
                                                 Metric metric, bool by_residual)
    : IndexIVF(quantizer, metric, make_lists(nlist, ScalarQuantizer(quantizer->d(), code).code_size()), nullptr),
      sq_(quantizer->d(), code),
      by_residual_(by_residual),
      code_is_trained_(!sq_.learns()) {}

// ---- Codes ----

const float* IndexIVFScalarQuantizer::rows_of(size_t list, const uint8_t* codes, size_t n, float* room) const noexcept {
  kernels().decode(coded(list, codes), n, d(), room);
  return room;
}

void IndexIVFScalarQuantizer::keys_of(size_t list, const float* x, const uint8_t* codes, size_t n,
                                      float* out) const noexcept {
  const auto kernel = metric() == Metric::kL2 ? kernels().l2sqr_decoded : kernels().neg_inner_product_decoded;
  kernel(x, coded(list, codes), n, d(), out);
}

void IndexIVFScalarQuantizer::encode(size_t list, const float* x, uint8_t* code) const noexcept {
  sq_.encode(x, by_residual_ ? centroid(list) : nullptr, code);
}

void IndexIVFScalarQuantizer::check_encodable(size_t n, const float* x, const uint32_t* lists) const {
  if (sq_.code() != ScalarCode::kFp16) return;
  for (size_t i = 0; i < n; ++i) {
    const float* const row = x + i * d();
    const size_t j = sq_.first_without_code(row, by_residual_ ? centroid(lists[i]) : nullptr);
    if (j == d()) continue;
    throw Error(
        Code::kOutOfRange,
        format("The value of \"vectors\" is out of range. SQfp16 needs components%s of less than %g. Received "
               "%g at row %zu, component %zu",
               by_residual_ ? " whose difference from the list's centroid is" : "", kHalfOverflow, row[j], i, j));
  }
}

bool IndexIVFScalarQuantizer::same_coding(const IndexIVF& other) const noexcept {
  const auto& theirs = static_cast<const IndexIVFScalarQuantizer&>(other);
  return sq_.code() == theirs.sq_.code() && by_residual_ == theirs.by_residual_ &&
         sq_.trained() == theirs.sq_.trained();
}

// ---- Training ----

std::vector<float> IndexIVFScalarQuantizer::learn_code(size_t n, const float* x, const float* centroids,
                                                       const Cancel* cancel) const {
  if (!sq_.learns()) return {};
  std::vector<size_t> chosen(n);
  if (n > kSampleVectors) {
    chosen = random_choice(n, kSampleVectors, kSampleSeed);
  } else {
    std::iota(chosen.begin(), chosen.end(), size_t{0});
  }
  if (!by_residual_) {
    return sq_.learn(
        chosen.size(), [&](size_t i, float* out) { std::copy_n(x + chosen[i] * d(), d(), out); }, cancel);
  }
  std::vector<float> sample(checked_mul(chosen.size(), d()));
  for (size_t i = 0; i < chosen.size(); ++i) std::copy_n(x + chosen[i] * d(), d(), sample.data() + i * d());
  std::vector<uint32_t> lists(chosen.size());
  Assigner(nlist(), d(), quantizer()->metric(), centroids)
      .assign(lists.size(), sample.data(), lists.data(), nullptr, cancel);
  const auto difference = [&](size_t i, float* out) {
    const float* const row = sample.data() + i * d();
    const float* const centre = centroids + lists[i] * d();
    for (size_t j = 0; j < d(); ++j) out[j] = row[j] - centre[j];
  };
  return sq_.learn(lists.size(), difference, cancel);
}

void IndexIVFScalarQuantizer::set_code(std::vector<float>&& learned) noexcept {
  if (!sq_.learns()) return;
  sq_.set_trained(std::move(learned));
  range_rule_ = {};
  code_is_trained_.store(!sq_.trained().empty(), std::memory_order_release);
}

}  // namespace voronode
