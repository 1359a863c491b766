// Rows of inverted lists in the codes of a scalar quantizer, as they are or as differences from the list's centroid.
#pragma once

#include <atomic>

#include "codec/row_codec.h"
#include "codec/scalar_quantizer.h"

namespace voronode {

class ScalarCodec final : public RowCodec {
 public:
  ScalarCodec(size_t d, ScalarCode code, Metric metric, bool by_residual);

  size_t code_size() const noexcept override { return sq_.code_size(); }
  bool by_residual() const noexcept override { return by_residual_; }
  void encode(const float* x, const float* centroid, uint8_t* code) const noexcept override {
    sq_.encode(x, centroid, code);
  }
  // kOutOfRange for a vector with a component, or a difference, that no finite half holds.
  void check_encodable(size_t n, const float* x, const std::function<const float*(size_t)>& centroid_of) const override;
  const float* rows(const uint8_t* codes, const float* centroid, size_t n, float* room) const noexcept override;
  void keys(const float* x, const uint8_t* codes, const float* centroid, size_t n, float* out) const noexcept override;
  bool same_as(const RowCodec& other) const noexcept override;

  bool learns() const noexcept override { return sq_.learns(); }
  bool is_trained() const noexcept override { return is_trained_.load(std::memory_order_acquire); }
  std::vector<float> learn(size_t n, const float* x, const Centroids& centroids, const Cancel* cancel) const override;
  void set_learned(std::vector<float>&& learned) noexcept override;

  const ScalarQuantizer& scalar_quantizer() const noexcept { return sq_; }

 private:
  ScalarQuantizer sq_;
  DecodedKernel kernel_;
  bool by_residual_;
  std::atomic<bool> is_trained_;
};

}  // namespace voronode
