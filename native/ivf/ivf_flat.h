// IVF over float32 rows: exact distances to the rows of the lists that a search visits.
#pragma once

#include "ivf/ivf.h"

namespace voronode {

class IndexIVFFlat final : public IndexIVF {
 public:
  // With a quantizer of its own, an IndexFlat of the same metric. sketch: keep sketches beside the rows
  // (sketch/bound.h): the same answers, several times faster, for a quarter more memory.
  IndexIVFFlat(size_t d, size_t nlist, Metric metric, bool sketch = true);
  // With the caller's quantizer: a flat index, empty (train() fills it) or with nlist centroids. It changes through
  // this index only from here on.
  IndexIVFFlat(const std::shared_ptr<Index>& quantizer, size_t nlist, Metric metric, bool sketch = true);
  // For files, which say whether it is trained.
  IndexIVFFlat(const CoarseQuantizer& quantizer, Metric metric, bool sketch = true);

  // Where sketches of such vectors are; null if they do not pay.
  static std::unique_ptr<SketchSpace> sketch_space(size_t d, Metric metric);

  const char* kind() const noexcept override { return "IndexIVFFlat"; }
};

}  // namespace voronode
