// AVX-512 (F, BW, DQ, VL, VNNI): one register is the sixteen lanes.
#include <bit>
#include <cstring>

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
constexpr int kQueryLevels = 127;

VN_INLINE Codes load_codes(const uint8_t* p) { return _mm512_loadu_si512(p); }
VN_INLINE Four load_four(const int8_t* p) {
  int32_t four;
  std::memcpy(&four, p, 4);
  return _mm512_set1_epi32(four);
}
VN_INLINE Dot dot_bias(int32_t bias) { return (Dot)_mm512_set1_epi32(bias); }
VN_INLINE Dot dot_step(Dot acc, Codes codes, Four four) { return (Dot)_mm512_dpbusd_epi32((__m512i)acc, codes, four); }
VN_INLINE uint32_t dot_survivors(Dot acc, float a, float t, const float* scale, const float* norm, float limit) {
  const __m512 upper = _mm512_fmadd_ps(_mm512_cvtepi32_ps((__m512i)acc), _mm512_set1_ps(a), _mm512_set1_ps(t));
  const __m512 bound = _mm512_fnmadd_ps(_mm512_loadu_ps(scale), upper, _mm512_loadu_ps(norm));
  return _mm512_cmp_ps_mask(bound, _mm512_set1_ps(limit), _CMP_NGT_UQ);
}

#include "kernels/kernels-inl.h"

}  // namespace

extern const Kernels kernels_avx512;
const Kernels kernels_avx512 = table("avx512");

}  // namespace voronode
#endif
