#include "index/ivf_flat.h"

#include <cstring>

#include "index/flat.h"
#include "storage/scan.h"

namespace voronode {

IndexIVFFlat::IndexIVFFlat(size_t d, size_t nlist, Metric metric, bool sketch)
    : IndexIVFFlat(std::make_shared<IndexFlat>(d, metric), nlist, metric, sketch) {}

IndexIVFFlat::IndexIVFFlat(const std::shared_ptr<Index>& quantizer, size_t nlist, Metric metric, bool sketch)
    : IndexIVFFlat(quantizer, nlist, metric, make_space(quantizer->d(), metric, sketch)) {}

IndexIVFFlat::IndexIVFFlat(const std::shared_ptr<Index>& quantizer, size_t nlist, Metric metric,
                           std::unique_ptr<SketchSpace> space)
    : IndexIVF(
          quantizer, metric,
          make_lists(nlist, checked_mul(quantizer->d(), sizeof(float)), space ? sketch_group_bytes(space->steps()) : 0,
                     space ? SketchPlanes::high_bytes(space->steps()) : 0),
          std::move(space)) {}

std::unique_ptr<SketchSpace> IndexIVFFlat::make_space(size_t d, Metric metric, bool wanted) {
  const bool pays = d >= IndexFlat::kMinSketchDimension && d <= kMaxSketchDimension;
  return wanted && pays ? std::make_unique<SketchSpace>(d, metric) : nullptr;
}

void IndexIVFFlat::encode(size_t, const float* x, uint8_t* code) const noexcept {
  std::memcpy(code, x, d() * sizeof(float));
}

const float* IndexIVFFlat::rows_of(size_t, const uint8_t* codes, size_t, float*) const noexcept {
  return reinterpret_cast<const float*>(codes);
}

void IndexIVFFlat::keys_of(size_t, const float* x, const uint8_t* codes, size_t n, float* out) const noexcept {
  distance_kernel(metric())(x, 1, reinterpret_cast<const float*>(codes), n, d(), out, n);
}

}  // namespace voronode
