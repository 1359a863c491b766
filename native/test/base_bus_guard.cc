// A page that a mapped file has lost, in a process of its own each: ours is mended, all others end as they would have.
#include <doctest/doctest.h>

#if !defined(__SANITIZE_THREAD__)  // which does not follow a fork from a process with threads

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <functional>
#include <thread>

#include "base/bus_guard.h"
#include "test/golden.h"

namespace voronode::test {
namespace {

constexpr int kAsExpected = 42;

size_t page_bytes() { return static_cast<size_t>(sysconf(_SC_PAGESIZE)); }

// Pages of a file of which no one is there any more.
class LostPages {
 public:
  explicit LostPages(size_t pages) : bytes_(pages * page_bytes()) {
    const TemporaryFolder folder;
    const int fd = open((folder / "pages").c_str(), O_RDWR | O_CREAT, 0600);
    if (fd < 0 || ftruncate(fd, static_cast<off_t>(bytes_)) != 0) _exit(1);
    data_ = static_cast<char*>(mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0));
    if (ftruncate(fd, 0) != 0) _exit(1);
    close(fd);
  }
  char* data() const { return data_; }
  size_t bytes() const { return bytes_; }

 private:
  size_t bytes_;
  char* data_;
};

char look(const char* at) { return *static_cast<const volatile char*>(at); }

struct Ended {
  int signal;
  int code;
  bool operator==(const Ended&) const = default;
};
constexpr Ended kKilled = {SIGBUS, -1};
constexpr Ended kFine = {0, kAsExpected};

// How a process ends that does this.
Ended end_of(const std::function<bool()>& program) {
  const pid_t child = fork();
  if (child == 0) {
    alarm(20);                // of an endless loop of signals
    signal(SIGBUS, SIG_DFL);  // not a sanitizer's
    _exit(program() ? kAsExpected : 1);
  }
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  return WIFSIGNALED(status) ? Ended{WTERMSIG(status), -1} : Ended{0, WEXITSTATUS(status)};
}

std::atomic<int> calls{0};
struct sigaction chained = {};

void count(int, siginfo_t*, void*) { ++calls; }
void leave(int, siginfo_t*, void*) { _exit(kAsExpected); }
void fail(int, siginfo_t*, void*) { _exit(2); }
// As a handler that looks whether it is meant, and asks the one that it found.
void chain(int number, siginfo_t* info, void* context) {
  ++calls;
  if ((chained.sa_flags & SA_SIGINFO) != 0) {
    chained.sa_sigaction(number, info, context);
  } else if (chained.sa_handler == SIG_DFL) {
    signal(number, SIG_DFL);
  }
}

void handle(void (*handler)(int, siginfo_t*, void*), int flags = 0, struct sigaction* before = nullptr) {
  struct sigaction action = {};
  action.sa_sigaction = handler;
  action.sa_flags = SA_SIGINFO | flags;
  sigaction(SIGBUS, &action, before);
}

}  // namespace

TEST_CASE("bus guard: a lost page of a guarded range reads as zeros, can be written, and tears the range") {
  CHECK(end_of([] {
          const LostPages pages(3), others(1);
          const GuardedRange range(pages.data(), pages.bytes());
          const GuardedRange other(others.data(), others.bytes());
          if (range.torn() || look(pages.data() + page_bytes() + 7) != 0) return false;
          pages.data()[2 * page_bytes()] = 5;
          return range.torn() && !other.torn() && look(pages.data() + 2 * page_bytes()) == 5;
        }) == kFine);
}

TEST_CASE("bus guard: many threads lose pages at once") {
  CHECK(end_of([] {
          const LostPages pages(64);
          const GuardedRange range(pages.data(), pages.bytes());
          std::atomic<size_t> zeros{0};
          std::vector<std::thread> threads;
          for (size_t t = 0; t < 4; ++t) {
            threads.emplace_back([&] {
              for (size_t at = 0; at < pages.bytes(); at += 512) zeros += look(pages.data() + at) == 0 ? 1 : 0;
            });
          }
          for (std::thread& thread : threads) thread.join();
          return zeros == 4 * pages.bytes() / 512 && range.torn();
        }) == kFine);
}

