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

#if defined(__x86_64__) || defined(_M_X64)
// Asked of the processor rather than of __builtin_cpu_supports, which MSVC lacks, and whose data zig's runtime lacks.
struct Registers {
  unsigned eax, ebx, ecx, edx;
};

Registers cpuid(unsigned leaf) noexcept {
  Registers r{};
#if defined(__x86_64__)
  __get_cpuid_count(leaf, 0, &r.eax, &r.ebx, &r.ecx, &r.edx);  // leaves zeros if there is no such leaf
#else
  int highest[4], found[4];
  __cpuid(highest, 0);
  if (static_cast<unsigned>(highest[0]) < leaf) return r;
  __cpuidex(found, static_cast<int>(leaf), 0);
  std::memcpy(&r, found, sizeof(r));
#endif
  return r;
}

/** The register state that the operating system saves: XCR0. Only where CPUID says that XGETBV may be used (OSXSAVE).
 */
unsigned saved_state() noexcept {
#if defined(__x86_64__)
  unsigned low, high;
  __asm__("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return low;
#else
  return static_cast<unsigned>(_xgetbv(0));
#endif
}

constexpr bool has(unsigned word, unsigned bits) noexcept { return (word & bits) == bits; }
constexpr unsigned bit(int i) noexcept { return 1u << i; }

bool os_saves(unsigned state) noexcept { return has(cpuid(1).ecx, bit(27)) && has(saved_state(), state); }

bool can_run_avx512() noexcept {
  const Registers seven = cpuid(7);
  return os_saves(0xE6) &&                                         // XMM, YMM, masks, both halves of ZMM
         has(seven.ebx, bit(16) | bit(17) | bit(30) | bit(31)) &&  // F, DQ, BW, VL
         has(seven.ecx, bit(11));                                  // VNNI
}
bool can_run_avx2() noexcept {
  return os_saves(0x6) && has(cpuid(1).ecx, bit(12) | bit(29)) && has(cpuid(7).ebx, bit(5));  // FMA, F16C; AVX2
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
