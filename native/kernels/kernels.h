// The arithmetic of the library as one table of functions, one table per instruction set.
//
// All tables give the same bits. A distance is defined, for every target, as
//   lane l (0 ≤ l < 16) = fma over j = l, l + 16, l + 32, …, in this order, starting from 0, of
//       (x[j] - y[j])²  (the difference rounded once)   or   x[j] · y[j],
//   with zeros behind component d - 1 up to a multiple of 16 (they make a lane that products too small for a float took
//   to -0 a 0: the one thing that shows them),
//   then the lanes are added as a tree: l with l + 8, then l + 4, l + 2, l + 1,
// each step rounded to nearest, subnormals kept. So an answer does not depend on the machine, on the number of threads
// or on how a batch is cut. (16 lanes: one AVX-512 register. The direct form of the squared difference, not
// |x|²+|y|²-2xy, whose cancellation loses digits for near neighbours.)
//
// The same for |x[j] - y[j]| (L1): lane + the absolute difference, each rounded once. The greatest of them (Linf) is
// the same in any order.
//
// Vectors are float32, row-major, d components each, at any address, of stored rows even one that is no multiple of 4. No function reads outside its arguments.
#pragma once

#include <cstddef>
#include <cstdint>

namespace voronode {

// ---- Sketches (sketch/bound.h has the idea, the bound and its proof) ----
//
// 64 rows make a group. Laid out for a batch of queries, a group is
//   u8  codes[steps][64][4]   code + 128 of row r, components 4·step … 4·step + 3; steps = ⌈d / 4⌉, the rest coded as 0
//   the tail:
//   f4  scale[64]             s_y ≥ 0
//   f4  norm[64]              b_y: a lower bound of ‖y‖² (L2), 0 (inner product); -inf: this row has no usable sketch
//   f4  rho[3]                ≥ every error / scale of the group, the codes taken to 8, 6 and 4 bits
//   f4  kappa                 ≥ every ‖codes‖ of the group
//
// It is stored in three planes, so that one query, which waits for memory, need not read all bits of all codes:
//   high    u8 [⌈steps / 2⌉][64][4]  bits 7 … 4 of steps 2p (bits 0-3 of the byte) and 2p + 1 (bits 4-7); then the tail
//   middle  u8 [⌈steps / 4⌉][64][4]  bits 3 and 2 of steps 4p … 4p + 3 (from bit 0 up, two each)
//   low     u8 [⌈steps / 4⌉][64][4]  bits 1 and 0, likewise
// Bits that are not read count as half of what they could be: 4 bits stand for the code with 8, 6 bits with 2 below.
inline constexpr size_t kGroupRows = 64;
inline constexpr size_t kGroupLine = 4 * kGroupRows;                       // bytes that hold four components of a group
inline constexpr size_t kGroupTail = 2 * kGroupRows * sizeof(float) + 64;  // a multiple of 64

// Where some consecutive groups lie: group g of the run is g * the plane's bytes behind.
struct SketchPlanes {
  const uint8_t* high;
  const uint8_t* middle;
  const uint8_t* low;

  static size_t high_bytes(size_t steps) noexcept { return (steps + 1) / 2 * kGroupLine + kGroupTail; }
  static size_t other_bytes(size_t steps) noexcept { return (steps + 3) / 4 * kGroupLine; }  // middle, low
};

// One query against sketches. Row r of a group is dismissed if
//   norm[r] - scale[r] · (a · ⟨c_x, c_y⟩ + (c · rho + e · kappa))  >  base
// with every operation in float32, fused where it can be; rho is that of the bits that were read. A comparison with NaN
// does not dismiss.
struct SketchQuery {
  const int8_t* codes;  // those of steps, rounded up to a multiple of 4: 0 behind component d
  int32_t bias;         // -128 · Σ codes: takes the 128 in the stored codes back out
  float a, c, e;
  float base;
};

// A row's sketch as sketch_row makes it, with t for what is coded: (y - centre) / scale in three float32 operations.
// The sums of squares are taken in float32, 23 roundings deep at the most (two of a difference, one of its square,
// sixteen in a lane, four between lanes): right to 24 · 2⁻²⁴ of themselves.
struct SketchRow {
  float scale;
  bool exact;         // t = codes, with no error
  double norm2;       // ‖y - centre‖²
  double error2[3];   // ‖t - codes‖² with 8, 6, 4 bits of the codes
  double code_sum;    // Σ codes
  double code_norm2;  // ‖codes‖²
};

// ---- Rows in codes ----
//
// A component in fewer bits than a float32, with the numbers of Faiss's scalar quantizer in files. c: a whole number of
// so many bits; vmin, vdiff: of its dimension.
//   k8bit, k8bitUniform          u8 c: vmin + t · vdiff, t = (c + 0.5) / 255
//   k6bit                        c of 6 bits, t = (c + 0.5) / 63; four in three bytes, the first in the lowest bits
//   k4bit, k4bitUniform          c of 4 bits, t = (c + 0.5) / 15; two in a byte, the first in the lower bits
//   k8bitDirect, k8bitDirectSigned   u8 c: vmin + c (vmin is 0, or -128)
//   kFp16                        an IEEE 754 half, little-endian, finite
//   kBf16                        the upper half of a float32, little-endian, finite
enum class ScalarCode : int32_t {
  k8bit = 0,
  k4bit = 1,
  k8bitUniform = 2,
  k4bitUniform = 3,
  kFp16 = 4,
  k8bitDirect = 5,
  k6bit = 6,
  kBf16 = 7,
  k8bitDirectSigned = 8,
};

// Of a component.
constexpr size_t scalar_code_bits(ScalarCode code) noexcept {
  switch (code) {
    case ScalarCode::k4bit:
    case ScalarCode::k4bitUniform:
      return 4;
    case ScalarCode::k6bit:
      return 6;
    case ScalarCode::kFp16:
    case ScalarCode::kBf16:
      return 16;
    default:
      return 8;
  }
}
// Of a row; its last byte may be used in part.
constexpr size_t scalar_row_bytes(ScalarCode code, size_t d) noexcept { return (d * scalar_code_bits(code) + 7) / 8; }

// Rows of d components that lie together, and what they mean: component j of a row is centroid[j] + its value. Each
// operation is rounded to float32 (the quotient t, the product, the sums), so a row has the same bits everywhere.
struct ScalarRows {
  ScalarCode code;
  const uint8_t* codes;
  const float* vmin;      // of size d each, where the code has them
  const float* vdiff;     //
  const float* centroid;  // of size d; null: the value alone
};

struct Kernels {
  const char* name;

