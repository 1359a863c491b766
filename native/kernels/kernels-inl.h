// Every loop once. A target file defines its primitives, then includes this file inside its own namespace.
//
// Expected from the target:
//   VN_TARGET            attribute that turns its instruction set on; every function here carries it
//   VN_INLINE            VN_TARGET plus forced inlining
//   V16                  sixteen float lanes, in as many registers as it takes
//   zero() load(p) load_first(p, n) sub(a, b) fma(a, b, c)      load_first: lanes ≥ n are 0, memory behind p + n unread
//   reduce4(a, b, c, d, out)      out[0..3] = the tree sums of the lanes of a, b, c, d (the tree of kernels.h)
//   kMaxQueries          how many queries one tile takes: kMaxQueries × kRows accumulators must fit the registers
//   prefetch(p)          a hint that p will be read; any address will do
//   select16(p, threshold)        bit i set if !(p[i] > threshold), i < 16
//   finite16(p)                   true if p[0..15] are all finite
//
// No include guard: included once per target.

constexpr size_t kLanes = 16;
constexpr size_t kRows = 4;  // reduce4 turns four accumulators into four distances

struct SquaredDifference {
  VN_INLINE static V16 step(V16 x, V16 y, V16 acc) {
    const V16 diff = sub(x, y);
    return fma(diff, diff, acc);
  }
  static constexpr float kSign = 1.0f;
};

struct NegatedProduct {
  VN_INLINE static V16 step(V16 x, V16 y, V16 acc) { return fma(x, y, acc); }
  static constexpr float kSign = -1.0f;
};

// Q queries × R rows: every loaded row serves Q queries, every loaded query R rows. The accumulators are locals that
// never escape until they are summed, otherwise compilers spill them in the loop.
template <class Op, size_t Q, size_t R>
VN_INLINE void tile(const float* xq, const float* y, size_t d, float* out, size_t ldo) {
  V16 acc[Q][kRows];
  for (size_t q = 0; q < Q; ++q) {
    for (size_t r = 0; r < kRows; ++r) acc[q][r] = zero();
  }
  size_t j = 0;
  for (; j + kLanes <= d; j += kLanes) {
    V16 x[Q];
    for (size_t q = 0; q < Q; ++q) x[q] = load(xq + q * d + j);
    for (size_t r = 0; r < R; ++r) {
      const V16 row = load(y + r * d + j);
      for (size_t q = 0; q < Q; ++q) acc[q][r] = Op::step(x[q], row, acc[q][r]);
    }
  }
  if (j < d) {
    V16 x[Q];
    for (size_t q = 0; q < Q; ++q) x[q] = load_first(xq + q * d + j, d - j);
    for (size_t r = 0; r < R; ++r) {
      const V16 row = load_first(y + r * d + j, d - j);
      for (size_t q = 0; q < Q; ++q) acc[q][r] = Op::step(x[q], row, acc[q][r]);
    }
  }
  for (size_t q = 0; q < Q; ++q) {
    float sums[kRows];
    reduce4(acc[q][0], acc[q][1], acc[q][2], acc[q][3], sums);
    for (size_t r = 0; r < R; ++r) out[q * ldo + r] = Op::kSign * sums[r];
  }
}

// One query is bound by memory, so the rows are read strictly in sequence, with a hint kAhead floats ahead: 24 to 29
// GB/s on a Zen 4 core, against 10 to 17 with four rows at a time (the hardware's prefetcher loses the pattern) and 17
// to 23 without the hint (d 128 and 768).
constexpr size_t kAhead = 512;

template <class Op, size_t R>
VN_INLINE void tile_in_sequence(const float* xq, const float* y, size_t d, float* out) {
  V16 acc[kRows];
  for (size_t r = 0; r < kRows; ++r) acc[r] = zero();
  for (size_t r = 0; r < R; ++r) {
    const float* const row = y + r * d;
    size_t j = 0;
    for (; j + kLanes <= d; j += kLanes) {
      prefetch(row + j + kAhead);
      acc[r] = Op::step(load(xq + j), load(row + j), acc[r]);
    }
    if (j < d) acc[r] = Op::step(load_first(xq + j, d - j), load_first(row + j, d - j), acc[r]);
  }
  float sums[kRows];
  reduce4(acc[0], acc[1], acc[2], acc[3], sums);
  for (size_t r = 0; r < R; ++r) out[r] = Op::kSign * sums[r];
}

template <class Op>
VN_TARGET void distances_of_one(const float* xq, const float* y, size_t n, size_t d, float* out) {
  size_t j = 0;
  for (; j + kRows <= n; j += kRows) tile_in_sequence<Op, kRows>(xq, y + j * d, d, out + j);
  for (; j < n; ++j) tile_in_sequence<Op, 1>(xq, y + j * d, d, out + j);
}

template <class Op, size_t Q>
VN_TARGET void strip(const float* xq, const float* y, size_t n, size_t d, float* out, size_t ldo) {
  size_t j = 0;
  for (; j + kRows <= n; j += kRows) tile<Op, Q, kRows>(xq, y + j * d, d, out + j, ldo);
  for (; j < n; ++j) tile<Op, Q, 1>(xq, y + j * d, d, out + j, ldo);
}

// The rows of one call fit a cache (the caller sees to it), so they are walked once per tile of queries.
template <class Op>
VN_TARGET void distances(const float* xq, size_t nq, const float* y, size_t n, size_t d, float* out, size_t ldo) {
  if (nq == 1) return distances_of_one<Op>(xq, y, n, d, out);
  size_t i = 0;
  for (; i + kMaxQueries <= nq; i += kMaxQueries) strip<Op, kMaxQueries>(xq + i * d, y, n, d, out + i * ldo, ldo);
  if constexpr (kMaxQueries > 2) {
    for (; i + 2 <= nq; i += 2) strip<Op, 2>(xq + i * d, y, n, d, out + i * ldo, ldo);
  }
  for (; i < nq; ++i) strip<Op, 1>(xq + i * d, y, n, d, out + i * ldo, ldo);
}

VN_TARGET size_t select_not_above(const float* dis, size_t n, float threshold, uint32_t* positions) {
  size_t count = 0;
  size_t i = 0;
  for (; i + kLanes <= n; i += kLanes) {
    uint32_t mask = select16(dis + i, threshold);
    while (mask != 0) {
      positions[count++] = static_cast<uint32_t>(i) + static_cast<uint32_t>(std::countr_zero(mask));
      mask &= mask - 1;
    }
  }
  for (; i < n; ++i) {
    if (!(dis[i] > threshold)) positions[count++] = static_cast<uint32_t>(i);
  }
  return count;
}

VN_TARGET size_t first_nonfinite(const float* x, size_t n) {
  size_t i = 0;
  while (i + kLanes <= n && finite16(x + i)) i += kLanes;
  for (; i < n; ++i) {
    // Exponent bits all ones: infinity or NaN.
    if ((std::bit_cast<uint32_t>(x[i]) & 0x7F800000u) == 0x7F800000u) return i;
  }
  return n;
}

#include "kernels/sketch-inl.h"

constexpr Kernels table(const char* name) {
  return {name,
          distances<SquaredDifference>,
          distances<NegatedProduct>,
          select_not_above,
          sketch_filter,
          sketch_row,
          kQueryLevels,
          first_nonfinite};
}
