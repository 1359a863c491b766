#include "ivf/ivf_scalar_quantizer.h"

#include "index/flat.h"

namespace voronode {

IndexIVFScalarQuantizer::IndexIVFScalarQuantizer(size_t d, size_t nlist, ScalarCode code, Metric metric,
                                                 bool by_residual)
    : IndexIVFScalarQuantizer(std::make_shared<IndexFlat>(d, metric), nlist, code, metric, by_residual) {}

IndexIVFScalarQuantizer::IndexIVFScalarQuantizer(const std::shared_ptr<Index>& quantizer, size_t nlist, ScalarCode code,
                                                 Metric metric, bool by_residual)
    : IndexIVFScalarQuantizer(CoarseQuantizer(quantizer, nlist), code, metric, by_residual) {}

IndexIVFScalarQuantizer::IndexIVFScalarQuantizer(const CoarseQuantizer& quantizer, ScalarCode code, Metric metric,
                                                 bool by_residual)
    : IndexIVF(quantizer, metric, std::make_unique<ScalarCodec>(quantizer.index()->d(), code, metric, by_residual),
               nullptr) {}

Clustering IndexIVFScalarQuantizer::learn(size_t n, const float* x, const ClusteringParams& params,
                                          const Cancel* cancel, const ClusteringProgress& progress) {
  Clustering found = IndexIVF::learn(n, x, params, cancel, progress);
  if (scalar().learns()) range_rule_ = {};
  return found;
}

}  // namespace voronode
