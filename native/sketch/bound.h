// Sketches: a quarter of the bytes that decides which rows need to be looked at, without ever changing an answer.
//
// Beside its float32 row y each vector keeps ŷ = s_y · c_y, c_y bytes and s_y one scale, of y' = y - μ (μ: one centre
// of the whole index), and a query x is treated alike, x' = x - μ. With ε_y ≥ ‖y' - ŷ‖, ε_x ≥ ‖x' - x̂‖ and
// Cauchy-Schwarz, whatever the data,
//
//   x'·y' = x̂·ŷ + x̂·(y' - ŷ) + (x' - x̂)·y'  ≤  s_x s_y ⟨c_x, c_y⟩ + ‖x̂‖ ε_y + ε_x ‖y'‖  =: U
//
// so   ‖x - y‖² = ‖x' - y'‖² ≥ ‖x'‖² + ‖y'‖² - 2U      and      -x·y = -x'·y' - μ·y' - x·μ ≥ -U - μ·y' - x·μ.
//
// A row whose lower bound is above the k-th best float32 key found so far, τ, cannot be among the k best. The rest are
// computed from their float32 rows, so what is answered is what a full scan answers, to the bit.
//
// A single query waits for memory, so it reads the upper 4 bits of the codes first: they are codes as well, coarser,
// with an ε_y of their own. Where these dismiss nearly all rows of a group its other bits are never read; where they do
// not, 6 bits may, or all 8 (kernels.h has the layout, sketch_filter_one the choice, group by group).
//
// The test in floats (kernels.h, SketchQuery) takes two numbers from the row's group of 64, rho ≥ ε_y / s_y (one for
// each number of bits) and kappa ≥ ‖c_y‖, so that ε_y ≤ s_y rho and ‖y'‖ ≤ s_y (kappa + rho). Both hardly vary between
// rows, however much the rows' sizes do.
//   b_y - s_y (a ⟨c_x, c_y⟩ + c·rho + e·kappa)  >  base
//   L2:  a = 2 s_x,  c = 2 (‖x̂‖ + ε_x),  e = 2 ε_x,  b_y = ‖y'‖²,   base = τ - ‖x'‖²
//   IP:  a =   s_x,  c =    ‖x̂‖ + ε_x,   e =   ε_x,  b_y = -μ·y',   base = τ + x·μ
// where rounding is paid for in ε_x, c, e, b_y and base. With u = 2⁻²⁴, and ‖x̂‖ ≤ 3.1‖x'‖ (codes are off by half a
// step, a step is at most 1/63 of the largest component of a query; d ≤ 65 000), ‖ŷ‖ ≤ ‖y'‖ + ε_y:
//   - the left side: at most five roundings touch the dot, six the products of c and e, two b_y. The dot: 5u · 2‖x̂‖‖ŷ‖
//     ≤ 31u‖x'‖‖y'‖ + 10u‖x̂‖ε_y; the first is ≤ 16u (‖x'‖² + ‖y'‖²), so b_y and base give 40u of the squares; half as
//     much for inner products, where ε_x grows by 40u‖x'‖ and b_y gives 8u‖μ‖‖y'‖. The second is 5u of c · rho. c grows
//     by 24u for all of this, e by 8u.
//   - the float32 key that the row would get is within γ = (d/16 + 9)u of ‖x - y‖² (d/16 fused additions, four levels
//     of the tree, the differences and squares), so τ grows by 2γ|τ| (a bound above that means a key above τ); or it is
//     within γ‖x‖‖y‖ of x·y, so ε_x grows by 2γ‖x‖ and base by 2γ‖x‖‖μ‖.
//   - subnormal results lose at most 2⁻¹⁵⁰ an operation: (d + 64) · 2⁻¹⁴⁸.
// What the proof needs finite and normal is checked: rows and queries with a component above kMaxComponent or all below
// kMinComponent (but not all zero) have no sketch; they are always looked at.
#pragma once

#include <cstddef>

namespace voronode {

inline constexpr float kMaxComponent = 1e15f;         // squares of norms stay below 1e36: 1e15² · 65 000
inline constexpr float kMinComponent = 1e-12f;        // squares of the smallest step, 1e-12 / 127, stay normal
inline constexpr size_t kMaxSketchDimension = 65000;  // 255 · 128 · d < 2³¹

// Whether the bound's arithmetic holds for a vector with this largest component after centring, scale · levels.
inline bool can_sketch(double scale, int levels) noexcept {
  const double largest = scale * levels;
  return scale == 0 || (largest >= kMinComponent && largest <= kMaxComponent);
}

}  // namespace voronode
