// Rounding on the safe side, for the bounds of sketches.
#pragma once

#include <cmath>
#include <limits>

namespace voronode {

inline constexpr double kU = 0x1p-24;  // half a unit in the last place of a float
// Sums of up to 65 000 squares in double, a square root, a product: off by less than 2⁻³⁶ of themselves.
inline constexpr double kUp = 1 + 0x1p-36;

inline float round_up(double x) noexcept {
  const float f = static_cast<float>(x);
  return f >= x ? f : std::nextafter(f, std::numeric_limits<float>::infinity());
}

inline float round_down(double x) noexcept { return -round_up(-x); }

}  // namespace voronode
