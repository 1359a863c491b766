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

// A handler that was in the place of ours.
struct Before {
  struct sigaction action;
  std::atomic<bool> spent{false};  // of one that is for a single time (SA_RESETHAND)
};

// Those of different parts of a program; more than a few are a mistake, of which the last is kept.
constexpr size_t kMostBefore = 16;

struct Guard {
  Range ranges[kMostRanges];
  std::mutex mutex;  // of whoever takes a range or installs the handler
  // In the order in which they came. Written once each, before `last` says so: a signal may come at any time.
  Before before[kMostBefore];
  size_t known = 0;  // guarded by the mutex
  std::atomic<size_t> last{0};
  std::atomic<uintptr_t> page_bytes{4096};
  // Who is being asked about a SIGBUS of somebody else's, in which thread and of what address. If it comes back from
  // there, one that came earlier is asked.
  std::atomic<uintptr_t> passed_on{0};
  std::atomic<uintptr_t> passed_by{0};
  std::atomic<size_t> passed_to{0};
};

Guard guard;

bool mend(void* address) noexcept {
  const auto at = reinterpret_cast<uintptr_t>(address);
  const uintptr_t page_bytes = guard.page_bytes.load(std::memory_order_relaxed);
  for (Range& range : guard.ranges) {
    const uintptr_t begin = range.begin.load(std::memory_order_acquire);
    if (begin == 0 || at < begin || at >= range.end.load(std::memory_order_acquire)) continue;
    if (range.begin.load(std::memory_order_acquire) != begin) continue;  // another one's by now
    range.torn.store(true, std::memory_order_release);
    void* const page = static_cast<char*>(address) - at % page_bytes;
    return mmap(page, page_bytes, PROT_READ | PROT_WRITE, MAP_FIXED | MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED;
  }
  return false;
}

// By kill(): there is no address, and nothing that is tried again.
bool is_sent(const siginfo_t* info) noexcept { return info->si_code <= 0; }

// Nobody else wants it: the instruction that is tried again ends the process as it would have, or the signal does that
// was sent.
void give_up(int number, const siginfo_t* info) noexcept {
  signal(number, SIG_DFL);
  if (is_sent(info)) raise(number);
}

// Does what the system would have done with it.
void hand_to(Before& before, int number, siginfo_t* info, void* context) noexcept {
  const struct sigaction& action = before.action;
  const bool takes_info = (action.sa_flags & SA_SIGINFO) != 0;
  if (!takes_info && action.sa_handler == SIG_IGN) {
    if (!is_sent(info)) give_up(number, info);  // an instruction that fails cannot be ignored
    return;
  }
  const bool once = (action.sa_flags & static_cast<int>(SA_RESETHAND)) != 0;
  if ((!takes_info && action.sa_handler == SIG_DFL) || (once && before.spent.exchange(true))) {
    return give_up(number, info);
  }
  if (takes_info) {
    action.sa_sigaction(number, info, context);
  } else {
    action.sa_handler(number);
  }
}

void pass_on(int number, siginfo_t* info, void* context) noexcept {
  const auto at = reinterpret_cast<uintptr_t>(info->si_addr);
  const auto self = reinterpret_cast<uintptr_t>(pthread_self());
  // A handler that came after ours may itself pass on what it does not want, to ours.
  const bool again = guard.passed_on.load() == at && guard.passed_by.load() == self;
  const size_t place = again ? guard.passed_to.load() : guard.last.load(std::memory_order_acquire) + 1;
  if (place == 0) return give_up(number, info);
  guard.passed_to = place - 1;
  guard.passed_on = at;
  guard.passed_by = self;
  hand_to(guard.before[place - 1], number, info, context);
  if (!again) guard.passed_by = 0;
}

void on_bus_error(int number, siginfo_t* info, void* context) noexcept {
  if (is_sent(info) || !mend(info->si_addr)) pass_on(number, info, context);
}

bool same_action(const struct sigaction& a, const struct sigaction& b) noexcept {
  if (a.sa_flags != b.sa_flags) return false;
  return (a.sa_flags & SA_SIGINFO) != 0 ? a.sa_sigaction == b.sa_sigaction : a.sa_handler == b.sa_handler;
}

// REQUIRES: the mutex.
void remember(const struct sigaction& action) noexcept {
  size_t place = 0;
  while (place < guard.known && !same_action(guard.before[place].action, action)) ++place;
  if (place == kMostBefore) return;
  Before& before = guard.before[place];
  if (place == guard.known) {
    before.action = action;
    ++guard.known;
  }
  before.spent = false;
  guard.last.store(place, std::memory_order_release);
}

// REQUIRES: the mutex.
void install() noexcept {
  struct sigaction now;
  if (sigaction(SIGBUS, nullptr, &now) != 0) return;
  if ((now.sa_flags & SA_SIGINFO) != 0 && now.sa_sigaction == on_bus_error) return;
  remember(now);
  struct sigaction ours = {};
  ours.sa_sigaction = on_bus_error;
  ours.sa_flags = SA_SIGINFO | SA_ONSTACK;
  sigemptyset(&ours.sa_mask);
  sigaction(SIGBUS, &ours, nullptr);
}

// The addon goes when the last worker thread goes that has loaded it, if the main thread has not: Node unloads it.
struct Farewell {
  ~Farewell() {
    struct sigaction now;
    if (sigaction(SIGBUS, nullptr, &now) != 0) return;
    if ((now.sa_flags & SA_SIGINFO) == 0 || now.sa_sigaction != on_bus_error) return;
    sigaction(SIGBUS, &guard.before[guard.last].action, nullptr);
  }
};
const Farewell farewell;

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
