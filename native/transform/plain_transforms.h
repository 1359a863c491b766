// Transforms without a matrix: to length 1, less a mean, and components that change places.
#pragma once

#include <cstdint>

#include "transform/vector_transform.h"

namespace voronode {

// Scales each of n vectors (x: n × d, in place) to Euclidean length 1; zero vectors stay zero. Computed in double, so
// that neither huge nor tiny vectors overflow or vanish.
void normalize_l2(size_t n, size_t d, float* x) noexcept;

// "L2norm". It cannot be undone: reverse() gives the vector of length 1, as in Faiss.
class NormalizationTransform final : public VectorTransform {
 public:
  explicit NormalizationTransform(size_t d) noexcept : VectorTransform(d, d) {}
  const char* kind() const noexcept override { return "NormalizationTransform"; }
  bool same_as(const VectorTransform&) const noexcept override { return true; }  // the dimensions apart
  bool normalizes() const noexcept override { return true; }

 private:
  void apply_rows(size_t n, const float* x, float* out, const Cancel* cancel) const override;
  void reverse_row(const float* y, float* x) const override;
};

// x - mean. Untrained: the mean is that of the training.
class CenteringTransform final : public VectorTransform {
 public:
  explicit CenteringTransform(size_t d) noexcept : VectorTransform(d, d), is_trained_(false) {}
  // mean: of size d
  CenteringTransform(size_t d, std::vector<float> mean)
      : VectorTransform(d, d), mean_(std::move(mean)), is_trained_(true) {}
  const char* kind() const noexcept override { return "CenteringTransform"; }
  bool is_trained() const noexcept override { return is_trained_; }
  std::shared_ptr<const VectorTransform> trained(size_t n, const float* x, const Cancel* cancel) const override;
  bool same_as(const VectorTransform& other) const noexcept override;
  size_t allocated_bytes() const noexcept override { return mean_.size() * sizeof(float); }
  const std::vector<float>& mean() const noexcept { return mean_; }  // empty: untrained

 private:
  void apply_rows(size_t n, const float* x, float* out, const Cancel* cancel) const override;
  void reverse_row(const float* y, float* x) const override;

  std::vector<float> mean_;
  bool is_trained_;
};

// out[j] = x[map[j]], or 0 where map[j] is -1. What no component of `out` takes is lost: reverse() gives 0 for it.
class RemapDimensionsTransform final : public VectorTransform {
 public:
  // map: of size d_out, each entry from -1 to d_in - 1
  RemapDimensionsTransform(size_t d_in, std::vector<int32_t> map)
      : VectorTransform(d_in, map.size()), map_(std::move(map)) {}
  // "Pad…": zeros behind the vector, up to d_out components; none if it has as many.
  static std::shared_ptr<const RemapDimensionsTransform> pad(size_t d_in, size_t d_out);
  const char* kind() const noexcept override { return "RemapDimensionsTransform"; }
  bool same_as(const VectorTransform& other) const noexcept override;
  size_t allocated_bytes() const noexcept override { return map_.size() * sizeof(int32_t); }
  const std::vector<int32_t>& map() const noexcept { return map_; }

 private:
  void apply_rows(size_t n, const float* x, float* out, const Cancel* cancel) const override;
  void reverse_row(const float* y, float* x) const override;

  std::vector<int32_t> map_;
};

}  // namespace voronode
