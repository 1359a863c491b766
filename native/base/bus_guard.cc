#include "base/bus_guard.h"

#ifndef _WIN32

#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <mutex>

#include "base/error.h"

namespace voronode {
namespace {

// What the handler reads: nothing but atomics, at places that never move.
struct Range {
  std::atomic<uintptr_t> begin{0};  // 0: free
  std::atomic<uintptr_t> end{0};
  std::atomic<bool> torn{false};
};

// Each holds a descriptor of the file, too, and of those a process has 1024 as a rule.
constexpr size_t kMostRanges = 4096;

struct Guard {
  Range ranges[kMostRanges];
  std::mutex mutex;  // of whoever takes a range or installs the handler
  struct sigaction before;
  std::atomic<uintptr_t> page_bytes{4096};
  // Where a SIGBUS of somebody else's went on, and in which thread: if it comes back, nobody wants it.
  std::atomic<uintptr_t> passed_on{0};
  std::atomic<uintptr_t> passed_by{0};
};

Guard guard;

bool mend(void* address) noexcept {
  const auto at = reinterpret_cast<uintptr_t>(address);
  const uintptr_t page_bytes = guard.page_bytes.load(std::memory_order_relaxed);
  for (Range& range : guard.ranges) {
    const uintptr_t begin = range.begin.load(std::memory_order_acquire);
    if (begin == 0 || at < begin || at >= range.end.load(std::memory_order_acquire)) continue;
    range.torn.store(true, std::memory_order_release);
    void* const page = static_cast<char*>(address) - at % page_bytes;
    return mmap(page, page_bytes, PROT_READ | PROT_WRITE, MAP_FIXED | MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED;
  }
  return false;
}

// Nobody else wants it: the instruction that is tried again ends the process as it would have, or the signal does that
// was sent.
void give_up(int number, const siginfo_t* info) noexcept {
  signal(number, SIG_DFL);
  if (info->si_code <= 0) raise(number);
}

void pass_on(int number, siginfo_t* info, void* context) noexcept {
  const auto at = reinterpret_cast<uintptr_t>(info->si_addr);
  const auto self = reinterpret_cast<uintptr_t>(pthread_self());
  const bool again = guard.passed_on.exchange(at) == at && guard.passed_by.exchange(self) == self;
  const struct sigaction& before = guard.before;
  const bool nobody = (before.sa_flags & SA_SIGINFO) == 0 && before.sa_handler == SIG_DFL;
  if (again || nobody) return give_up(number, info);
  if ((before.sa_flags & SA_SIGINFO) != 0) {
    before.sa_sigaction(number, info, context);
  } else if (before.sa_handler != SIG_IGN) {
    before.sa_handler(number);
  }
  guard.passed_on = 0;
}

void on_bus_error(int number, siginfo_t* info, void* context) noexcept {
  const bool sent = info->si_code <= 0;  // by kill(): there is no address
  if (sent || !mend(info->si_addr)) pass_on(number, info, context);
}

// REQUIRES: the mutex.
void install() noexcept {
  struct sigaction now;
  if (sigaction(SIGBUS, nullptr, &now) != 0) return;
  if ((now.sa_flags & SA_SIGINFO) != 0 && now.sa_sigaction == on_bus_error) return;
  guard.before = now;
  struct sigaction ours = {};
  ours.sa_sigaction = on_bus_error;
  ours.sa_flags = SA_SIGINFO | SA_ONSTACK;
  sigemptyset(&ours.sa_mask);
  sigaction(SIGBUS, &ours, nullptr);
}

}  // namespace

GuardedRange::GuardedRange(void* begin, size_t bytes) : place_(0) {
  const std::lock_guard<std::mutex> lock(guard.mutex);
  guard.page_bytes = static_cast<uintptr_t>(sysconf(_SC_PAGESIZE));
  while (place_ < kMostRanges && guard.ranges[place_].begin != 0) ++place_;
  if (place_ == kMostRanges)
    throw Error(Code::kUnsupported, format("More than %zu files cannot be mapped", kMostRanges));
  Range& range = guard.ranges[place_];
  range.torn = false;
  range.end = reinterpret_cast<uintptr_t>(begin) + bytes;
  range.begin.store(reinterpret_cast<uintptr_t>(begin), std::memory_order_release);
  install();
}

GuardedRange::~GuardedRange() { guard.ranges[place_].begin.store(0, std::memory_order_release); }

bool GuardedRange::torn() const noexcept { return guard.ranges[place_].torn.load(std::memory_order_acquire); }

void GuardedRange::keep_watch() noexcept {
  const std::lock_guard<std::mutex> lock(guard.mutex);
  install();
}

}  // namespace voronode

#endif
