// The sketches of a batch of queries and, for each, the threshold that its sketch tests against (bound.h has the
// bound).
#pragma once

#include <vector>

#include "base/aligned.h"
#include "kernels/kernels.h"
#include "sketch/sketcher.h"
#include "sketch/space.h"

namespace voronode {

class SketchQueries {
 public:
  // xq: nq × d.
  SketchQueries(const SketchSpace& space, size_t nq, const float* xq);

  // The base of query i when τ is `key`.
  float base(size_t i, float key) const noexcept;
  void set_threshold(SketchQuery* query, size_t i, float key) const noexcept { query->base = base(i, key); }
  const SketchQuery& operator[](size_t i) const noexcept { return queries_[i]; }

 private:
  // base = threshold + relative · |threshold| + offset, in double.
  struct Terms {
    double relative;
    double offset;
  };
  void finish(const SketchSpace& space, size_t i, const float* x, const SketchRow& row, const SketchError& bound);

  size_t stride_;  // codes a query
  AlignedArray<int8_t> codes_;
  std::vector<SketchQuery> queries_;
  std::vector<Terms> terms_;
};

}  // namespace voronode
