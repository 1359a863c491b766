// AVX-512 (F, BW, DQ, VL, VNNI): one register is the sixteen lanes.
#include <bit>
#include <cstring>
#include <limits>

#include "kernels/kernels.h"

#if defined(__x86_64__) || defined(_M_X64)
#if defined(__GNUC__) && !defined(__clang__)
// GCC 12's own header reads its "undefined" registers (GCC bug 105593) and warns wherever an intrinsic is inlined.
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif
#include <immintrin.h>

#if defined(__GNUC__)
#define VN_TARGET __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,fma")))
#define VN_INLINE VN_TARGET inline __attribute__((always_inline))
#else
#define VN_TARGET
#define VN_INLINE __forceinline
#endif

namespace voronode {
namespace {

using V16 = __m512;
constexpr size_t kMaxQueries = 6;  // 24 accumulators + 6 queries + a row and a difference = 32 registers

VN_INLINE V16 zero() { return _mm512_setzero_ps(); }
VN_INLINE V16 load(const float* p) { return _mm512_loadu_ps(p); }
VN_INLINE V16 load_first(const float* p, size_t n) {
  return _mm512_maskz_loadu_ps(static_cast<__mmask16>((1u << n) - 1), p);
}
VN_INLINE void store(float* p, V16 a) { _mm512_storeu_ps(p, a); }
VN_INLINE V16 min_number(V16 a, V16 b) { return _mm512_min_ps(a, b); }
VN_INLINE float lowest16(V16 a) { return _mm512_reduce_min_ps(a); }
VN_INLINE V16 splat(float x) { return _mm512_set1_ps(x); }
VN_INLINE V16 from_bytes(const uint8_t* p) {
  return _mm512_cvtepi32_ps(_mm512_cvtepu8_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p))));
}
VN_INLINE V16 from_halves(const uint8_t* p) {
  return _mm512_cvtph_ps(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)));
}
VN_INLINE V16 from_upper_halves(const uint8_t* p) {
  const __m256i halves = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p));
  return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(halves), 16));
}
VN_INLINE void store_bytes(int8_t* p, V16 a) {
  _mm_storeu_si128(reinterpret_cast<__m128i*>(p), _mm512_cvtepi32_epi8(_mm512_cvtps_epi32(a)));
}
VN_INLINE V16 add(V16 a, V16 b) { return _mm512_add_ps(a, b); }
VN_INLINE V16 mul(V16 a, V16 b) { return _mm512_mul_ps(a, b); }
VN_INLINE V16 sub(V16 a, V16 b) { return _mm512_sub_ps(a, b); }
VN_INLINE V16 fma(V16 a, V16 b, V16 c) { return _mm512_fmadd_ps(a, b, c); }

