// AVX-512 (F, BW, DQ, VL): one register is the sixteen lanes.
#include <bit>

#include "kernels/kernels.h"

#if defined(__x86_64__) || defined(_M_X64)
#if defined(__GNUC__) && !defined(__clang__)
// GCC 12's own header reads its "undefined" registers (GCC bug 105593) and warns wherever an intrinsic is inlined.
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif
#include <immintrin.h>

#if defined(__GNUC__)
#define VN_TARGET __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma")))
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

#include "kernels/kernels-inl.h"

}  // namespace

extern const Kernels kernels_avx512;
const Kernels kernels_avx512 = table("avx512");

}  // namespace voronode
#endif
