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
//   min_number(a, b)              lane by lane a < b ? a : b, so b where a is a NaN
//   lowest16(a)                   the lowest of sixteen lanes, none of them a NaN
//   store(p, a) splat(x) add(a, b) mul(a, b)
//   from_bytes(p)        sixteen u8 as floats
//   from_halves(p)       sixteen finite halves, 32 bytes, as floats
//   from_upper_halves(p) sixteen upper halves of floats, 32 bytes
//
// No include guard: included once per target.

constexpr size_t kLanes = 16;
constexpr size_t kRows = 4;  // reduce4 turns four accumulators into four distances

// An Op: what a step of a lane does, and what becomes of four times sixteen lanes.
struct SumOfLanes {
  VN_INLINE static void reduce(V16 a, V16 b, V16 c, V16 d, float* out) { reduce4(a, b, c, d, out); }
  static constexpr float kSign = 1.0f;
};

struct SquaredDifference : SumOfLanes {
  VN_INLINE static V16 step(V16 x, V16 y, V16 acc) {
    const V16 diff = sub(x, y);
    return fma(diff, diff, acc);
  }
};

struct NegatedProduct : SumOfLanes {
  VN_INLINE static V16 step(V16 x, V16 y, V16 acc) { return fma(x, y, acc); }
  static constexpr float kSign = -1.0f;
};

// -|x - y|, the difference rounded once.
VN_INLINE V16 negated_difference(V16 x, V16 y) { return min_number(sub(x, y), sub(y, x)); }

struct AbsoluteDifference : SumOfLanes {
  VN_INLINE static V16 step(V16 x, V16 y, V16 acc) { return sub(acc, negated_difference(x, y)); }
};

// The lanes hold the negated maximum.
struct GreatestDifference {
  VN_INLINE static V16 step(V16 x, V16 y, V16 acc) { return min_number(negated_difference(x, y), acc); }
  VN_INLINE static void reduce(V16 a, V16 b, V16 c, V16 d, float* out) {
    out[0] = 0.0f - lowest16(a);  // not -lowest16(a), which makes a zero negative
    out[1] = 0.0f - lowest16(b);
    out[2] = 0.0f - lowest16(c);
    out[3] = 0.0f - lowest16(d);
  }
  static constexpr float kSign = 1.0f;
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
    Op::reduce(acc[q][0], acc[q][1], acc[q][2], acc[q][3], sums);
    for (size_t r = 0; r < R; ++r) out[q * ldo + r] = Op::kSign * sums[r];
  }
}

// One query is bound by memory, so the rows are read strictly in sequence, with a hint kAhead floats ahead: 24 to 29
// GB/s on a Zen 4 core, against 10 to 17 with four rows at a time (the hardware's prefetcher loses the pattern) and 17
// to 23 without the hint (d 128 and 768).
constexpr size_t kAhead = 512;

// Rows, here and in scalar-inl.h: row(i) is a thing with take(j), lanes j … j + 15, and take_first(j, n), of which the
// lanes ≥ n are 0.
struct FloatRow {
  const float* y;
  VN_INLINE V16 take(size_t j) const {
    prefetch(y + j + kAhead);
    return load(y + j);
  }
  VN_INLINE V16 take_first(size_t j, size_t n) const { return load_first(y + j, n); }
};
struct FloatRows {
  const float* y;
  size_t d;
  VN_INLINE FloatRow row(size_t i) const { return {y + i * d}; }
};

template <class Op, size_t R, class Rows>
VN_INLINE void tile_in_sequence(const float* xq, const Rows& rows, size_t first, size_t d, float* out) {
  V16 acc[kRows];
  for (size_t r = 0; r < kRows; ++r) acc[r] = zero();
  for (size_t r = 0; r < R; ++r) {
    const auto row = rows.row(first + r);
    size_t j = 0;
    for (; j + kLanes <= d; j += kLanes) acc[r] = Op::step(load(xq + j), row.take(j), acc[r]);
    if (j < d) acc[r] = Op::step(load_first(xq + j, d - j), row.take_first(j, d - j), acc[r]);
  }
  float sums[kRows];
  Op::reduce(acc[0], acc[1], acc[2], acc[3], sums);
  for (size_t r = 0; r < R; ++r) out[first + r] = Op::kSign * sums[r];
}

