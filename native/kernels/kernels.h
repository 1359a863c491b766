// The arithmetic of the library as one table of functions, one table per instruction set.
//
// All tables give the same bits. A distance is defined, for every target, as
//   lane l (0 ≤ l < 16) = fma over j = l, l + 16, l + 32, … < d, in this order, starting from 0, of
//       (x[j] - y[j])²  (the difference rounded once)   or   x[j] · y[j],
//   then the lanes are added as a tree: l with l + 8, then l + 4, l + 2, l + 1,
// each step rounded to nearest, subnormals kept. So an answer does not depend on the machine, on the number of threads
// or on how a batch is cut. (16 lanes: one AVX-512 register. The direct form of the squared difference, not
// |x|²+|y|²-2xy, whose cancellation loses digits for near neighbours.)
//
// Vectors are float32, row-major, d components each, unaligned. No function reads outside its arguments.
#pragma once

#include <cstddef>
#include <cstdint>

namespace voronode {

// ---- Sketches (storage/sketches.h has the idea, the bound and its proof) ----
//
// 64 rows make a group: one run of bytes, read strictly in sequence.
//   u8  codes[steps][64][4]   code + 128 of row r, components 4·step … 4·step + 3; steps = ⌈d / 4⌉, the rest coded as 0
//   f4  scale[64]             s_y ≥ 0
//   f4  norm[64]              b_y: a lower bound of ‖y‖² (L2), 0 (inner product); -inf: this row has no usable sketch
//   f4  rho                   ≥ every error / scale of the group
//   f4  kappa                 ≥ every ‖codes‖ of the group
inline constexpr size_t kGroupRows = 64;
inline constexpr size_t kGroupTail = 2 * kGroupRows * sizeof(float) + 64;  // behind the codes, a multiple of 64

// One query against sketches. Row r of a group is dismissed if
//   norm[r] - scale[r] · (a · ⟨c_x, c_y⟩ + (c · rho + e · kappa))  >  base
// with every operation in float32, fused where it can be. A comparison with NaN does not dismiss.
struct SketchQuery {
  const int8_t* codes;  // steps * 4 of them
  int32_t bias;         // -128 · Σ codes: takes the 128 in the stored codes back out
  float a, c, e;
  float base;
};

// A row's sketch as sketch_row makes it.
struct SketchRow {
  float scale;
  double norm2;   // ‖y - centre‖²
  double error2;  // ‖y - centre - scale · codes‖²
};

struct Kernels {
  const char* name;

  // out[i * ldo + j] = ‖xq_i - y_j‖² for i < nq, j < n.  xq: nq × d, y: n × d, out: nq rows of n, ldo ≥ n apart.
  void (*l2sqr)(const float* xq, size_t nq, const float* y, size_t n, size_t d, float* out, size_t ldo);

  // The same for -xq_i · y_j: negated, so that smaller is nearer for every metric. Negation is exact.
  void (*neg_inner_product)(const float* xq, size_t nq, const float* y, size_t n, size_t d, float* out, size_t ldo);

  // Writes the positions i < n, ascending, with !(dis[i] > threshold) to positions (size n); returns how many. A NaN on
  // either side passes: deciding about it is the caller's.
  size_t (*select_not_above)(const float* dis, size_t n, float threshold, uint32_t* positions);

  // masks[i * groups + g]: bit r set if query i does not dismiss row r of group g. The groups lie `steps * 256 +
  // kGroupTail` bytes apart.  nq × groups masks.
  void (*sketch_filter)(const SketchQuery* queries, size_t nq, const uint8_t* first, size_t groups, size_t steps,
                        uint64_t* masks);

  // Codes of y - centre (size d), -levels … levels, to nearest; codes: size d rounded up to 4. If all differences are
  // whole numbers from -levels - 1 to levels, the scale is 1 and the error 0. A zero vector has scale 0.
  SketchRow (*sketch_row)(const float* y, const float* centre, size_t d, int levels, int8_t* codes);

  // The `levels` of queries: 127, or less where the sums of products that the ISA offers would saturate. Rows have 127.
  int query_levels;

  // The first i < n with x[i] a NaN or an infinity; n if there is none.
  size_t (*first_nonfinite)(const float* x, size_t n);
};

// The table in use: the best this machine can run, or the one named by the environment variable VORONODE_SIMD. Chosen
// at the first call, then fixed.
const Kernels& kernels() noexcept;

// Whether VORONODE_SIMD names a target that this machine cannot run, or none at all (kernels() then ignores it).
bool forced_target_is_unknown() noexcept;

// The targets that this machine can run, best first, into tables of size max; returns how many there are.
size_t runnable_targets(const Kernels** tables, size_t max) noexcept;

}  // namespace voronode
