// The primitives that all targets of AArch64 share: four registers are the sixteen lanes. A target adds dot_step(),
// from which dot_fields() follows. No include guard: included once per target, within its VN_TARGET.

struct V16 {
  float32x4_t v[4];
};
constexpr size_t kMaxQueries = 1;  // 16 accumulators + 4 of the query + a row part and a difference, of 32 registers

VN_INLINE V16 zero() {
  const float32x4_t z = vdupq_n_f32(0.0f);
  return {{z, z, z, z}};
}
// By bytes: vld1q_f32 asks for floats that are aligned as floats.
VN_INLINE float32x4_t load4(const float* p) {
  return vreinterpretq_f32_u8(vld1q_u8(reinterpret_cast<const uint8_t*>(p)));
}
VN_INLINE V16 load(const float* p) { return {{load4(p), load4(p + 4), load4(p + 8), load4(p + 12)}}; }
VN_INLINE V16 load_first(const float* p, size_t n) {
  float lanes[16] = {};
  std::memcpy(lanes, p, n * sizeof(float));
  return load(lanes);
}
VN_INLINE void store(float* p, V16 a) {
  for (size_t i = 0; i < 4; ++i) vst1q_f32(p + 4 * i, a.v[i]);
}
VN_INLINE V16 min_number(V16 a, V16 b) {
  for (size_t i = 0; i < 4; ++i) b.v[i] = vbslq_f32(vcltq_f32(a.v[i], b.v[i]), a.v[i], b.v[i]);
  return b;
}
VN_INLINE float lowest16(V16 a) { return vminvq_f32(vminq_f32(vminq_f32(a.v[0], a.v[1]), vminq_f32(a.v[2], a.v[3]))); }
VN_INLINE V16 splat(float x) { return {{vdupq_n_f32(x), vdupq_n_f32(x), vdupq_n_f32(x), vdupq_n_f32(x)}}; }
VN_INLINE V16 from_bytes(const uint8_t* p) {
  const uint8x16_t bytes = vld1q_u8(p);
  const uint16x8_t low = vmovl_u8(vget_low_u8(bytes));
  const uint16x8_t high = vmovl_u8(vget_high_u8(bytes));
  return {{vcvtq_f32_u32(vmovl_u16(vget_low_u16(low))), vcvtq_f32_u32(vmovl_u16(vget_high_u16(low))),
           vcvtq_f32_u32(vmovl_u16(vget_low_u16(high))), vcvtq_f32_u32(vmovl_u16(vget_high_u16(high)))}};
}
VN_INLINE V16 from_halves(const uint8_t* p) {
  V16 r;
  for (size_t i = 0; i < 4; ++i) r.v[i] = vcvt_f32_f16(vreinterpret_f16_u8(vld1_u8(p + 8 * i)));
  return r;
}
VN_INLINE V16 from_upper_halves(const uint8_t* p) {
  V16 r;
  for (size_t i = 0; i < 4; ++i) {
    const uint16x4_t halves = vreinterpret_u16_u8(vld1_u8(p + 8 * i));
    r.v[i] = vreinterpretq_f32_u32(vshll_n_u16(halves, 16));
  }
  return r;
}
VN_INLINE void store_bytes(int8_t* p, V16 a) {
  for (size_t i = 0; i < 4; i += 2) {
    const int16x4_t low = vmovn_s32(vcvtq_s32_f32(a.v[i]));
    const int16x4_t high = vmovn_s32(vcvtq_s32_f32(a.v[i + 1]));
    vst1_s8(p + 4 * i, vmovn_s16(vcombine_s16(low, high)));
  }
}
VN_INLINE V16 add(V16 a, V16 b) {
  return {{vaddq_f32(a.v[0], b.v[0]), vaddq_f32(a.v[1], b.v[1]), vaddq_f32(a.v[2], b.v[2]), vaddq_f32(a.v[3], b.v[3])}};
}
VN_INLINE V16 mul(V16 a, V16 b) {
  return {{vmulq_f32(a.v[0], b.v[0]), vmulq_f32(a.v[1], b.v[1]), vmulq_f32(a.v[2], b.v[2]), vmulq_f32(a.v[3], b.v[3])}};
}
VN_INLINE V16 sub(V16 a, V16 b) {
  return {{vsubq_f32(a.v[0], b.v[0]), vsubq_f32(a.v[1], b.v[1]), vsubq_f32(a.v[2], b.v[2]), vsubq_f32(a.v[3], b.v[3])}};
}
VN_INLINE V16 fma(V16 a, V16 b, V16 c) {
  return {{vfmaq_f32(c.v[0], a.v[0], b.v[0]), vfmaq_f32(c.v[1], a.v[1], b.v[1]), vfmaq_f32(c.v[2], a.v[2], b.v[2]),
           vfmaq_f32(c.v[3], a.v[3], b.v[3])}};
}

