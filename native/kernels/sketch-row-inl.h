// Making the codes of one vector, once. Included by kernels-inl.h; expects besides what that names:
//   store_bytes(p, a)    sixteen whole numbers from -128 to 127 as s8
//
// No include guard: included once per target.

// To the nearest integer, ties to even, for |x| < 2²²: adding 1.5 · 2²³ pushes the fraction out of the mantissa.
// Larger ones come out as some whole number.
VN_INLINE V16 whole(V16 x) {
  const V16 magic = splat(12582912.0f);
  return sub(add(x, magic), magic);
}

VN_INLINE V16 negative(V16 x) { return sub(zero(), x); }

// The least and the largest difference from the centre, and whether all is whole numbers: then differences below 2²⁴
// are exact.
struct Extremes {
  V16 low;
  V16 high;      // negated
  V16 fraction;  // stays 0 while all are whole numbers

  VN_INLINE Extremes() : low(zero()), high(zero()), fraction(zero()) {}
  VN_INLINE void take(V16 y, V16 centre) {
    const V16 diff = sub(y, centre);
    low = min_number(diff, low);
    high = min_number(negative(diff), high);
    take_fraction(sub(whole(y), y));
    take_fraction(sub(whole(centre), centre));
  }
  VN_INLINE void take_fraction(V16 part) { fraction = add(fraction, min_number(part, negative(part))); }
};

struct Coder {
  float inverse, lowest, highest;
};

// Whole numbers, and their squares, stay below 2²⁴ in these sums, so they are exact.
struct RowSums {
  V16 norm2;
  V16 error2[3];
  V16 codes;
  V16 code_norm2;

  VN_INLINE RowSums() : norm2(zero()), error2{zero(), zero(), zero()}, codes(zero()), code_norm2(zero()) {}
  // present: 1 in the lanes that count, 0 in the others.
  VN_INLINE void take(V16 y, V16 centre, V16 present, const Coder& c, int8_t* out) {
    const V16 diff = sub(y, centre);
    const V16 t = mul(diff, splat(c.inverse));
    const V16 capped = negative(min_number(negative(min_number(whole(t), splat(c.highest))), splat(-c.lowest)));
    store_bytes(out, capped);
    norm2 = add(norm2, mul(diff, diff));
    take_error<0>(sub(t, capped));
    take_error<1>(mul(present, sub(t, middle(capped, 4))));
    take_error<2>(mul(present, sub(t, middle(capped, 16))));
    codes = add(codes, capped);
    code_norm2 = add(code_norm2, mul(capped, capped));
  }
  // What stands for a code of which the bits below `width` were not read: width · m + width / 2 - 128, with m the
  // stored code / width, rounded down.
  VN_INLINE static V16 middle(V16 code, int width) {
    const float w = static_cast<float>(width);
    const V16 m = whole(mul(add(code, splat(128 - (w - 1) / 2)), splat(1 / w)));
    return add(mul(m, splat(w)), splat(w / 2 - 128));
  }
  template <size_t kLevel>
  VN_INLINE void take_error(V16 e) {
    error2[kLevel] = add(error2[kLevel], mul(e, e));
  }
  VN_INLINE void add_to(SketchRow& row) const {
    float sums[8];
    reduce4(error2[0], error2[1], error2[2], norm2, sums);
    reduce4(codes, code_norm2, zero(), zero(), sums + 4);
    for (size_t level = 0; level < 3; ++level) row.error2[level] += sums[level];
    row.norm2 += sums[3];
    row.code_sum += sums[4];
    row.code_norm2 += sums[5];
  }
};

VN_INLINE Extremes extremes(const float* y, const float* centre, size_t d) {
  Extremes e;
  size_t j = 0;
  for (; j + kLanes <= d; j += kLanes) e.take(load(y + j), load(centre + j));
  if (j < d) e.take(load_first(y + j, d - j), load_first(centre + j, d - j));
  return e;
}

VN_INLINE void code_last(const float* y, const float* centre, size_t n, const Coder& c, int8_t* codes, RowSums& sums) {
  float ones[kLanes];
  store(ones, splat(1.0f));
  int8_t bytes[kLanes];
  sums.take(load_first(y, n), load_first(centre, n), load_first(ones, n), c, bytes);
  std::memcpy(codes, bytes, (n + 3) / 4 * 4);
}

VN_TARGET SketchRow sketch_row(const float* y, const float* centre, size_t d, int levels, int8_t* codes) {
  const Extremes e = extremes(y, centre, d);
  const float low = lowest16(e.low);
  const float high = -lowest16(e.high);
  const float limit = static_cast<float>(levels);
  const float most = high > -low ? high : -low;
  // A step too small for its inverse to be finite: not 0, which stands for a zero vector.
  constexpr float kLeastStep = std::numeric_limits<float>::min();
  const float step = most / limit < kLeastStep ? kLeastStep : most / limit;
  SketchRow row = {};
  row.exact = lowest16(e.fraction) == 0 && low >= -limit - 1 && high <= limit;
  row.scale = most > 0 ? (row.exact ? 1.0f : step) : 0.0f;
  const Coder c = {row.scale > 0 ? 1.0f / row.scale : 0.0f, row.exact ? -limit - 1 : -limit, limit};
  // Sixteen additions a lane before doubles take over (SketchRow says what that leaves).
  constexpr size_t kRun = 256;
  for (size_t j = 0; j < d;) {
    const size_t end = d - j < kRun ? d : j + kRun;
    RowSums sums;
    for (; j + kLanes <= end; j += kLanes) sums.take(load(y + j), load(centre + j), splat(1.0f), c, codes + j);
    if (j < end) code_last(y + j, centre + j, end - j, c, codes + j, sums);
    j = end;
    sums.add_to(row);
  }
  return row;
}