template <class Op, class Rows>
VN_TARGET void distances_of_one(const float* xq, const Rows& rows, size_t n, size_t d, float* out) {
  size_t i = 0;
  for (; i + kRows <= n; i += kRows) tile_in_sequence<Op, kRows>(xq, rows, i, d, out);
  for (; i < n; ++i) tile_in_sequence<Op, 1>(xq, rows, i, d, out);
}

// Pairs of vectors that lie anywhere, R at a time, while the rows of the next R are on their way.
template <class Op, size_t R>
VN_INLINE void tile_of_pairs(const float* const* xq, const float* const* y, const float* const* next, size_t d,
                             float* out) {
  V16 acc[kRows];
  for (size_t r = 0; r < kRows; ++r) acc[r] = zero();
  size_t j = 0;
  for (; j + kLanes <= d; j += kLanes) {
    for (size_t r = 0; r < R; ++r) {
      prefetch(next[r] + j);
      acc[r] = Op::step(load(xq[r] + j), load(y[r] + j), acc[r]);
    }
  }
  if (j < d) {
    for (size_t r = 0; r < R; ++r) {
      prefetch(next[r] + j);
      acc[r] = Op::step(load_first(xq[r] + j, d - j), load_first(y[r] + j, d - j), acc[r]);
    }
  }
  float sums[kRows];
  Op::reduce(acc[0], acc[1], acc[2], acc[3], sums);
  for (size_t r = 0; r < R; ++r) out[r] = Op::kSign * sums[r];
}

template <class Op>
VN_TARGET void distances_of_pairs(const float* const* xq, const float* const* y, size_t n, size_t d, float* out) {
  size_t j = 0;
  for (; j + kRows <= n; j += kRows) {
    tile_of_pairs<Op, kRows>(xq + j, y + j, y + (j + 2 * kRows <= n ? j + kRows : j), d, out + j);
  }
  for (; j < n; ++j) tile_of_pairs<Op, 1>(xq + j, y + j, y + n - 1, d, out + j);
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
  if (nq == 1) return distances_of_one<Op>(xq, FloatRows{y, d}, n, d, out);
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
  for (; i + 64 <= n; i += 64) {
    uint64_t mask = 0;
    for (size_t l = 0; l < 64; l += kLanes) mask |= static_cast<uint64_t>(select16(dis + i + l, threshold)) << l;
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

VN_TARGET float lowest(const float* x, size_t n) {
  float least = std::numeric_limits<float>::infinity();
  size_t i = 0;
  if (n >= kLanes) {
    V16 a = splat(least);
    V16 b = a;
    for (; i + 2 * kLanes <= n; i += 2 * kLanes) {
      a = min_number(load(x + i), a);
      b = min_number(load(x + i + kLanes), b);
    }
    for (; i + kLanes <= n; i += kLanes) a = min_number(load(x + i), a);
    least = lowest16(min_number(a, b));
  }
  for (; i < n; ++i) least = x[i] < least ? x[i] : least;
  return least;
}

VN_TARGET size_t first_nonfinite(const float* x, size_t n) {
  size_t i = 0;
  while (i + kLanes <= n && finite16(x + i)) i += kLanes;
  for (; i < n; ++i) {
    // Exponent bits all ones: infinity or NaN.
    uint32_t bits = 0;
    std::memcpy(&bits, x + i, sizeof bits);
    if ((bits & 0x7F800000u) == 0x7F800000u) return i;
  }
  return n;
}

#include "kernels/scalar-inl.h"
#include "kernels/sketch-inl.h"
#include "kernels/sketch-row-inl.h"

constexpr Kernels table(const char* name) {
  return {name,
          distances<SquaredDifference>,
          distances<NegatedProduct>,
          distances_of_pairs<SquaredDifference>,
          distances_of_pairs<NegatedProduct>,
          distances<AbsoluteDifference>,
          distances<GreatestDifference>,
          distances_of_pairs<AbsoluteDifference>,
          distances_of_pairs<GreatestDifference>,
          decode,
          distances_decoded<SquaredDifference>,
          distances_decoded<NegatedProduct>,
          distances_decoded<AbsoluteDifference>,
          distances_decoded<GreatestDifference>,
          select_not_above,
          sketch_filter,
          sketch_filter_one,
          sketch_filter_high,
          sketch_filter_planes,
          sketch_bounds,
          lowest,
          sketch_row,
          kQueryLevels,
          first_nonfinite};
}
