// AVX2 + FMA + F16C: two registers are the sixteen lanes.
#include <bit>
#include <cstring>
#include <limits>

#include "kernels/kernels.h"

#if defined(__x86_64__) || defined(_M_X64)
#include <immintrin.h>

#if defined(__GNUC__)
#define VN_TARGET __attribute__((target("avx2,fma,f16c")))
#define VN_INLINE VN_TARGET inline __attribute__((always_inline))
#else
#define VN_TARGET
#define VN_INLINE __forceinline
#endif

namespace voronode {
namespace {

struct V16 {
  __m256 lo, hi;
};
constexpr size_t kMaxQueries = 1;  // 8 accumulators + 2 of the query + a row half and a difference, of 16 registers

VN_INLINE V16 zero() { return {_mm256_setzero_ps(), _mm256_setzero_ps()}; }
VN_INLINE V16 load(const float* p) { return {_mm256_loadu_ps(p), _mm256_loadu_ps(p + 8)}; }
VN_INLINE __m256i first_lanes(size_t n) {
  return _mm256_cmpgt_epi32(_mm256_set1_epi32(static_cast<int>(n)), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}
VN_INLINE V16 load_first(const float* p, size_t n) {
  if (n <= 8) return {_mm256_maskload_ps(p, first_lanes(n)), _mm256_setzero_ps()};
  return {_mm256_loadu_ps(p), _mm256_maskload_ps(p + 8, first_lanes(n - 8))};
}
VN_INLINE void store(float* p, V16 a) {
  _mm256_storeu_ps(p, a.lo);
  _mm256_storeu_ps(p + 8, a.hi);
}
VN_INLINE V16 min_number(V16 a, V16 b) { return {_mm256_min_ps(a.lo, b.lo), _mm256_min_ps(a.hi, b.hi)}; }
VN_INLINE float lowest16(V16 a) {
  const __m256 eight = _mm256_min_ps(a.lo, a.hi);
  const __m128 four = _mm_min_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
  const __m128 two = _mm_min_ps(four, _mm_movehl_ps(four, four));
  return _mm_cvtss_f32(_mm_min_ss(two, _mm_movehdup_ps(two)));
}
VN_INLINE V16 splat(float x) { return {_mm256_set1_ps(x), _mm256_set1_ps(x)}; }
VN_INLINE V16 from_bytes(const uint8_t* p) {
  const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
  return {_mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(bytes)),
          _mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(_mm_srli_si128(bytes, 8)))};
}
VN_INLINE V16 from_halves(const uint8_t* p) {
  return {_mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p))),
          _mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p + 16)))};
}
VN_INLINE __m256 eight_upper_halves(const uint8_t* p) {
  const __m128i halves = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
  return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_cvtepu16_epi32(halves), 16));
}
VN_INLINE V16 from_upper_halves(const uint8_t* p) { return {eight_upper_halves(p), eight_upper_halves(p + 16)}; }
VN_INLINE void store_bytes(int8_t* p, V16 a) {
  const __m256i words = _mm256_packs_epi32(_mm256_cvtps_epi32(a.lo), _mm256_cvtps_epi32(a.hi));  // by halves
  const __m256i ordered = _mm256_permute4x64_epi64(words, 0xD8);
  const __m128i bytes = _mm_packs_epi16(_mm256_castsi256_si128(ordered), _mm256_extracti128_si256(ordered, 1));
  _mm_storeu_si128(reinterpret_cast<__m128i*>(p), bytes);
}
VN_INLINE V16 add(V16 a, V16 b) { return {_mm256_add_ps(a.lo, b.lo), _mm256_add_ps(a.hi, b.hi)}; }
VN_INLINE V16 mul(V16 a, V16 b) { return {_mm256_mul_ps(a.lo, b.lo), _mm256_mul_ps(a.hi, b.hi)}; }
VN_INLINE V16 sub(V16 a, V16 b) { return {_mm256_sub_ps(a.lo, b.lo), _mm256_sub_ps(a.hi, b.hi)}; }
VN_INLINE V16 fma(V16 a, V16 b, V16 c) {
  return {_mm256_fmadd_ps(a.lo, b.lo, c.lo), _mm256_fmadd_ps(a.hi, b.hi, c.hi)};
}

// Lanes l and l + 4 of two vectors (already folded to eight lanes), a's sums in the low half, b's in the high.
VN_INLINE __m256 fold_pair(__m256 a, __m256 b) {
  return _mm256_add_ps(_mm256_permute2f128_ps(a, b, 0x20), _mm256_permute2f128_ps(a, b, 0x31));
}
VN_INLINE void reduce4(V16 a, V16 b, V16 c, V16 d, float* out) {
  const __m256 ab = fold_pair(_mm256_add_ps(a.lo, a.hi), _mm256_add_ps(b.lo, b.hi));
  const __m256 cd = fold_pair(_mm256_add_ps(c.lo, c.hi), _mm256_add_ps(d.lo, d.hi));
  // l + 2: from each half the lower pairs of ab and cd against the upper pairs, giving a0 a1 c0 c1 | b0 b1 d0 d1.
  const __m256 acbd = _mm256_add_ps(_mm256_shuffle_ps(ab, cd, 0x44), _mm256_shuffle_ps(ab, cd, 0xEE));
  const __m256 sums = _mm256_add_ps(acbd, _mm256_permute_ps(acbd, 0xB1));  // a a c c | b b d d
  const __m128 ac = _mm256_castps256_ps128(sums);
  const __m128 bd = _mm256_extractf128_ps(sums, 1);
  _mm_storeu_ps(out, _mm_blend_ps(ac, bd, 0xA));  // a b c d
}

