// The arithmetic of the library as one table of functions, one table per instruction set.
//
// All tables give the same bits. A distance is defined, for every target, as
//   lane l (0 ≤ l < 16) = fma over j = l, l + 16, l + 32, … < d, in this order, starting from 0, of
//       (x[j] - y[j])²  (the difference rounded once)   or   x[j] · y[j],
//   then the lanes are added as a tree: l with l + 8, then l + 4, l + 2, l + 1,
// each step rounded to nearest, subnormals kept. So an answer does not depend on the machine, on the number of threads or on
// how a batch is cut. (16 lanes: one AVX-512 register. The direct form of the squared difference, not |x|²+|y|²-2xy, whose
// cancellation loses digits for near neighbours.)
//
// Vectors are float32, row-major, d components each, unaligned. No function reads outside its arguments.
#pragma once

#include <cstddef>
#include <cstdint>

namespace voronode {

struct Kernels {
  const char* name;

  // out[i * ldo + j] = ‖xq_i - y_j‖² for i < nq, j < n.  xq: nq × d, y: n × d, out: nq rows of n, ldo ≥ n apart.
  void (*l2sqr)(const float* xq, size_t nq, const float* y, size_t n, size_t d, float* out, size_t ldo);

  // The same for -xq_i · y_j: negated, so that smaller is nearer for every metric. Negation is exact.
  void (*neg_inner_product)(const float* xq, size_t nq, const float* y, size_t n, size_t d, float* out, size_t ldo);

  // Writes the positions i < n, ascending, with !(dis[i] > threshold) to positions (size n); returns how many. A NaN on
  // either side passes: deciding about it is the caller's.
  size_t (*select_not_above)(const float* dis, size_t n, float threshold, uint32_t* positions);

  // The first i < n with x[i] a NaN or an infinity; n if there is none.
  size_t (*first_nonfinite)(const float* x, size_t n);
};

// The table in use: the best this machine can run, or the one named by the environment variable VORONODE_SIMD. Chosen at the
// first call, then fixed.
const Kernels& kernels() noexcept;

// Whether VORONODE_SIMD names a target that this machine cannot run, or none at all (kernels() then ignores it).
bool forced_target_is_unknown() noexcept;

// The targets that this machine can run, best first, into tables of size max; returns how many there are.
size_t runnable_targets(const Kernels** tables, size_t max) noexcept;

}  // namespace voronode