TEST_CASE("bus guard: a lost page of anybody else ends the process") {
  const auto foreign = [](const std::function<void()>& prepare) {
    return end_of([&] {
      const LostPages pages(1), lost(1);
      prepare();
      const GuardedRange range(pages.data(), pages.bytes());
      look(lost.data());
      return false;
    });
  };
  CHECK(foreign([] {}) == kKilled);
  CHECK(foreign([] { signal(SIGBUS, SIG_IGN); }) == kKilled);  // it cannot be ignored
  // A handler for a single time, as reporters of crashes have it, is called once.
  CHECK(foreign([] { handle(count, static_cast<int>(SA_RESETHAND)); }) == kKilled);
}

TEST_CASE("bus guard: a range that is no longer guarded is anybody's") {
  CHECK(end_of([] {
          const LostPages pages(1);
          { const GuardedRange range(pages.data(), pages.bytes()); }
          look(pages.data());
          return false;
        }) == kKilled);
}

TEST_CASE("bus guard: a handler that was there before gets what is not ours, and nothing else") {
  CHECK(end_of([] {
          const LostPages pages(1), lost(1);
          handle(fail);
          const GuardedRange range(pages.data(), pages.bytes());
          return look(pages.data()) == 0 && range.torn();
        }) == kFine);
  CHECK(end_of([] {
          const LostPages pages(1), lost(1);
          handle(leave);
          const GuardedRange range(pages.data(), pages.bytes());
          look(pages.data());
          look(lost.data());
          return false;
        }) == kFine);
  // One that mends what it knows of, as V8's traps do on macOS, more than once.
  CHECK(end_of([] {
          const LostPages pages(1);
          LostPages lost(2);
          handle([](int, siginfo_t* info, void*) {
            ++calls;
            const auto at = reinterpret_cast<uintptr_t>(info->si_addr) / page_bytes() * page_bytes();
            mmap(reinterpret_cast<void*>(at), page_bytes(), PROT_READ, MAP_FIXED | MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
          });
          const GuardedRange range(pages.data(), pages.bytes());
          look(lost.data());
          look(pages.data());
          look(lost.data() + page_bytes());
          return calls == 2 && range.torn();
        }) == kFine);
}

TEST_CASE("bus guard: a handler that came later gets its own as soon as the watch was renewed") {
  CHECK(end_of([] {
          const LostPages pages(1), lost(1);
          const GuardedRange range(pages.data(), pages.bytes());
          handle(leave);
          GuardedRange::keep_watch();
          if (look(pages.data()) != 0 || !range.torn()) return false;
          look(lost.data());
          return false;
        }) == kFine);
}

TEST_CASE("bus guard: of handlers that pass on to each other each is asked once") {
  CHECK(end_of([] {
          const LostPages pages(1), lost(1);
          const GuardedRange range(pages.data(), pages.bytes());
          handle(chain, 0, &chained);
          GuardedRange::keep_watch();
          look(lost.data());
          return false;
        }) == kKilled);
  CHECK(end_of([] {
          const LostPages pages(1), lost(1);
          handle(leave);
          const GuardedRange range(pages.data(), pages.bytes());
          handle(chain, 0, &chained);
          GuardedRange::keep_watch();
          look(lost.data());
          return false;
        }) == kFine);
}

TEST_CASE("bus guard: a signal that was sent does what it does without us") {
  const auto sent = [](const std::function<void()>& prepare, bool survives) {
    return end_of([&] {
      const LostPages pages(1);
      prepare();
      const GuardedRange range(pages.data(), pages.bytes());
      for (int i = 0; i < 3; ++i) {
        kill(getpid(), SIGBUS);
        raise(SIGBUS);
      }
      return survives && !range.torn();
    });
  };
  CHECK(sent([] {}, false) == kKilled);
  CHECK(sent([] { signal(SIGBUS, SIG_IGN); }, true) == kFine);
  CHECK(sent([] { handle(count); }, true) == kFine);
}

TEST_CASE("bus guard: handlers that come and go for ever are no end of them") {
  CHECK(end_of([] {
          const LostPages pages(1), lost(1);
          const GuardedRange range(pages.data(), pages.bytes());
          for (int i = 0; i < 1'000; ++i) {
            handle(i % 2 == 0 ? count : fail);
            GuardedRange::keep_watch();
            signal(SIGBUS, SIG_DFL);
            GuardedRange::keep_watch();
          }
          handle(leave);
          GuardedRange::keep_watch();
          if (look(pages.data()) != 0) return false;
          look(lost.data());
          return false;
        }) == kFine);
}

}  // namespace voronode::test

#endif
