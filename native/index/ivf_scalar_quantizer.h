// IVF over rows in codes of a byte (SQ8) or a half-precision float (SQfp16) a component: a quarter or half of the
// memory of IndexIVFFlat. Its answers are exact for the rows as they are decoded, which reconstruct() shows.
//
// As in Faiss a row is coded as its difference from the centroid of its list (by_residual), and decoded as centroid +
// value; Faiss compares the value with the query's difference instead, so its distances differ in their last bits.
#pragma once

#include <atomic>

#include "index/ivf.h"
#include "index/scalar_quantizer.h"

namespace voronode {

// How Faiss found the ranges of SQ8 in a file, as it stands there: kept for the next file. A training here takes the
// least and the greatest, which is what zeros mean.
struct RangeRule {
  int32_t stat = 0;
  float arg = 0;
};

class IndexIVFScalarQuantizer final : public IndexIVF {
 public:
  static constexpr size_t kSampleVectors = 100'000;  // of a training, that ranges are learned from; as in Faiss

  IndexIVFScalarQuantizer(size_t d, size_t nlist, ScalarCode code, Metric metric, bool by_residual = true);
  // With the caller's quantizer, as IndexIVFFlat. Train it all the same: SQ8 has ranges to learn.
  IndexIVFScalarQuantizer(const std::shared_ptr<Index>& quantizer, size_t nlist, ScalarCode code, Metric metric,
                          bool by_residual = true);

  const char* kind() const noexcept override { return "IndexIVFScalarQuantizer"; }
  const float* rows_of(size_t list, const uint8_t* codes, size_t n, float* room) const noexcept override;
  void keys_of(size_t list, const float* x, const uint8_t* codes, size_t n, float* out) const noexcept override;

  const ScalarQuantizer& scalar_quantizer() const noexcept { return sq_; }
  bool by_residual() const noexcept { return by_residual_; }

  // For files. trained: of size 2 d for SQ8, else 0. REQUIRES: kExclusive, empty.
  void restore_trained(std::vector<float> trained, const RangeRule& rule) noexcept {
    set_code(std::move(trained));
    range_rule_ = rule;
  }
  const RangeRule& range_rule() const noexcept { return range_rule_; }

 protected:
  void encode(size_t list, const float* x, uint8_t* code) const noexcept override;
  // kOutOfRange for a vector with a component, or a difference, that no finite half holds.
  void check_encodable(size_t n, const float* x, const uint32_t* lists) const override;
  bool same_coding(const IndexIVF& other) const noexcept override;
  bool code_is_trained() const noexcept override { return code_is_trained_.load(std::memory_order_acquire); }
  bool code_learns() const noexcept override { return sq_.learns(); }
  std::vector<float> learn_code(size_t n, const float* x, const float* centroids, const Cancel* cancel) const override;
  void set_code(std::vector<float>&& learned) noexcept override;

 private:
  ScalarRows coded(size_t list, const uint8_t* codes) const noexcept {
    return sq_.rows(codes, by_residual_ ? centroid(list) : nullptr);
  }

  ScalarQuantizer sq_;
  bool by_residual_;
  RangeRule range_rule_;
  std::atomic<bool> code_is_trained_;
};

}  // namespace voronode