  // out[i * ldo + j] = ‖xq_i - y_j‖² for i < nq, j < n.  xq: nq × d, y: n × d, out: nq rows of n, ldo ≥ n apart.
  void (*l2sqr)(const float* xq, size_t nq, const float* y, size_t n, size_t d, float* out, size_t ldo);

  // The same for -xq_i · y_j: negated, so that smaller is nearer for every metric. Negation is exact.
  void (*neg_inner_product)(const float* xq, size_t nq, const float* y, size_t n, size_t d, float* out, size_t ldo);

  // out[i] = ‖*xq[i] - *y[i]‖², or -*xq[i] · *y[i], i < n, for vectors of size d that lie anywhere.
  void (*l2sqr_pairs)(const float* const* xq, const float* const* y, size_t n, size_t d, float* out);
  void (*neg_inner_product_pairs)(const float* const* xq, const float* const* y, size_t n, size_t d, float* out);

  // The same for Σ |x[j] - y[j]|, and for max |x[j] - y[j]|.
  void (*l1)(const float* xq, size_t nq, const float* y, size_t n, size_t d, float* out, size_t ldo);
  void (*linf)(const float* xq, size_t nq, const float* y, size_t n, size_t d, float* out, size_t ldo);
  void (*l1_pairs)(const float* const* xq, const float* const* y, size_t n, size_t d, float* out);
  void (*linf_pairs)(const float* const* xq, const float* const* y, size_t n, size_t d, float* out);

  // out = n × d floats: the rows.
  void (*decode)(const ScalarRows& rows, size_t n, size_t d, float* out);

  // The distances of one query and n rows, which are decoded on the way.
  void (*l2sqr_decoded)(const float* xq, const ScalarRows& rows, size_t n, size_t d, float* out);
  void (*neg_inner_product_decoded)(const float* xq, const ScalarRows& rows, size_t n, size_t d, float* out);
  void (*l1_decoded)(const float* xq, const ScalarRows& rows, size_t n, size_t d, float* out);
  void (*linf_decoded)(const float* xq, const ScalarRows& rows, size_t n, size_t d, float* out);

  // Writes the positions i < n, ascending, with !(dis[i] > threshold) to positions (size n); returns how many. A NaN on
  // either side passes: deciding about it is the caller's.
  size_t (*select_not_above)(const float* dis, size_t n, float threshold, uint32_t* positions);

  // masks[i * groups + g]: bit r set if query i does not dismiss row r of group g. The groups lie `steps * kGroupLine +
  // kGroupTail` bytes apart, laid out for batches.  nq × groups masks.
  void (*sketch_filter)(const SketchQuery* queries, size_t nq, const uint8_t* first, size_t groups, size_t steps,
                        uint64_t* masks);

  // The same for one query and the stored planes: decided by the high plane alone where that dismisses nearly all rows
  // of a group, else with the middle plane, else with all.
  void (*sketch_filter_one)(const SketchQuery& query, const SketchPlanes& first, size_t groups, size_t steps,
                            uint64_t* masks);

  // The same by the high plane alone: for some queries, where its four bits are enough.
  void (*sketch_filter_high)(const SketchQuery* queries, size_t nq, const uint8_t* high, size_t groups, size_t steps,
                             uint64_t* masks);

  // sketch_filter for the stored planes. lines: room for the groups in the layout for batches, where they are left.
  void (*sketch_filter_planes)(const SketchQuery* queries, size_t nq, const SketchPlanes& first, size_t groups,
                               size_t steps, uint8_t* lines, uint64_t* masks);

  // bounds[i * ldo + 64 g + r] = the left side of sketch_filter's test for query i and row r of group g, for those who
  // want more than a yes or no. least[i * groups + g]: the lowest of the group's 64, NaNs passed over; infinity if
  // there is none.
  void (*sketch_bounds)(const SketchQuery* queries, size_t nq, const uint8_t* first, size_t groups, size_t steps,
                        float* bounds, size_t ldo, float* least);

  // The least of x[0] … x[n - 1], NaNs passed over; infinity if there is none.
  float (*lowest)(const float* x, size_t n);

  // Codes of y - centre (size d), -levels … levels, to nearest; codes: size d rounded up to 4; the rest is 0. If all
  // components are whole numbers, and the differences from -levels - 1 to levels, the scale is 1 and the error 0. A
  // zero vector has scale 0, and no other.
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
