// NEON with the dot products of ARMv8.2 (FEAT_DotProd): servers since 2018, Apple M1 and up.
#include <bit>
#include <cstring>
#include <limits>

#include "kernels/kernels.h"

#if defined(__aarch64__) || defined(_M_ARM64)
#include <arm_neon.h>

#if defined(__GNUC__)
#define VN_TARGET __attribute__((target("arch=armv8.2-a+dotprod")))
#define VN_INLINE VN_TARGET inline __attribute__((always_inline))
#else
#define VN_TARGET
#define VN_INLINE __forceinline
#endif

namespace voronode {
namespace {

#include "kernels/neon-inl.h"

VN_INLINE Dot dot_step(Dot acc, Codes codes, Four four) { return vdotq_s32(acc, codes, four); }

VN_INLINE Dot dot_fields(Dot acc, Fields fields, Four four) { return dot_step(acc, vreinterpretq_s8_u8(fields), four); }

#include "kernels/kernels-inl.h"

}  // namespace

extern const Kernels kernels_neon_dotprod;
const Kernels kernels_neon_dotprod = table("neon_dotprod");

}  // namespace voronode
#endif
