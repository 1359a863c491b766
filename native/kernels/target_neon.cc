// NEON of AArch64 (fused multiply-add included).
#include <bit>
#include <cstring>
#include <limits>

#include "kernels/kernels.h"

#if defined(__aarch64__) || defined(_M_ARM64)
#include <arm_neon.h>

#define VN_TARGET
#if defined(__GNUC__)
#define VN_INLINE inline __attribute__((always_inline))
#else
#define VN_INLINE __forceinline
#endif

namespace voronode {
namespace {

#include "kernels/neon-inl.h"

VN_INLINE Dot dot_step(Dot acc, Codes codes, Four four) {
  const int16x8_t low = vmull_s8(vget_low_s8(codes), vget_low_s8(four));
  const int16x8_t high = vmull_high_s8(codes, four);
  return vaddq_s32(acc, vpaddq_s32(vpaddlq_s16(low), vpaddlq_s16(high)));
}
VN_INLINE Dot dot_fields(Dot acc, Fields fields, Four four) { return dot_step(acc, vreinterpretq_s8_u8(fields), four); }

#include "kernels/kernels-inl.h"

}  // namespace

extern const Kernels kernels_neon;
const Kernels kernels_neon = table("neon");

}  // namespace voronode
#endif
