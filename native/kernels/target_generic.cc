// Plain C++, for any CPU: first of all right. The compiler vectorises the lane loops with what the base ISA has.
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

#include "kernels/kernels.h"

#define VN_TARGET
#if defined(__GNUC__)
#define VN_INLINE inline __attribute__((always_inline))
#else
#define VN_INLINE __forceinline
#endif

namespace voronode {
namespace {

struct V16 {
  float v[16];
};
constexpr size_t kMaxQueries = 1;

VN_INLINE V16 zero() { return {}; }
VN_INLINE V16 load_first(const float* p, size_t n) {
  V16 r = {};
  std::memcpy(r.v, p, n * sizeof(float));
  return r;
}
VN_INLINE V16 load(const float* p) {
  V16 r;
  std::memcpy(r.v, p, sizeof r.v);
  return r;
}
VN_INLINE void store(float* p, const V16& a) {
  for (size_t i = 0; i < 16; ++i) p[i] = a.v[i];
}
VN_INLINE V16 min_number(V16 a, V16 b) {
  for (size_t i = 0; i < 16; ++i) b.v[i] = a.v[i] < b.v[i] ? a.v[i] : b.v[i];
  return b;
}
VN_INLINE float lowest16(V16 a) {
  float least = a.v[0];
  for (float lane : a.v) least = lane < least ? lane : least;
  return least;
}
VN_INLINE V16 splat(float x) {
  V16 r;
  for (float& lane : r.v) lane = x;
  return r;
}
VN_INLINE V16 from_bytes(const uint8_t* p) {
  V16 r;
  for (size_t i = 0; i < 16; ++i) r.v[i] = static_cast<float>(p[i]);
  return r;
}
// A half's exponent and fraction, moved to their places in a float, stand for the value · 2⁻¹¹², subnormals included;
// the product is exact.
VN_INLINE V16 from_halves(const uint8_t* p) {
  V16 r;
  for (size_t i = 0; i < 16; ++i) {
    const uint32_t half = p[2 * i] | static_cast<uint32_t>(p[2 * i + 1]) << 8;
    const float magnitude = std::bit_cast<float>((half & 0x7FFF) << 13) * 0x1p112f;
    r.v[i] = std::bit_cast<float>(std::bit_cast<uint32_t>(magnitude) | (half & 0x8000) << 16);
  }
  return r;
}
VN_INLINE V16 from_upper_halves(const uint8_t* p) {
  V16 r;
  for (size_t i = 0; i < 16; ++i) {
    r.v[i] = std::bit_cast<float>(static_cast<uint32_t>(p[2 * i]) << 16 | static_cast<uint32_t>(p[2 * i + 1]) << 24);
  }
  return r;
}
VN_INLINE void store_bytes(int8_t* p, const V16& a) {
  for (size_t i = 0; i < 16; ++i) p[i] = static_cast<int8_t>(static_cast<int>(a.v[i]));
}
VN_INLINE V16 add(V16 a, V16 b) {
  for (size_t i = 0; i < 16; ++i) a.v[i] += b.v[i];
  return a;
}
VN_INLINE V16 mul(V16 a, V16 b) {
  for (size_t i = 0; i < 16; ++i) a.v[i] *= b.v[i];
  return a;
}
VN_INLINE V16 sub(V16 a, V16 b) {
  for (size_t i = 0; i < 16; ++i) a.v[i] -= b.v[i];
  return a;
}

// a·b + c rounded once, where the CPU has no fused multiply-add. The product of two floats is exact in double; the sum
// is rounded to odd there (Boldo, Melquiond, "Emulation of FMA and correctly rounded sums", 2008), so that the second
// rounding, to float, cannot fall on a false tie. 53 bits ≥ 24 + 2 makes that exact, subnormal results included.
VN_INLINE float fused(float a, float b, float c) {
#if defined(__FP_FAST_FMAF)
  return std::fma(a, b, c);
#else
  const double p = static_cast<double>(a) * b;
  const double s = p + c;
  const double t = s - p;
  const double lost = (p - (s - t)) + (c - t);  // exact (Knuth's two-sum); NaN if the sum is not finite
  const int64_t bits = std::bit_cast<int64_t>(s);
  const int64_t toward = ((lost > 0) == (s > 0)) ? 1 : -1;
  const int64_t inexact = lost > 0 || lost < 0 ? 1 : 0;
  return static_cast<float>(std::bit_cast<double>(bits + ((bits & 1) == 0 ? toward * inexact : 0)));
#endif
}
VN_INLINE V16 fma(V16 a, V16 b, V16 c) {
  for (size_t i = 0; i < 16; ++i) c.v[i] = fused(a.v[i], b.v[i], c.v[i]);
  return c;
}

VN_INLINE float tree_sum(V16 a) {
  for (size_t half = 8; half > 0; half /= 2) {
    for (size_t i = 0; i < half; ++i) a.v[i] += a.v[i + half];
  }
  return a.v[0];
}
VN_INLINE void reduce4(const V16& a, const V16& b, const V16& c, const V16& d, float* out) {
  out[0] = tree_sum(a);
  out[1] = tree_sum(b);
  out[2] = tree_sum(c);
  out[3] = tree_sum(d);
}

VN_INLINE void prefetch(const float* p) {
#if defined(__GNUC__)
  __builtin_prefetch(p);
#else
  (void)p;
#endif
}
VN_INLINE uint32_t select16(const float* p, float threshold) {
  uint32_t mask = 0;
  for (uint32_t i = 0; i < 16; ++i) mask |= static_cast<uint32_t>(!(p[i] > threshold)) << i;
  return mask;
}
VN_INLINE bool finite16(const float* p) {
  bool bad = false;
  uint32_t bits[16];
  std::memcpy(bits, p, sizeof bits);
  for (size_t i = 0; i < 16; ++i) bad |= (bits[i] & 0x7F800000u) == 0x7F800000u;
  return !bad;
}

using Dot = int32_t;
using Codes = const uint8_t*;
using Four = const int8_t*;
constexpr size_t kDotRows = 1;
constexpr size_t kSketchQueries = 1;
constexpr size_t kPlaneQueries = 1;
constexpr int kQueryLevels = 127;

VN_INLINE Codes load_codes(const uint8_t* p) { return p; }
VN_INLINE Four load_four(const int8_t* p) { return p; }
VN_INLINE Dot dot_bias(int32_t bias) { return bias; }
VN_INLINE Dot dot_step(Dot acc, Codes codes, Four four) {
  for (size_t i = 0; i < 4; ++i) acc += static_cast<int32_t>(codes[i]) * four[i];
  return acc;
}
struct Fields {
  uint8_t v[4];
};
VN_INLINE Fields load_fields(const uint8_t* p) { return {{p[0], p[1], p[2], p[3]}}; }
template <int kShift, int kMask>
VN_INLINE Fields take_fields(Fields fields) {
  for (uint8_t& field : fields.v) field = static_cast<uint8_t>(field >> kShift & kMask);
  return fields;
}
VN_INLINE Fields take_half(Fields fields, int half) {
  return half == 0 ? take_fields<0, 15>(fields) : take_fields<4, 15>(fields);
}
VN_INLINE Dot dot_fields(Dot acc, Fields fields, Four four) { return dot_step(acc, fields.v, four); }
VN_INLINE Dot dot_splat(int32_t i) { return i; }
template <int kShift>
VN_INLINE Dot dot_shift(Dot acc) {
  return acc * (1 << kShift);
}
VN_INLINE Dot dot_add(Dot acc, int32_t i) { return acc + i; }
VN_INLINE uint32_t dot_survivors(Dot acc, float a, float t, const float* scale, const float* norm, float limit) {
  return !(*norm - *scale * (static_cast<float>(acc) * a + t) > limit) ? 1 : 0;
}
VN_INLINE void dot_bounds(Dot acc, float a, float t, const float* scale, const float* norm, float* out) {
  *out = *norm - *scale * (static_cast<float>(acc) * a + t);
}

#include "kernels/kernels-inl.h"

}  // namespace

extern const Kernels kernels_generic;
const Kernels kernels_generic = table("generic");

}  // namespace voronode
