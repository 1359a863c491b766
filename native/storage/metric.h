// How two vectors compare. A metric is a row of the table in metric.cc and the kernels that it names. Rows of
// those that sketches do not bound are all compared in float32.
//
// Within the core all distances are keys: smaller is nearer. What callers see is sign · key.
#pragma once

#include <cstdint>

#include "kernels/kernels.h"

namespace voronode {

// Faiss's numbers, as they stand in files.
enum class Metric : int32_t {
  kInnerProduct = 0,  // larger is nearer
  kL2 = 1,            // squared Euclidean, smaller is nearer
  kL1 = 2,            // the sum of absolute differences (Manhattan)
  kLinf = 3,          // the greatest absolute difference (Chebyshev)
};

using DistanceKernel = decltype(Kernels::l2sqr);
using PairsKernel = decltype(Kernels::l2sqr_pairs);
using DecodedKernel = decltype(Kernels::l2sqr_decoded);

struct MetricTraits {
  Metric metric;
  const char* name;               // in the API
  float sign;                     // of what callers see, against the keys
  bool sketched;                  // sketch/bound.h has a bound for it
  DistanceKernel Kernels::*rows;  // queries × rows
  PairsKernel Kernels::*pairs;
  DecodedKernel Kernels::*decoded;
};

// REQUIRES: a metric of the table.
const MetricTraits& traits(Metric metric) noexcept;

// The metric with this number of Faiss's; null: not offered.
const MetricTraits* find_metric(int32_t number) noexcept;

inline float sign_of(Metric metric) noexcept { return traits(metric).sign; }
inline DistanceKernel distance_kernel(Metric metric) noexcept { return kernels().*traits(metric).rows; }
inline PairsKernel pairs_kernel(Metric metric) noexcept { return kernels().*traits(metric).pairs; }

}  // namespace voronode
