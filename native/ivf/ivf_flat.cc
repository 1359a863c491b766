#include "ivf/ivf_flat.h"

#include <cstring>

#include "index/flat.h"

namespace voronode {
namespace {

class FlatCodec final : public RowCodec {
 public:
  FlatCodec(size_t d, Metric metric) : d_(d), kernel_(distance_kernel(metric)) {}

  size_t code_size() const noexcept override { return d_ * sizeof(float); }
  bool codes_are_rows() const noexcept override { return true; }
  void encode(const float* x, const float*, uint8_t* code) const noexcept override {
    std::memcpy(code, x, code_size());
  }
  const float* rows(const uint8_t* codes, const float*, size_t, float*) const noexcept override {
    return reinterpret_cast<const float*>(codes);
  }
  void keys(const float* x, const uint8_t* codes, const float*, size_t n, float* out) const noexcept override {
    kernel_(x, 1, reinterpret_cast<const float*>(codes), n, d_, out, n);
  }
  bool same_as(const RowCodec&) const noexcept override { return true; }

 private:
  size_t d_;
  DistanceKernel kernel_;
};

}  // namespace

std::unique_ptr<SketchSpace> IndexIVFFlat::sketch_space(size_t d, Metric metric) {
  return IndexFlat::sketchable(d, metric) ? std::make_unique<SketchSpace>(d, metric) : nullptr;
}

IndexIVFFlat::IndexIVFFlat(size_t d, size_t nlist, Metric metric, bool sketch)
    : IndexIVFFlat(std::make_shared<IndexFlat>(d, metric), nlist, metric, sketch) {}

IndexIVFFlat::IndexIVFFlat(const std::shared_ptr<Index>& quantizer, size_t nlist, Metric metric, bool sketch)
    : IndexIVFFlat(CoarseQuantizer(quantizer, nlist), metric, sketch) {}

IndexIVFFlat::IndexIVFFlat(const CoarseQuantizer& quantizer, Metric metric, bool sketch)
    : IndexIVF(quantizer, metric, std::make_unique<FlatCodec>(quantizer.index()->d(), metric),
               sketch ? sketch_space(quantizer.index()->d(), metric) : nullptr) {}

}  // namespace voronode
