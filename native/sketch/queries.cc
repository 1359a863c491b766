#include "sketch/queries.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "sketch/rounding.h"
#include "sketch/sketcher.h"

namespace voronode {

SketchQueries::SketchQueries(const SketchSpace& space, size_t nq, const float* xq)
    : stride_((space.steps() + 3) / 4 * 16), codes_(checked_mul(nq, stride_)), queries_(nq), terms_(nq) {
  std::memset(codes_.data(), 0, nq * stride_);
  const size_t d = space.dimension();
  const int levels = kernels().query_levels;
  Sketcher sketcher(space, levels);
  for (size_t begin = 0; begin < nq; begin += Sketcher::kBatch) {
    const size_t end = std::min(nq, begin + Sketcher::kBatch);
    const float* x[Sketcher::kBatch];
    for (size_t i = begin; i < end; ++i) x[i - begin] = xq + i * d;
    sketcher.load(x, end - begin);
    for (size_t i = begin; i < end; ++i) {
      int8_t* const codes = codes_.data() + i * stride_;
      queries_[i] = {codes, 0, 0, 0, 0, std::numeric_limits<float>::infinity()};
      terms_[i] = {0, std::numeric_limits<double>::infinity()};
      SketchRow row;
      SketchError error;
      if (sketcher.sketch(i - begin, codes, &row, &error)) finish(space, i, xq + i * d, row, error);
    }
  }
}

void SketchQueries::finish(const SketchSpace& space, size_t i, const float* x, const SketchRow& row,
                           const SketchError& bound) {
  const size_t d = space.dimension();
  const bool l2 = space.metric() == Metric::kL2;
  SketchQuery& query = queries_[i];
  const double gamma = (static_cast<double>(d) / 16 + 9) * kU;
  const double scale = row.scale;
  const double sketch_norm = scale * std::sqrt(row.code_norm2) * kUp;  // ‖x̂‖
  const double error = scale * bound.rho[0] * kUp;                     // ε_x
  const double norm = std::sqrt(bound.norm2) * kUp;                    // ‖x'‖
  const double tiny = static_cast<double>(d + 64) * 0x1p-148;
  query.bias = static_cast<int32_t>(-128 * row.code_sum);
  if (l2) {
    query.a = 2 * row.scale;
    query.c = round_up(2 * (sketch_norm + error) * (1 + 24 * kU));
    query.e = round_up(2 * error * (1 + 8 * kU));
    terms_[i] = {2 * gamma, -bound.norm2 * (1 - 40 * kU) / kUp + tiny};
  } else {
    double at_centre = 0;
    double raw2 = 0;
    for (size_t j = 0; j < d; ++j) {
      at_centre += static_cast<double>(x[j]) * space.centre()[j];
      raw2 += static_cast<double>(x[j]) * x[j];
    }
    const double raw = std::sqrt(raw2) * kUp;  // ‖x‖
    const double reduced = space.reduction() != nullptr ? space.reduction()->slack() : 0;
    const double slack = error + (40 * kU + reduced) * norm + 2 * gamma * raw;
    query.a = row.scale;
    query.c = round_up((sketch_norm + slack) * (1 + 24 * kU));
    query.e = round_up(slack * (1 + 8 * kU));
    terms_[i] = {8 * kU, at_centre + (2 * gamma + 8 * kU) * raw * space.centre_norm() + tiny};
  }
}

float SketchQueries::base(size_t i, float key) const noexcept {
  const double tau = key;
  const double base = tau + std::abs(tau) * terms_[i].relative + terms_[i].offset;
  return round_up(base + std::abs(base) * 4 * kU);
}

}  // namespace voronode
