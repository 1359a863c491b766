// The loops over sketches, once. Included by kernels-inl.h; expects from the target, besides what that names:
//   Dot, kDotRows                 a register of kDotRows int32 lanes, one per row
//   Codes, Four                   a register of 4 · kDotRows codes; one query's four codes, broadcast
//   load_codes(p) load_four(p)    from u8[4 · kDotRows]; from s8[4]
//   dot_bias(bias)                all lanes = bias
//   dot_step(acc, codes, four)    adds to each lane the four products of its row's u8 and the query's s8
//   dot_survivors(acc, a, t, scale, norm, limit)   bit r set unless norm[r] - scale[r] * (a * lane r + t) > limit
//   kSketchQueries                how many queries share the loads of a group
//   kQueryLevels                  see Kernels::query_levels
//
// No include guard: included once per target.

constexpr size_t kDots = kGroupRows / kDotRows;  // registers a group and query

template <size_t Q>
VN_INLINE void filter_group(const SketchQuery* queries, const uint8_t* group, size_t steps, uint64_t* masks,
                            size_t groups) {
  Dot acc[Q][kDots];
  for (size_t q = 0; q < Q; ++q) {
    for (size_t i = 0; i < kDots; ++i) acc[q][i] = dot_bias(queries[q].bias);
  }
  for (size_t step = 0; step < steps; ++step) {
    const uint8_t* const line = group + step * 4 * kGroupRows;
    if constexpr (Q == 1) {
      for (size_t i = 0; i < 4; ++i) prefetch(reinterpret_cast<const float*>(line + i * 64) + kAhead);
    }
    Codes codes[kDots];
    for (size_t i = 0; i < kDots; ++i) codes[i] = load_codes(line + i * 4 * kDotRows);
    for (size_t q = 0; q < Q; ++q) {
      const Four four = load_four(queries[q].codes + step * 4);
      for (size_t i = 0; i < kDots; ++i) acc[q][i] = dot_step(acc[q][i], codes[i], four);
    }
  }
  const float* const scale = reinterpret_cast<const float*>(group + steps * 4 * kGroupRows);
  const float* const norm = scale + kGroupRows;
  const float rho = norm[kGroupRows];
  const float kappa = norm[kGroupRows + 1];
  for (size_t q = 0; q < Q; ++q) {
    const SketchQuery& query = queries[q];
    const float t = query.c * rho + query.e * kappa;
    uint64_t mask = 0;
    for (size_t i = 0; i < kDots; ++i) {
      const size_t r = i * kDotRows;
      mask |= static_cast<uint64_t>(dot_survivors(acc[q][i], query.a, t, scale + r, norm + r, query.base)) << r;
    }
    masks[q * groups] = mask;
  }
}

template <size_t Q>
VN_TARGET void filter_groups(const SketchQuery* queries, const uint8_t* first, size_t groups, size_t steps,
                             uint64_t* masks) {
  const size_t stride = steps * 4 * kGroupRows + kGroupTail;
  for (size_t g = 0; g < groups; ++g) filter_group<Q>(queries, first + g * stride, steps, masks + g, groups);
}

// The groups of one call fit a cache, as with distances().
template <size_t Q>
VN_TARGET void filter_rest(const SketchQuery* queries, size_t nq, const uint8_t* first, size_t groups, size_t steps,
                           uint64_t* masks) {
  if constexpr (Q > 0) {
    if (nq == Q) return filter_groups<Q>(queries, first, groups, steps, masks);
    filter_rest<Q - 1>(queries, nq, first, groups, steps, masks);
  }
}

VN_TARGET void sketch_filter(const SketchQuery* queries, size_t nq, const uint8_t* first, size_t groups, size_t steps,
                             uint64_t* masks) {
  size_t i = 0;
  for (; i + kSketchQueries <= nq; i += kSketchQueries) {
    filter_groups<kSketchQueries>(queries + i, first, groups, steps, masks + i * groups);
  }
  filter_rest<kSketchQueries - 1>(queries + i, nq - i, first, groups, steps, masks + i * groups);
}

// To the nearest integer, ties to even, for |x| < 2²²: adding 1.5 · 2²³ pushes the fraction out of the mantissa. Plain
// arithmetic, so that compilers vectorise it.
VN_INLINE float round_small(float x) {
  constexpr float kMagic = 12582912.0f;
  return (x + kMagic) - kMagic;
}

// Sixteen partial results of each kind: fixed lanes, which compilers turn into vector registers.
struct Extremes {
  float low[16] = {};
  float high[16] = {};
  float fraction[16] = {};  // stays 0 while every difference is a whole number (below 2²², where round_small works)
};

VN_INLINE void take_extremes(const float* y, const float* centre, size_t n, Extremes& e) {
  for (size_t l = 0; l < n; ++l) {
    const float diff = y[l] - centre[l];
    e.low[l] = diff < e.low[l] ? diff : e.low[l];
    e.high[l] = diff > e.high[l] ? diff : e.high[l];
    const float part = round_small(diff) - diff;
    e.fraction[l] += part < 0 ? -part : part;
  }
}

struct Coder {
  float scale, inverse, lowest, highest;
  double norms[16] = {};
  double errors[16] = {};
};

// A double holds the product scale · code exactly and the difference to 2⁻⁵³.
VN_INLINE void take_codes(const float* y, const float* centre, size_t n, Coder& c, int8_t* codes) {
  float code[16];
  for (size_t l = 0; l < n; ++l) {
    const float rounded = round_small((y[l] - centre[l]) * c.inverse);
    const float capped = rounded > c.highest ? c.highest : rounded;
    code[l] = capped < c.lowest ? c.lowest : capped;
  }
  for (size_t l = 0; l < n; ++l) codes[l] = static_cast<int8_t>(static_cast<int>(code[l]));
  for (size_t l = 0; l < n; ++l) {
    const double diff = static_cast<double>(y[l]) - static_cast<double>(centre[l]);
    const double error = diff - static_cast<double>(c.scale) * static_cast<double>(code[l]);
    c.norms[l] += diff * diff;
    c.errors[l] += error * error;
  }
}

VN_TARGET SketchRow sketch_row(const float* y, const float* centre, size_t d, int levels, int8_t* codes) {
  Extremes e;
  size_t j = 0;
  for (; j + 16 <= d; j += 16) take_extremes(y + j, centre + j, 16, e);
  take_extremes(y + j, centre + j, d - j, e);
  float low = 0;
  float high = 0;
  float fraction = 0;
  for (size_t l = 0; l < 16; ++l) {
    low = e.low[l] < low ? e.low[l] : low;
    high = e.high[l] > high ? e.high[l] : high;
    fraction += e.fraction[l];
  }
  const float limit = static_cast<float>(levels);
  const bool exact = fraction == 0 && low >= -limit - 1 && high <= limit;
  const float most = high > -low ? high : -low;
  Coder c;
  c.scale = exact ? (most > 0 ? 1.0f : 0.0f) : most / limit;
  c.inverse = c.scale > 0 ? 1.0f / c.scale : 0.0f;
  c.lowest = exact ? -limit - 1 : -limit;
  c.highest = limit;
  for (j = 0; j + 16 <= d; j += 16) take_codes(y + j, centre + j, 16, c, codes + j);
  take_codes(y + j, centre + j, d - j, c, codes + j);
  for (j = d; j % 4 != 0; ++j) codes[j] = 0;
  double norm2 = 0;
  double error2 = 0;
  for (size_t l = 0; l < 16; ++l) {
    norm2 += c.norms[l];
    error2 += c.errors[l];
  }
  return {c.scale, norm2, error2};
}
