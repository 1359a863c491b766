// How rows are coded, those of inverted lists (what an IVF of one kind differs in from one of another) and those that lie
// one behind the other.
//
// A code may stand for the difference of a vector from the centroid of its list (by_residual); `centroid` below is then
// that centroid (of size d), else null.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include "base/cancel.h"
#include "storage/metric.h"

namespace voronode {

// What codes are learned beside: nlist × d, and how vectors are assigned to them.
struct Centroids {
  size_t nlist;
  Metric metric;
  const float* rows;
};

class RowCodec {
 public:
  virtual ~RowCodec() = default;

  virtual size_t code_size() const noexcept = 0;  // bytes a row
  virtual bool by_residual() const noexcept { return false; }
  virtual bool codes_are_rows() const noexcept { return false; }  // codes are the vectors in float32

  // One vector into its code.
  virtual void encode(const float* x, const float* centroid, uint8_t* code) const noexcept = 0;
  // Throws if one of n vectors (n × d) has no code. centroid_of(i): that of vector i.
  virtual void check_encodable(size_t n, const float* x, const std::function<const float*(size_t)>& centroid_of) const {
    (void)n, (void)x, (void)centroid_of;
  }

  // The vectors of n codes of one list that lie together: where they are, or decoded into `room` (n × d).
  virtual const float* rows(const uint8_t* codes, const float* centroid, size_t n, float* room) const noexcept = 0;
  // The keys (kernels.h) of these vectors for the query x, of size n: what one gets from rows(), perhaps sooner.
  virtual void keys(const float* x, const uint8_t* codes, const float* centroid, size_t n,
                    float* out) const noexcept = 0;

  // Whether `other`, of an index of the same kind and d, codes vectors likewise.
  virtual bool same_as(const RowCodec& other) const noexcept = 0;

  // Codecs with parameters of their own: what n vectors teach, and keeping it.
  virtual bool learns() const noexcept { return false; }
  virtual bool is_trained() const noexcept { return true; }  // any thread, any time
  virtual std::vector<float> learn(size_t n, const float* x, const Centroids& centroids, const Cancel* cancel) const {
    (void)n, (void)x, (void)centroids, (void)cancel;
    return {};
  }
  virtual void set_learned(std::vector<float>&& learned) noexcept { (void)learned; }
};

}  // namespace voronode
