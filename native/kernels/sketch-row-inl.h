// Making the codes of one vector, once. Included by kernels-inl.h.
//
// No include guard: included once per target.

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
  double errors[3][16] = {};
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
    const double scale = c.scale;
    const int stored = static_cast<int>(code[l]) + 128;
    const double all = diff - scale * static_cast<double>(code[l]);
    const double six = diff - scale * static_cast<double>((stored & ~3) - 126);
    const double four = diff - scale * static_cast<double>((stored & ~15) - 120);
    c.norms[l] += diff * diff;
    c.errors[0][l] += all * all;
    c.errors[1][l] += six * six;
    c.errors[2][l] += four * four;
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
  SketchRow row = {c.scale, 0, {0, 0, 0}};
  for (size_t l = 0; l < 16; ++l) {
    row.norm2 += c.norms[l];
    for (size_t level = 0; level < 3; ++level) row.error2[level] += c.errors[level][l];
  }
  return row;
}
