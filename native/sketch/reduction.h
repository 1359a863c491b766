// A map to fewer dimensions that never lengthens a distance, for sketches of data that vary in few directions.
//
// With B of p orthonormal rows, x ↦ X = (Bx, ρ_x), ρ_x = √(‖x‖² - ‖Bx‖²): by Cauchy-Schwarz on what B leaves over
//   x·y ≤ Bx·By + ρ_x ρ_y = X·Y,      ‖x‖ = ‖X‖,      so      ‖x - y‖ ≥ ‖X - Y‖,
// and nearly equal if one of the two has little left over. Centroids do: averaging takes away what is peculiar to
// vectors. So sketches of X and Y (p + 1 numbers) decide nearly as well as sketches of x and y (d), in p / d the time.
//
// The numbers are floats. B's rows are off orthonormal by η = ‖BBᵀ - I‖ (computed), Bx by γ√p‖x‖ (kernels.h; γ = (d/16
// + 9)·2⁻²⁴); with κ = η + γ√p (1 + η), Bx is within κ‖x‖ of Qx for a Q that is orthonormal. ρ² is computed as ‖x‖² -
// ‖Bx‖² + 3(γ + κ)‖x‖², which is not below the true one. Then x·y ≤ X·Y + 3κ‖x‖‖y‖, and all together
//   ‖x - y‖² ≥ (1 - Λ)‖x‖² + (1 - Λ)‖y‖² - 2 X·Y       with Λ = 8(γ + κ) and the computed ‖x‖², ‖y‖².
#pragma once

#include <cstddef>
#include <memory>

#include "base/aligned.h"
#include "base/cancel.h"

namespace voronode {

class Reduction {
 public:
  // For n vectors x (n × d) less `centre`: the directions in which they vary most, as few as hold all but kLeftOver of
  // their energy; null if those are more than half of d, or too many to pay. Throws kAborted, kNoMemory.
  static std::shared_ptr<const Reduction> find(size_t n, size_t d, const float* x, const float* centre,
                                               const Cancel* cancel);

  size_t dimension() const noexcept { return p_ + 1; }
  double slack() const noexcept { return slack_; }  // Λ

  // Of n vectors less `centre`: images (n × dimension()) and squared norms. `work` has room for n × d floats.
  void apply(size_t n, const float* const* x, const float* centre, float* work, float* images,
             float* norms2) const noexcept;

 private:
  Reduction(size_t p, size_t d) : p_(p), d_(d), basis_(p * d) {}
  size_t p_, d_;
  AlignedArray<float> basis_;  // p × d
  double slack_ = 0;
};

}  // namespace voronode
