// IVF over rows in the codes of a scalar quantizer: a half to an eighth of the memory of IndexIVFFlat. Its answers are exact for the rows as they are decoded, which reconstruct() shows.
//
// As in Faiss a row is coded as its difference from the centroid of its list (by_residual), and decoded as centroid +
// value; Faiss compares the value with the query's difference instead, so its distances differ in their last bits.
#pragma once

#include "codec/range_rule.h"
#include "codec/scalar_codec.h"
#include "ivf/ivf.h"

namespace voronode {

class IndexIVFScalarQuantizer final : public IndexIVF {
 public:
  IndexIVFScalarQuantizer(size_t d, size_t nlist, ScalarCode code, Metric metric, bool by_residual = true);
  // With the caller's quantizer, as IndexIVFFlat. Train it all the same where the code has ranges to learn.
  IndexIVFScalarQuantizer(const std::shared_ptr<Index>& quantizer, size_t nlist, ScalarCode code, Metric metric,
                          bool by_residual = true);
  // For files, which say whether it is trained.
  IndexIVFScalarQuantizer(const CoarseQuantizer& quantizer, ScalarCode code, Metric metric, bool by_residual);

  const char* kind() const noexcept override { return "IndexIVFScalarQuantizer"; }
  const ScalarQuantizer& scalar_quantizer() const noexcept { return scalar().scalar_quantizer(); }
  bool by_residual() const noexcept { return scalar().by_residual(); }

  // For files. trained: of size trained_size(), or empty. REQUIRES: kExclusive, empty.
  void restore_trained(std::vector<float> trained, const RangeRule& rule) noexcept {
    scalar().set_learned(std::move(trained));
    range_rule_ = rule;
  }
  const RangeRule& range_rule() const noexcept { return range_rule_; }

 protected:
  Clustering learn(size_t n, const float* x, const ClusteringParams& params, const Cancel* cancel,
                   const ClusteringProgress& progress) override;

 private:
  ScalarCodec& scalar() const noexcept { return static_cast<ScalarCodec&>(codec()); }

  RangeRule range_rule_;
};

}  // namespace voronode
