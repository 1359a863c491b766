// The pool's tasks, and the life of its threads.
#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <mutex>
#include <thread>
#include <vector>

#include "base/thread_pool.h"
#include "test/threads.h"

#if !defined(_WIN32)
#include <pthread.h>
#include <signal.h>
#endif

namespace voronode::test {
namespace {

ThreadPool& pool() { return ThreadPool::instance(); }

// Counts down; threads wait until it is at zero.
class Latch {
 public:
  explicit Latch(size_t n) : n_(n) {}
  void arrive() {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (--n_ == 0) zero_.notify_all();
  }
  void wait() {
    std::unique_lock<std::mutex> lock(mutex_);
    zero_.wait(lock, [&] { return n_ == 0; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable zero_;
  size_t n_;
};

template <class Body>
struct Call final : Task {
  explicit Call(Body body_) : body(std::move(body_)) {}
  void run(Task*) noexcept override { body(); }
  Body body;
};

// The pool is kept alive by one environment more.
struct Environment {
  Environment() {
    pool().retain();
    pool().start();
  }
  ~Environment() { pool().release(); }
};

#if defined(__linux__)
size_t threads_of_process() {
  const std::filesystem::directory_iterator tasks("/proc/self/task");
  return static_cast<size_t>(std::distance(begin(tasks), end(tasks)));
}

// A joined thread may be listed for a moment more.
bool comes_to(size_t threads) {
  for (size_t i = 0; i < 1'000 && threads_of_process() != threads; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return threads_of_process() == threads;
}
#endif

}  // namespace

TEST_CASE("tasks run once each, elsewhere, first come first served") {
  const Threads restored(1);
  const Environment environment;
  constexpr size_t kTasks = 500;
  Latch done(kTasks);
  std::vector<size_t> order;
  size_t on_this_thread = 0;
  const auto self = std::this_thread::get_id();
  const auto body = [&](size_t i) {
    return [&, i] {
      order.push_back(i);  // one pool thread: no lock
      if (std::this_thread::get_id() == self) ++on_this_thread;
      done.arrive();
    };
  };
  std::vector<Call<decltype(body(0))>> tasks;
  for (size_t i = 0; i < kTasks; ++i) tasks.emplace_back(body(i));
  for (auto& task : tasks) pool().submit(task, Effort{});
  done.wait();
  CHECK(on_this_thread == 0);
  REQUIRE(order.size() == kTasks);
  for (size_t i = 0; i < kTasks; ++i) CHECK(order[i] == i);
}

TEST_CASE("tasks that spread loops, submitted from many threads while the number of threads changes, all finish") {
  const Threads restored(2);
  const Environment environment;
  constexpr size_t kSubmitters = 4;
  constexpr size_t kTasks = 200;
  Latch done(kSubmitters * kTasks);
  std::atomic<size_t> iterations{0};
  const auto body = [&] {
    pool().parallel_for(10, nullptr, [&](size_t) { ++iterations; });
    done.arrive();
  };
  std::vector<Call<decltype(body)>> tasks(kSubmitters * kTasks, Call<decltype(body)>(body));
  std::vector<std::thread> submitters;
  for (size_t t = 0; t < kSubmitters; ++t) {
    submitters.emplace_back([&, t] {
      for (size_t i = 0; i < kTasks; ++i) {
        pool().submit(tasks[t * kTasks + i], Effort{});
        if (i % 40 == t) pool().set_threads(1 + i % 5);
      }
    });
  }
  for (std::thread& thread : submitters) thread.join();
  done.wait();
  CHECK(iterations == kSubmitters * kTasks * 10);
}

TEST_CASE("a task may delete itself") {
  const Threads restored(2);
  const Environment environment;
  struct Own final : Task {
    explicit Own(Latch& done_) : done(done_) {}
    void run(Task*) noexcept override {
      Latch& last = done;
      delete this;
      last.arrive();
    }
    Latch& done;
  };
  Latch done(100);
  for (size_t i = 0; i < 100; ++i) pool().submit(*new Own(done), Effort{});
  done.wait();
}

TEST_CASE("the last release joins the threads, and the pool starts again") {
  const Threads restored(4);
#if defined(__linux__)
  pool().retain();
  pool().release();
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  const size_t without = threads_of_process();  // this one; sanitizers and emulators have some of their own
#endif
  for (size_t round = 0; round < 100; ++round) {
    const Environment environment;
    Latch done(3);
    const auto body = [&] { done.arrive(); };
    std::vector<Call<decltype(body)>> tasks(3, Call<decltype(body)>(body));
    for (auto& task : tasks) pool().submit(task, Effort{});
    done.wait();
  }
#if defined(__linux__)
  CHECK(comes_to(without));
  {
    const Environment environment;
    CHECK(comes_to(without + 4));
  }
#endif
}

TEST_CASE("environments that come and go on many threads never stop one another's work") {
  const Threads restored(3);
  std::vector<std::thread> threads;
  std::atomic<size_t> iterations{0};
  for (size_t t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (size_t round = 0; round < 100; ++round) {
        const Environment environment;
        Latch done(2);
        const auto body = [&] {
          pool().parallel_for(5, nullptr, [&](size_t) { ++iterations; });
          done.arrive();
        };
        Call<decltype(body)> first(body), second(body);
        pool().submit(first, Effort{});
        pool().submit(second, Effort{});
        pool().parallel_for(5, nullptr, [&](size_t) { ++iterations; });
        done.wait();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(iterations == 4 * 100 * 15);
}

#if !defined(_WIN32)
TEST_CASE("signals of the host are not delivered to pool threads") {
  const Threads restored(1);
  const Environment environment;
  Latch done(1);
  sigset_t mask;
  sigemptyset(&mask);
  const auto body = [&] {
    pthread_sigmask(SIG_SETMASK, nullptr, &mask);
    done.arrive();
  };
  Call<decltype(body)> task(body);
  pool().submit(task, Effort{});
  done.wait();
  for (const int signal : {SIGINT, SIGTERM, SIGCHLD, SIGUSR1, SIGALRM, SIGPROF}) CHECK(sigismember(&mask, signal) == 1);
}
#endif

}  // namespace voronode::test
