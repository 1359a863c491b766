#include "storage/metric.h"

namespace voronode {
namespace {

constexpr MetricTraits kMetrics[] = {
    {Metric::kInnerProduct, "ip", -1, true, &Kernels::neg_inner_product, &Kernels::neg_inner_product_pairs,
     &Kernels::neg_inner_product_decoded},
    {Metric::kL2, "l2", 1, true, &Kernels::l2sqr, &Kernels::l2sqr_pairs, &Kernels::l2sqr_decoded},
    {Metric::kL1, "l1", 1, false, &Kernels::l1, &Kernels::l1_pairs, &Kernels::l1_decoded},
    {Metric::kLinf, "linf", 1, false, &Kernels::linf, &Kernels::linf_pairs, &Kernels::linf_decoded},
};

}  // namespace

const MetricTraits* find_metric(int32_t number) noexcept {
  for (const MetricTraits& row : kMetrics) {
    if (static_cast<int32_t>(row.metric) == number) return &row;
  }
  return nullptr;
}

const MetricTraits& traits(Metric metric) noexcept {
  const MetricTraits* const found = find_metric(static_cast<int32_t>(metric));
  return found != nullptr ? *found : kMetrics[0];
}

}  // namespace voronode
