#include "sketch/sketcher.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "sketch/rounding.h"

namespace voronode {
namespace {

// Squared norms of vectors that are reduced: the float32 products behind ρ are then far from both ends of the range.
constexpr float kMinNorm2 = 1e-20f;
constexpr float kMaxNorm2 = 1e34f;

// How far off the sums of squares of a SketchRow may be, relatively (kernels.h); their roots by half of that.
constexpr double kOff = 24 * kU;
// Its t by three roundings: the difference, 1 / scale, their product.
constexpr double kOffT = 4 * kU;

size_t reduced_floats(const SketchSpace& space, size_t floats) noexcept {
  return space.reduction() != nullptr ? floats : 0;
}

}  // namespace

Sketcher::Sketcher(const SketchSpace& space, int levels)
    : space_(space),
      levels_(levels),
      images_(reduced_floats(space, kBatch * space.coded())),
      zeros_(reduced_floats(space, space.coded())),
      work_(reduced_floats(space, checked_mul(kBatch, space.dimension()))) {
  if (space.reduction() != nullptr) std::fill_n(zeros_.data(), space.coded(), 0.0f);
}

void Sketcher::load(const float* const* x, size_t n) noexcept {
  std::copy_n(x, n, x_);
  if (space_.reduction() == nullptr) return;
  space_.reduction()->apply(n, x, space_.centre(), work_.data(), images_.data(), norms2_);
}

bool Sketcher::sketch(size_t i, int8_t* codes, SketchRow* row, SketchError* error) const noexcept {
  const Reduction* const reduction = space_.reduction();
  bool usable;
  if (reduction == nullptr) {
    *row = kernels().sketch_row(x_[i], space_.centre(), space_.dimension(), levels_, codes);
    usable = can_sketch(row->scale, levels_);
  } else {
    usable = norms2_[i] >= kMinNorm2 && norms2_[i] <= kMaxNorm2;
    if (usable) {
      *row = kernels().sketch_row(images_.data() + i * space_.coded(), zeros_.data(), space_.coded(), levels_, codes);
    }
  }
  if (!usable) {
    std::memset(codes, 0, space_.steps() * 4);
    return false;
  }
  const double sign = space_.metric() == Metric::kL2 ? -1 : 1;
  error->norm2 = reduction != nullptr ? static_cast<double>(norms2_[i]) * (1 + sign * reduction->slack())
                                      : row->norm2 * (1 + sign * kOff);
  const double of_t = row->exact || row->scale == 0 ? 0 : kOffT * std::sqrt(row->norm2) / row->scale;
  for (size_t level = 0; level < 3; ++level) {
    error->rho[level] = row->scale == 0 ? 0 : (std::sqrt(row->error2[level]) * (1 + kOff / 2) + of_t) * kUp;
  }
  return true;
}

}  // namespace voronode
