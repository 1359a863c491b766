// An index that errs: vectors in codes of a byte.
#pragma once

#include <memory>
#include <vector>

#include "index/flat.h"
#include "ivf/ivf_scalar_quantizer.h"

namespace voronode::test {

// Trained on x (n × d), with centroids from it; empty.
inline std::shared_ptr<IndexIVF> coded(Metric metric, size_t nlist, size_t n, size_t d, const std::vector<float>& x) {
  auto quantizer = std::make_shared<IndexFlat>(d, metric);
  quantizer->add(nlist, x.data(), nullptr);
  auto ivf = std::make_shared<IndexIVFScalarQuantizer>(quantizer, nlist, ScalarCode::k8bit, metric);
  ivf->train(n, x.data(), nullptr);
  return ivf;
}

}  // namespace voronode::test