// Folds l with l + 8 of two vectors into one register (a in the low half, b in the high), and so on down the tree.
VN_INLINE void reduce4(V16 a, V16 b, V16 c, V16 d, float* out) {
  const V16 ab = _mm512_add_ps(_mm512_shuffle_f32x4(a, b, 0x44), _mm512_shuffle_f32x4(a, b, 0xEE));
  const V16 cd = _mm512_add_ps(_mm512_shuffle_f32x4(c, d, 0x44), _mm512_shuffle_f32x4(c, d, 0xEE));
  const V16 quads = _mm512_add_ps(_mm512_shuffle_f32x4(ab, cd, 0x88), _mm512_shuffle_f32x4(ab, cd, 0xDD));
  const V16 pairs = _mm512_add_ps(quads, _mm512_permute_ps(quads, 0x4E));
  const V16 sums = _mm512_add_ps(pairs, _mm512_permute_ps(pairs, 0xB1));
  const __m512i first_of_each = _mm512_setr_epi32(0, 4, 8, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
  _mm_storeu_ps(out, _mm512_castps512_ps128(_mm512_permutexvar_ps(first_of_each, sums)));
}

VN_INLINE void prefetch(const float* p) { _mm_prefetch(reinterpret_cast<const char*>(p), _MM_HINT_T0); }
VN_INLINE uint32_t select16(const float* p, float threshold) {
  return _mm512_cmp_ps_mask(_mm512_loadu_ps(p), _mm512_set1_ps(threshold), _CMP_NGT_UQ);
}
VN_INLINE bool finite16(const float* p) {
  const __m512i exponent = _mm512_set1_epi32(0x7F800000);
  return _mm512_cmpeq_epi32_mask(_mm512_and_si512(_mm512_loadu_si512(p), exponent), exponent) == 0;
}

#if defined(__GNUC__)
// As a vector of ints, not GCC's general __m512i (of long longs): between the two it copies registers it has not got.
using Dot = int32_t __attribute__((vector_size(64)));
#else
using Dot = __m512i;
#endif
using Codes = __m512i;
using Four = __m512i;
constexpr size_t kDotRows = 16;
constexpr size_t kSketchQueries = 6;  // 24 accumulators + 4 of the rows + a query's = 29 registers
constexpr size_t kPlaneQueries = 4;   // 16 accumulators, the rest for unpacking
constexpr int kQueryLevels = 127;

VN_INLINE Codes load_codes(const uint8_t* p) { return _mm512_loadu_si512(p); }
VN_INLINE Four load_four(const int8_t* p) {
  int32_t four;
  std::memcpy(&four, p, 4);
  return _mm512_set1_epi32(four);
}
VN_INLINE Dot dot_bias(int32_t bias) { return (Dot)_mm512_set1_epi32(bias); }
VN_INLINE Dot dot_step(Dot acc, Codes codes, Four four) { return (Dot)_mm512_dpbusd_epi32((__m512i)acc, codes, four); }
using Fields = __m512i;
VN_INLINE Fields load_fields(const uint8_t* p) { return _mm512_loadu_si512(p); }
template <int kShift, int kMask>
VN_INLINE Fields take_fields(Fields fields) {
  return _mm512_and_si512(_mm512_srli_epi16(fields, kShift), _mm512_set1_epi8(kMask));
}
VN_INLINE Fields take_half(Fields fields, int half) {
  return _mm512_and_si512(_mm512_srl_epi16(fields, _mm_cvtsi32_si128(4 * half)), _mm512_set1_epi8(15));
}
VN_INLINE Dot dot_fields(Dot acc, Fields fields, Four four) { return dot_step(acc, fields, four); }
VN_INLINE Dot dot_splat(int32_t i) { return (Dot)_mm512_set1_epi32(i); }
template <int kShift>
VN_INLINE Dot dot_shift(Dot acc) {
  return (Dot)_mm512_slli_epi32((__m512i)acc, kShift);
}
VN_INLINE Dot dot_add(Dot acc, int32_t i) { return (Dot)_mm512_add_epi32((__m512i)acc, _mm512_set1_epi32(i)); }
VN_INLINE __m512 dot_bound(Dot acc, float a, float t, const float* scale, const float* norm) {
  const __m512 upper = _mm512_fmadd_ps(_mm512_cvtepi32_ps((__m512i)acc), _mm512_set1_ps(a), _mm512_set1_ps(t));
  return _mm512_fnmadd_ps(_mm512_loadu_ps(scale), upper, _mm512_loadu_ps(norm));
}
VN_INLINE uint32_t dot_survivors(Dot acc, float a, float t, const float* scale, const float* norm, float limit) {
  return _mm512_cmp_ps_mask(dot_bound(acc, a, t, scale, norm), _mm512_set1_ps(limit), _CMP_NGT_UQ);
}
VN_INLINE void dot_bounds(Dot acc, float a, float t, const float* scale, const float* norm, float* out) {
  _mm512_storeu_ps(out, dot_bound(acc, a, t, scale, norm));
}

template <int kLeft>
VN_INLINE __m512i shifted(__m512i a) {
  if constexpr (kLeft > 0) return _mm512_slli_epi16(a, kLeft);
  if constexpr (kLeft < 0) return _mm512_srli_epi16(a, -kLeft);
  return a;
}
// Where mask has a 1 the bit of a, elsewhere that of b.
VN_INLINE __m512i select(__m512i mask, __m512i a, __m512i b) { return _mm512_ternarylogic_epi32(mask, a, b, 0xCA); }

#define VN_UNPACK_CODES
template <int kStep, bool kKeep>
VN_INLINE Codes unpack_codes(const uint8_t* high, const uint8_t* middle, const uint8_t* low, uint8_t* out) {
  const __m512i h = shifted < kStep % 2 == 0 ? 4 : 0 > (_mm512_loadu_si512(high));
  const __m512i m = shifted<2 - 2 * kStep>(_mm512_loadu_si512(middle));
  const __m512i l = shifted<-2 * kStep>(_mm512_loadu_si512(low));
  const __m512i codes = select(_mm512_set1_epi8(-16), h, select(_mm512_set1_epi8(12), m, l));
  if constexpr (kKeep) _mm512_storeu_si512(out, codes);
  return codes;
}

#include "kernels/kernels-inl.h"

}  // namespace

extern const Kernels kernels_avx512;
const Kernels kernels_avx512 = table("avx512");

}  // namespace voronode
#endif
