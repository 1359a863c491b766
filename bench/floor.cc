// The machine's floor: what no scan on it can beat. Prints one JSON array of {name, threads, value, unit}.
//
//   c++ -std=c++20 -O3 -march=native -pthread floor.cc -o floor && ./floor
//
// Each rate is the best of several rounds, once with one thread and once with all.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <thread>
#include <vector>

#if defined(__linux__)
#include <sys/mman.h>
#endif
#if defined(__AVX512VNNI__) || defined(__AVXVNNI__)
#include <immintrin.h>
#elif defined(__ARM_FEATURE_DOTPROD)
#include <arm_neon.h>
#endif

namespace {

#if defined(__AVX512F__)
constexpr int kVectorBytes = 64;
#elif defined(__AVX2__)
constexpr int kVectorBytes = 32;
#else
constexpr int kVectorBytes = 16;
#endif

typedef float FloatVector __attribute__((vector_size(kVectorBytes)));
typedef uint64_t WordVector __attribute__((vector_size(kVectorBytes)));

// As many independent chains as hide the latency of a multiply-add: 2 ports x 4 to 5 cycles, and fit the registers.
constexpr int kChains = 10;
constexpr int kRounds = 40;
constexpr size_t kReadBytes = size_t{256} << 20;  // several times the last-level cache
constexpr size_t kHugePage = size_t{2} << 20;
constexpr int64_t kSteps = 400'000;               // about 1 ms: short enough to find a moment when nothing else runs

std::atomic<uint64_t> sink;  // keeps results alive

using Clock = std::chrono::steady_clock;

// The most units per second that `work(thread)` reaches, when every call does `units`.
double best_rate(int threads, double units, const std::function<void(int)>& work) {
  double best = 0;
  for (int round = 0; round < kRounds; ++round) {
    const auto begin = Clock::now();
    std::vector<std::thread> others;
    for (int i = 1; i < threads; ++i) others.emplace_back(work, i);
    work(0);
    for (auto& other : others) other.join();
    const std::chrono::duration<double> seconds = Clock::now() - begin;
    best = std::max(best, threads * units / seconds.count());
  }
  return best;
}

void read(const WordVector* words, size_t count) {
  WordVector sums[8] = {};
  for (size_t i = 0; i + 8 <= count; i += 8) {
    for (int j = 0; j < 8; ++j) sums[j] += words[i + j];
  }
  for (const auto& sum : sums) sink += sum[0];
}

void multiply_add(float factor, float term) {
  const FloatVector a = factor - FloatVector{};
  const FloatVector b = term - FloatVector{};
  FloatVector chains[kChains];
  for (int i = 0; i < kChains; ++i) chains[i] = (factor + static_cast<float>(i)) - FloatVector{};  // or they are merged
  for (int64_t step = 0; step < kSteps; ++step) {
    for (auto& chain : chains) chain = chain * a + b;
  }
  for (const auto& chain : chains) sink += static_cast<uint64_t>(chain[0]);
}

#if defined(__AVX512VNNI__)
using IntVector = __m512i;
IntVector filled(int value) { return _mm512_set1_epi32(value); }
IntVector dot(IntVector sum, IntVector a, IntVector b) { return _mm512_dpbusd_epi32(sum, a, b); }
#define HAVE_DOT
#elif defined(__AVXVNNI__)
using IntVector = __m256i;
IntVector filled(int value) { return _mm256_set1_epi32(value); }
IntVector dot(IntVector sum, IntVector a, IntVector b) { return _mm256_dpbusd_avx_epi32(sum, a, b); }
#define HAVE_DOT
#elif defined(__ARM_FEATURE_DOTPROD)
using IntVector = int32x4_t;
IntVector filled(int value) { return vdupq_n_s32(value); }
IntVector dot(IntVector sum, IntVector a, IntVector b) {
  return vdotq_s32(sum, vreinterpretq_s8_s32(a), vreinterpretq_s8_s32(b));
}
#define HAVE_DOT
#endif

#ifdef HAVE_DOT
void dot_bytes(int left, int right) {
  const IntVector a = filled(left);
  const IntVector b = filled(right);
  IntVector chains[kChains];
  for (int i = 0; i < kChains; ++i) chains[i] = filled(left + i);
  for (int64_t step = 0; step < kSteps; ++step) {
    for (auto& chain : chains) chain = dot(chain, a, b);
  }
  for (const auto& chain : chains) sink += reinterpret_cast<const uint32_t&>(chain);
}
#endif

void print(const char* name, int threads, double value, const char* unit) {
  static bool first = true;
  std::printf("%s{\"name\": \"%s\", \"threads\": %d, \"value\": %.4g, \"unit\": \"%s\"}", first ? "[" : ",\n ", name,
              threads, value / 1e9, unit);
  first = false;
}

}  // namespace

int main(int argc, char**) {
  const float factor = argc > 100 ? 2.0f : 0.5f;  // not known to the compiler
  const int cores = static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
  const size_t count = kReadBytes / kVectorBytes;
  auto* words = static_cast<WordVector*>(std::aligned_alloc(kHugePage, kReadBytes));
  if (words == nullptr) return 1;
#if defined(__linux__)
  madvise(words, kReadBytes, MADV_HUGEPAGE);  // as the index does: 25 -> 33 GB/s on a Zen 4 core
#endif
  std::fill_n(reinterpret_cast<unsigned char*>(words), kReadBytes, static_cast<unsigned char>(argc));

  std::vector<int> threads = {1};
  if (cores > 1) threads.push_back(cores);
  for (const int t : threads) {
    const size_t part = count / t;
    const double read_rate = best_rate(t, static_cast<double>(part) * kVectorBytes,
                                       [&](int i) { read(words + static_cast<size_t>(i) * part, part); });
    print("sequential read", t, read_rate, "GB/s");
    const double operations = static_cast<double>(kSteps) * kChains * kVectorBytes;
    print("float32 multiply-add", t, best_rate(t, operations / 4, [&](int) { multiply_add(factor, factor); }), "Gma/s");
#ifdef HAVE_DOT
    print("8-bit dot product", t, best_rate(t, operations, [&](int) { dot_bytes(argc, argc); }), "Gma/s");
#endif
  }
  std::puts("]");
  std::free(words);
}