VN_INLINE float32x4_t fold(V16 a) { return vaddq_f32(vaddq_f32(a.v[0], a.v[2]), vaddq_f32(a.v[1], a.v[3])); }
VN_INLINE float32x2_t fold2(float32x4_t a) { return vadd_f32(vget_low_f32(a), vget_high_f32(a)); }
VN_INLINE void reduce4(V16 a, V16 b, V16 c, V16 d, float* out) {
  const float32x2_t ab = vpadd_f32(fold2(fold(a)), fold2(fold(b)));
  const float32x2_t cd = vpadd_f32(fold2(fold(c)), fold2(fold(d)));
  vst1q_f32(out, vcombine_f32(ab, cd));
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
  const float32x4_t t = vdupq_n_f32(threshold);
  const uint32x4_t bits = {1, 2, 4, 8};
  for (uint32_t i = 0; i < 4; ++i) {
    const uint32x4_t keep = vmvnq_u32(vcgtq_f32(vld1q_f32(p + 4 * i), t));
    mask |= vaddvq_u32(vandq_u32(keep, bits)) << (4 * i);
  }
  return mask;
}
VN_INLINE bool finite16(const float* p) {
  const uint32x4_t exponent = vdupq_n_u32(0x7F800000);
  uint32x4_t bad = vdupq_n_u32(0);
  for (uint32_t i = 0; i < 4; ++i) {
    bad = vorrq_u32(bad, vceqq_u32(vandq_u32(vreinterpretq_u32_f32(load4(p + 4 * i)), exponent), exponent));
  }
  return vmaxvq_u32(bad) == 0;
}

using Dot = int32x4_t;
using Codes = int8x16_t;
using Four = int8x16_t;
constexpr size_t kDotRows = 4;
constexpr size_t kSketchQueries = 1;  // 16 accumulators
constexpr size_t kPlaneQueries = 1;
constexpr int kQueryLevels = 127;

// u8 code + 128 and s8 code differ in the top bit; signed, the products need no bias.
VN_INLINE Codes load_codes(const uint8_t* p) { return vreinterpretq_s8_u8(veorq_u8(vld1q_u8(p), vdupq_n_u8(0x80))); }
VN_INLINE Four load_four(const int8_t* p) {
  int32_t four;
  std::memcpy(&four, p, 4);
  return vreinterpretq_s8_s32(vdupq_n_s32(four));
}
VN_INLINE Dot dot_bias(int32_t) { return vdupq_n_s32(0); }
using Fields = uint8x16_t;
VN_INLINE Fields load_fields(const uint8_t* p) { return vld1q_u8(p); }
template <int kShift, int kMask>
VN_INLINE Fields take_fields(Fields fields) {
  return vandq_u8(vshlq_u8(fields, vdupq_n_s8(-kShift)), vdupq_n_u8(kMask));  // a shift to the right
}
VN_INLINE Fields take_half(Fields fields, int half) {
  return half == 0 ? take_fields<0, 15>(fields) : take_fields<4, 15>(fields);
}
VN_INLINE Dot dot_splat(int32_t i) { return vdupq_n_s32(i); }
template <int kShift>
VN_INLINE Dot dot_shift(Dot acc) {
  return vshlq_n_s32(acc, kShift);
}
VN_INLINE Dot dot_add(Dot acc, int32_t i) { return vaddq_s32(acc, vdupq_n_s32(i)); }
VN_INLINE float32x4_t dot_bound(Dot acc, float a, float t, const float* scale, const float* norm) {
  const float32x4_t upper = vfmaq_f32(vdupq_n_f32(t), vcvtq_f32_s32(acc), vdupq_n_f32(a));
  return vfmsq_f32(vld1q_f32(norm), vld1q_f32(scale), upper);
}
VN_INLINE void dot_bounds(Dot acc, float a, float t, const float* scale, const float* norm, float* out) {
  vst1q_f32(out, dot_bound(acc, a, t, scale, norm));
}
VN_INLINE uint32_t dot_survivors(Dot acc, float a, float t, const float* scale, const float* norm, float limit) {
  const float32x4_t bound = dot_bound(acc, a, t, scale, norm);
  const uint32x4_t bits = {1, 2, 4, 8};
  return vaddvq_u32(vandq_u32(vmvnq_u32(vcgtq_f32(bound, vdupq_n_f32(limit))), bits));
}