VN_INLINE void prefetch(const float* p) { _mm_prefetch(reinterpret_cast<const char*>(p), _MM_HINT_T0); }
VN_INLINE uint32_t select16(const float* p, float threshold) {
  const __m256 t = _mm256_set1_ps(threshold);
  const int lo = _mm256_movemask_ps(_mm256_cmp_ps(_mm256_loadu_ps(p), t, _CMP_NGT_UQ));
  const int hi = _mm256_movemask_ps(_mm256_cmp_ps(_mm256_loadu_ps(p + 8), t, _CMP_NGT_UQ));
  return static_cast<uint32_t>(lo | hi << 8);
}
VN_INLINE bool finite16(const float* p) {
  const __m256i exponent = _mm256_set1_epi32(0x7F800000);
  const __m256i lo = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p));
  const __m256i hi = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p + 8));
  const __m256i bad = _mm256_or_si256(_mm256_cmpeq_epi32(_mm256_and_si256(lo, exponent), exponent),
                                      _mm256_cmpeq_epi32(_mm256_and_si256(hi, exponent), exponent));
  return _mm256_testz_si256(bad, bad) != 0;
}

using Dot = __m256i;
using Codes =
    const uint8_t*;  // loaded where they are used: a group's eight registers of codes would crowd out the sums
using Four = __m256i;
constexpr size_t kDotRows = 8;
constexpr size_t kSketchQueries = 1;  // 8 accumulators + a row, a product and the query's, of 16 registers
constexpr size_t kPlaneQueries = 1;
// vpmaddubsw adds two products of u8 and s8 in 16 bits, saturating: 2 · 255 · 64 < 2¹⁵ is what fits.
constexpr int kQueryLevels = 63;

VN_INLINE Codes load_codes(const uint8_t* p) { return p; }
VN_INLINE Four load_four(const int8_t* p) {
  int32_t four;
  std::memcpy(&four, p, 4);
  return _mm256_set1_epi32(four);
}
VN_INLINE Dot dot_bias(int32_t bias) { return _mm256_set1_epi32(bias); }
using Fields = __m256i;
VN_INLINE Fields load_fields(const uint8_t* p) { return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)); }
template <int kShift, int kMask>
VN_INLINE Fields take_fields(Fields fields) {
  return _mm256_and_si256(_mm256_srli_epi16(fields, kShift), _mm256_set1_epi8(kMask));
}
VN_INLINE Fields take_half(Fields fields, int half) {
  return _mm256_and_si256(_mm256_srl_epi16(fields, _mm_cvtsi32_si128(4 * half)), _mm256_set1_epi8(15));
}
VN_INLINE Dot dot_fields(Dot acc, Fields fields, Four four) {
  return _mm256_add_epi32(acc, _mm256_madd_epi16(_mm256_maddubs_epi16(fields, four), _mm256_set1_epi16(1)));
}
VN_INLINE Dot dot_step(Dot acc, Codes codes, Four four) { return dot_fields(acc, load_fields(codes), four); }
VN_INLINE Dot dot_splat(int32_t i) { return _mm256_set1_epi32(i); }
template <int kShift>
VN_INLINE Dot dot_shift(Dot acc) {
  return _mm256_slli_epi32(acc, kShift);
}
VN_INLINE Dot dot_add(Dot acc, int32_t i) { return _mm256_add_epi32(acc, _mm256_set1_epi32(i)); }
VN_INLINE __m256 dot_bound(Dot acc, float a, float t, const float* scale, const float* norm) {
  const __m256 upper = _mm256_fmadd_ps(_mm256_cvtepi32_ps(acc), _mm256_set1_ps(a), _mm256_set1_ps(t));
  return _mm256_fnmadd_ps(_mm256_loadu_ps(scale), upper, _mm256_loadu_ps(norm));
}
VN_INLINE uint32_t dot_survivors(Dot acc, float a, float t, const float* scale, const float* norm, float limit) {
  const __m256 bound = dot_bound(acc, a, t, scale, norm);
  return static_cast<uint32_t>(_mm256_movemask_ps(_mm256_cmp_ps(bound, _mm256_set1_ps(limit), _CMP_NGT_UQ)));
}
VN_INLINE void dot_bounds(Dot acc, float a, float t, const float* scale, const float* norm, float* out) {
  _mm256_storeu_ps(out, dot_bound(acc, a, t, scale, norm));
}

#include "kernels/kernels-inl.h"

}  // namespace

extern const Kernels kernels_avx2;
const Kernels kernels_avx2 = table("avx2");

}  // namespace voronode
#endif
