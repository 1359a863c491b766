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
// The test in floats (kernels.h, SketchQuery) takes two numbers from the row's group of 64, rho ≥ ε_y / s_y and kappa ≥
// ‖c_y‖, so that ε_y ≤ s_y rho and ‖y'‖ ≤ s_y (kappa + rho). Both hardly vary between rows, however much the rows'
// sizes do.
//   b_y - s_y (a ⟨c_x, c_y⟩ + c·rho + e·kappa)  >  base
//   L2:  a = 2 s_x,  c = 2 (‖x̂‖ + ε_x),  e = 2 ε_x,  b_y = ‖y'‖²,   base = τ - ‖x'‖²
//   IP:  a =   s_x,  c =    ‖x̂‖ + ε_x,   e =   ε_x,  b_y = -μ·y',   base = τ + x·μ
// where rounding is paid for in ε_x, c, e, b_y and base. With u = 2⁻²⁴, and ‖x̂‖ ≤ 3.1‖x'‖, ‖ŷ‖ ≤ 2.1‖y'‖ (codes are off
// by half a step, a step is at most 1/63 of the largest component for queries, 1/127 for rows; d ≤ 65 000):
//   - the left side: at most five roundings touch the dot, six the products of c and e, two b_y. The dot: 5u · 2‖x̂‖‖ŷ‖
//   ≤
//     66u‖x'‖‖y'‖ ≤ 33u (‖x'‖² + ‖y'‖²), so b_y and base give 40u of the squares; half as much for inner products,
//     where ε_x grows by 40u‖x'‖ and b_y gives 8u‖μ‖‖y'‖. c and e grow by 8u.
//   - the float32 key that the row would get is within γ = (d/16 + 9)u of ‖x - y‖² (d/16 fused additions, four levels
//   of the
//     tree, the differences and squares), so τ grows by 2γ|τ| (a bound above that means a key above τ); or it is within
//     γ‖x‖‖y‖ of x·y, so ε_x grows by 2γ‖x‖ and base by 2γ‖x‖‖μ‖.
//   - subnormal results lose at most 2⁻¹⁵⁰ an operation: (d + 64) · 2⁻¹⁴⁸.
// What the proof needs finite and normal is checked: rows and queries with a component above kMaxComponent or all below
// kMinComponent (but not all zero) have no sketch; they are always looked at.
//
// Only full groups have sketches, and those never change: the last few rows of an index are scanned in float32. So a
// search beside an add reads nothing that is written.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "base/aligned.h"
#include "base/cancel.h"
#include "kernels/kernels.h"
#include "storage/blocks.h"
#include "storage/metric.h"

namespace voronode {

inline constexpr float kMaxComponent = 1e15f;         // squares of norms stay below 1e36: 1e15² · 65 000
inline constexpr float kMinComponent = 1e-12f;        // squares of the smallest step, 1e-12 / 127, stay normal
inline constexpr size_t kMaxSketchDimension = 65000;  // 255 · 128 · d < 2³¹

class Sketches {
 public:
  Sketches(size_t d, Metric metric);

  class View {
   public:
    size_t groups() const noexcept { return groups_.size(); }
    size_t rows() const noexcept { return groups_.size() * kGroupRows; }
    const Blocks<uint8_t>::View& blocks() const noexcept { return groups_; }

   private:
    friend class Sketches;
    explicit View(Blocks<uint8_t>::View groups) : groups_(std::move(groups)) {}
    Blocks<uint8_t>::View groups_;
  };
  View view() const { return View(groups_.view()); }

  // For an append to `rows` of n rows that are filled in but not published: makes the sketches of the groups that it
  // completes. Throws (kNoMemory, kAborted) and leaves all as it was. publish() then makes them visible; call it after
  // the rows are.
  void prepare(Blocks<float>& rows, size_t n, const Cancel* cancel);
  void publish() noexcept;

  // After a removal from `rows`, the first of them at `first`. Needs exclusivity.
  void rows_removed(Blocks<float>& rows, size_t first) noexcept;

  void clear() noexcept { groups_.clear(); }

  size_t dimension() const noexcept { return centre_.size(); }
  size_t steps() const noexcept { return (centre_.size() + 3) / 4; }
  Metric metric() const noexcept { return metric_; }
  // Size d, and an upper bound of its norm; fixed once there are groups.
  double centre_norm() const noexcept { return centre_norm_; }
  const float* centre() const noexcept { return centre_.data(); }

 private:
  void choose_centre(Blocks<float>& rows, size_t n);
  void make_group(Blocks<float>& rows, size_t group, int8_t* codes) noexcept;
  float lower_norm(const float* y, const SketchRow& sketch) const noexcept;

  Metric metric_;
  std::vector<float> centre_;
  double centre_norm_ = 0;  // ≥ ‖μ‖
  Blocks<uint8_t> groups_;
  size_t prepared_ = 0;
};

// The sketches of a batch of queries and, for each, the threshold that its sketch tests against.
class SketchQueries {
 public:
  // xq: nq × d, kept by reference.
  SketchQueries(const Sketches& sketches, size_t nq, const float* xq);

  // τ of query i is now `key`.
  void set_threshold(SketchQuery* query, size_t i, float key) const noexcept;
  const SketchQuery& operator[](size_t i) const noexcept { return queries_[i]; }

 private:
  // base = threshold + relative · |threshold| + offset, in double.
  struct Terms {
    double relative;
    double offset;
  };
  void sketch(const Sketches& sketches, size_t i, const float* x);

  AlignedArray<int8_t> codes_;
  std::vector<SketchQuery> queries_;
  std::vector<Terms> terms_;
};

}  // namespace voronode
