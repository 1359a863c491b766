// y = A x + b (Faiss's LinearTransform), and the rotation of Faiss's RandomRotationMatrix.
//
// A component of y is an inner product as kernels.h defines it, and b[j] is added last, rounded once: the same bits on
// every machine. Faiss leaves the order of the sums to a BLAS, so its last bits differ, also from machine to machine.
#pragma once

#include <cstdint>

#include "transform/vector_transform.h"

namespace voronode {

struct LinearMap {
  std::vector<float> A;  // d_out × d_in; empty: not trained
  std::vector<float> b;  // of size d_out; may be there and not be used
  bool has_bias = false;
};

class LinearTransform : public VectorTransform {
 public:
  // map: whole, or empty.
  LinearTransform(size_t d_in, size_t d_out, LinearMap map, const Cancel* cancel);
  const char* kind() const noexcept override { return "LinearTransform"; }
  bool is_trained() const noexcept override { return !map_.A.empty(); }
  bool same_as(const VectorTransform& other) const noexcept override;
  size_t allocated_bytes() const noexcept override { return (map_.A.size() + map_.b.size()) * sizeof(float); }
  const LinearMap& map() const noexcept { return map_; }

 private:
  void apply_rows(size_t n, const float* x, float* out, const Cancel* cancel) const override;
  // Aᵀ (y - b), if the rows of A are orthonormal (of the vectors that come out as y, the one in their span) or its
  // columns (the vector itself). kUnsupported for another A.
  void reverse_row(const float* y, float* x) const override;
  size_t work_per_row() const noexcept override { return d_in() * d_out(); }

  LinearMap map_;
  bool is_orthonormal_;
};

// "RR". Its matrix is made by train(), which looks at no vector, as in Faiss; it is not Faiss's matrix, whose random
// numbers pass through a LAPACK. The rows are orthonormal, or the columns if there are more rows.
class RandomRotationMatrix final : public LinearTransform {
 public:
  RandomRotationMatrix(size_t d_in, size_t d_out, LinearMap map, const Cancel* cancel)
      : LinearTransform(d_in, d_out, std::move(map), cancel) {}
  RandomRotationMatrix(size_t d_in, size_t d_out) : RandomRotationMatrix(d_in, d_out, {}, nullptr) {}
  const char* kind() const noexcept override { return "RandomRotationMatrix"; }
  std::shared_ptr<const VectorTransform> trained(size_t n, const float* x, const Cancel* cancel) const override;
};

}  // namespace voronode
