// Waiting without the system for as long as waking through it takes.
#pragma once

#include <chrono>
#include <thread>

namespace voronode {

// Waking a thread takes 10 to 50 µs (a futex, more under a hypervisor): what comes sooner than twice that is worth
// waiting for.
inline constexpr std::chrono::microseconds kSpinTime{100};

// A hint that a loop only waits.
inline void relax() noexcept {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__) && defined(__GNUC__)
  asm volatile("yield");
#else
  std::this_thread::yield();
#endif
}

// Calls done() until it is true, or false when the time has come. REQUIRES: done() takes no lock.
template <class Done>
bool spin_until(std::chrono::steady_clock::time_point end, const Done& done) noexcept {
  constexpr int kLooksAClock = 32;  // reading the clock and yielding take as long as some looks
  for (;;) {
    for (int i = 0; i < kLooksAClock; ++i) {
      if (done()) return true;
      relax();
    }
    if (std::chrono::steady_clock::now() >= end) return false;
    std::this_thread::yield();
  }
}

}  // namespace voronode
