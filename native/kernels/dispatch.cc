// Which table of kernels this process uses.
#include <cstdlib>
#include <cstring>

#include "kernels/kernels.h"

#if defined(__aarch64__) && defined(__linux__)
#include <asm/hwcap.h>
#include <sys/auxv.h>
#elif defined(_M_ARM64)
#include <windows.h>
#endif

#if defined(__x86_64__)
#include <cpuid.h>
#endif

#if defined(_M_X64) && !defined(__clang__)
#include <immintrin.h>
#include <intrin.h>
#endif

namespace voronode {

#define TARGET(id) extern const Kernels kernels_##id;
#include "kernels/targets.inc"
#undef TARGET

namespace {

#if defined(__x86_64__)
// The builtins test CPUID and, for the register state, what the operating system saves (XGETBV).
bool can_run_avx512() noexcept {
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
         __builtin_cpu_supports("avx512vnni");
}
bool has_f16c() noexcept {  // no name that all compilers' builtins know
  unsigned eax, ebx, ecx = 0, edx;
  return __get_cpuid(1, &eax, &ebx, &ecx, &edx) != 0 && (ecx >> 29 & 1) != 0;
}
bool can_run_avx2() noexcept { return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && has_f16c(); }
#elif defined(_M_X64)
bool os_saves(unsigned long long mask) noexcept {
  int r[4];
  __cpuid(r, 1);
  return (r[2] >> 27 & 1) != 0 && (_xgetbv(0) & mask) == mask;
}
bool can_run_avx512() noexcept {
  int r[4];
  __cpuidex(r, 7, 0);
  const unsigned ebx = static_cast<unsigned>(r[1]);
  constexpr unsigned kNeeded = 1u << 16 | 1u << 17 | 1u << 30 | 1u << 31;  // F, DQ, BW, VL
  const bool vnni = (r[2] >> 11 & 1) != 0;
  return os_saves(0xE6) && (ebx & kNeeded) == kNeeded && vnni;
}
bool can_run_avx2() noexcept {
  int one[4], seven[4];
  __cpuid(one, 1);
  __cpuidex(seven, 7, 0);
  return os_saves(0x6) && (one[2] >> 12 & 1) != 0 && (one[2] >> 29 & 1) != 0 && (seven[1] >> 5 & 1) != 0;
}
#else
bool can_run_neon_dotprod() noexcept {
#if defined(__APPLE__)
  return true;  // every Apple processor that runs macOS on AArch64
#elif defined(__linux__)
  return (getauxval(AT_HWCAP) & HWCAP_ASIMDDP) != 0;
#elif defined(_WIN32)
  return IsProcessorFeaturePresent(PF_ARM_V82_DP_INSTRUCTIONS_AVAILABLE) != 0;
#else
  return false;
#endif
}
bool can_run_neon() noexcept { return true; }  // part of the AArch64 base
#endif
bool can_run_generic() noexcept { return true; }

struct Choice {
  const Kernels* table;
  bool unknown;
};

Choice choose() noexcept {
  const Kernels* best = nullptr;
  const Kernels* forced = nullptr;
  const char* name = std::getenv("VORONODE_SIMD");
  const bool named = name != nullptr && *name != '\0';
#define TARGET(id)                                                    \
  if (can_run_##id()) {                                               \
    if (best == nullptr) best = &kernels_##id;                        \
    if (named && std::strcmp(name, #id) == 0) forced = &kernels_##id; \
  }
#include "kernels/targets.inc"
#undef TARGET
  return {forced != nullptr ? forced : best, named && forced == nullptr};
}

}  // namespace

const Kernels& kernels() noexcept {
  static const Choice choice = choose();
  return *choice.table;
}

bool forced_target_is_unknown() noexcept { return choose().unknown; }

size_t runnable_targets(const Kernels** tables, size_t max) noexcept {
  size_t n = 0;
#define TARGET(id)                          \
  if (can_run_##id()) {                     \
    if (n < max) tables[n] = &kernels_##id; \
    ++n;                                    \
  }
#include "kernels/targets.inc"
#undef TARGET
  return n;
}

}  // namespace voronode
