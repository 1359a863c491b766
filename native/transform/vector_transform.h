// What vectors pass through on their way into an index (Faiss's VectorTransform). A transform never changes: training
// one makes another, so that an index can take up all that it has learnt at once, or nothing.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "base/cancel.h"

namespace voronode {

class VectorTransform {
 public:
  virtual ~VectorTransform() = default;
  VectorTransform(const VectorTransform&) = delete;
  VectorTransform& operator=(const VectorTransform&) = delete;

  virtual const char* kind() const noexcept = 0;  // Faiss's class name
  size_t d_in() const noexcept { return d_in_; }
  size_t d_out() const noexcept { return d_out_; }

  // n vectors from x (n × d_in) into out (n × d_out), which lies elsewhere, on all threads of the pool. What comes of a
  // vector does not depend on those beside it. kOutOfRange, naming the row, if it is beyond float32; kNotTrained.
  void apply(size_t n, const float* x, float* out, const Cancel* cancel) const;

  // The vector x (of size d_in) that y (of size d_out) came from, as far as y tells. kUnsupported where it does not;
  // kNotTrained.
  void reverse(const float* y, float* x) const;

  virtual bool is_trained() const noexcept { return true; }
  // This transform after it has seen n vectors x (n × d_in). REQUIRES: !is_trained().
  virtual std::shared_ptr<const VectorTransform> trained(size_t n, const float* x, const Cancel* cancel) const;

  // Whether `other`, of the same kind and dimensions, does the same.
  virtual bool same_as(const VectorTransform& other) const noexcept = 0;
  // Whether all that comes out has the length 1 or 0.
  virtual bool normalizes() const noexcept { return false; }
  virtual size_t allocated_bytes() const noexcept { return 0; }

 protected:
  VectorTransform(size_t d_in, size_t d_out) noexcept : d_in_(d_in), d_out_(d_out) {}

 private:
  virtual void apply_rows(size_t n, const float* x, float* out, const Cancel* cancel) const = 0;
  virtual void reverse_row(const float* y, float* x) const = 0;
  // Multiplications for one vector, or what takes as long.
  virtual size_t work_per_row() const noexcept { return 8 * (d_in_ + d_out_); }
  void require_trained() const;

  size_t d_in_, d_out_;
};

// One after the other, each one's d_out the next one's d_in. Shared: whoever holds a chain may go on applying it while
// the index that it came from takes up another.
using TransformChain = std::vector<std::shared_ptr<const VectorTransform>>;

// The longest that is made or read: Faiss's own descriptions make one or two.
inline constexpr size_t kMaxTransforms = 16;

}  // namespace voronode
