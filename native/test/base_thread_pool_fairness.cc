// Long work lets short work pass, on its own threads, and keeps going itself.
#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <thread>

#include "base/poll.h"
#include "base/thread_pool.h"
#include "test/threads.h"

namespace voronode::test {
namespace {

ThreadPool& pool() { return ThreadPool::instance(); }

struct Environment {
  Environment() {
    pool().retain();
    pool().start();
  }
  ~Environment() { pool().release(); }
};

template <class Body>
struct Call final : Task {
  explicit Call(Body body_) : body(std::move(body_)) {}
  void run(Task* joined) noexcept override {
    body();
    while (joined != nullptr) {
      Task* const next = joined->next_joined();
      static_cast<Call*>(joined)->body();
      joined = next;
    }
  }
  bool joins(const Task&) const noexcept override { return true; }
  Body body;
};

Effort taking(double nanoseconds, const void* kinship = nullptr) {
  Effort effort;
  effort.nanoseconds = nanoseconds;
  effort.kinship = kinship;
  effort.room = 1000;
  return effort;
}

void wait_for(const std::atomic<bool>& flag) {
  while (!flag) std::this_thread::yield();
}

// A task that polls until it is told to end.
struct Giant {
  explicit Giant(const Effort& effort, bool spreads = false) : spreads_(spreads), call_(Body{this}) {
    pool().submit(call_, effort);
    wait_for(begun);
  }
  void end() {
    stop = true;
    wait_for(ended);
  }
  std::atomic<bool> begun{false}, stop{false}, ended{false};
  std::atomic<size_t> rounds{0};

 private:
  struct Body {
    Giant* self;
    void operator()() const {
      if (self->spreads_) {
        pool().parallel_for(8, nullptr, [this](size_t) { work(); });
      } else {
        work();
      }
      self->ended = true;
    }
    void work() const {
      self->begun = true;
      while (!self->stop) {
        poll(nullptr);
        ++self->rounds;
      }
    }
  };
  bool spreads_;
  Call<Body> call_;
};

// Whether a task runs within a time in which it would run if it could.
bool passes(const Effort& effort) {
  std::atomic<bool> ran{false};
  const auto body = [&] { ran = true; };
  Call<decltype(body)> task(body);
  pool().submit(task, effort);
  const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(50);
  while (!ran && std::chrono::steady_clock::now() < end) std::this_thread::yield();
  if (!ran && pool().withdraw(task)) return false;
  wait_for(ran);
  return true;
}

}  // namespace

TEST_CASE("a much shorter task runs on top of a long one that has the only thread; others wait") {
  const Threads restored(1);
  const Environment environment;
  const int index = 0;
  Giant giant(taking(1e9, &index));
  const uint64_t before = pool().counts().passed;
  CHECK(passes(taking(1e5)));
  CHECK(passes(taking(1e7)));
  CHECK(pool().counts().passed == before + 2);
  CHECK_FALSE(passes(taking(1e9)));
  CHECK_FALSE(passes(taking(5e8)));
  CHECK_FALSE(passes(taking(1e5, &index)));  // its kin waits for the next run
  Effort background = taking(1e3);
  background.background = true;
  CHECK_FALSE(passes(background));
  giant.end();
}

TEST_CASE("everything that is not in the background passes what is") {
  const Threads restored(1);
  const Environment environment;
  Effort background = taking(1e3);
  background.background = true;
  Giant giant(background);
  CHECK(passes(taking(1e5)));
  CHECK(passes(taking(1e8)));
  CHECK_FALSE(passes(background));
  giant.end();
}

TEST_CASE("threads that help with a long loop let short tasks pass, too") {
  const Threads restored(4);
  const Environment environment;
  Giant giant(taking(1e10), true);
  while (giant.rounds < 100) std::this_thread::yield();
  for (int i = 0; i < 100; ++i) CHECK(passes(taking(1e5)));
  giant.end();
}

TEST_CASE("nothing passes what helps a thread that is not the pool's, but its helpers leave when there are tasks") {
  const Threads restored(3);
  const Environment environment;
  std::atomic<size_t> begun{0};
  std::atomic<bool> ran{false};
  const auto self = std::this_thread::get_id();
  const auto body = [&] { ran = true; };
  Call<decltype(body)> task(body);
  const uint64_t before = pool().counts().passed;
  std::atomic<size_t> helped{0};
  pool().parallel_for(1000, nullptr, [&](size_t) {
    if (++begun == 3) pool().submit(task, taking(10));  // all three threads are at it
    while (begun < 3) poll(nullptr);
    if (std::this_thread::get_id() != self) ++helped;
    // The iterations of helpers go on until the caller has seen that the task waits for their end.
    for (int i = 0; i < 1000; ++i) poll(nullptr);
    if (std::this_thread::get_id() == self) {
      while (!ran) std::this_thread::yield();
    }
  });
  CHECK(helped > 0);
  CHECK(ran);
  CHECK(pool().counts().passed == before);
}

TEST_CASE("what runs on top is itself passed by what is shorter still, and has help") {
  const Threads restored(1);
  const Environment environment;
  Giant giant(taking(1e11));
  Giant smaller(taking(1e8));  // on top, as there is one thread
  CHECK(passes(taking(1e4)));
  CHECK_FALSE(passes(taking(1e8)));
  std::atomic<size_t> iterations{0};
  std::atomic<bool> done{false};
  const auto body = [&] {
    pool().parallel_for(100, nullptr, [&](size_t) { ++iterations; });
    done = true;
  };
  Call<decltype(body)> loop(body);
  pool().submit(loop, taking(1e4));
  wait_for(done);
  CHECK(iterations == 100);
  smaller.end();
  giant.end();
}

TEST_CASE("short tasks without end leave a long one a fifth of its thread") {
  const Threads restored(1);
  const Environment environment;
  Giant giant(taking(1e10));
  std::atomic<bool> stop{false};
  std::atomic<int64_t> lent{0};
  // As soon as one has run the next one waits.
  struct Short final : Task {
    void run(Task*) noexcept override {
      const auto begin = std::chrono::steady_clock::now();
      while (std::chrono::steady_clock::now() - begin < std::chrono::microseconds(500)) {
      }
      *lent += (std::chrono::steady_clock::now() - begin).count();
      ++runs;
      if (!*stop) pool().submit(*this, taking(1e5));
    }
    std::atomic<bool>* stop;
    std::atomic<int64_t>* lent;
    std::atomic<size_t> runs{0};
  } task;
  task.stop = &stop;
  task.lent = &lent;
  pool().submit(task, taking(1e5));
  const size_t before = giant.rounds;
  const auto begin = std::chrono::steady_clock::now();
  while (task.runs < 200) std::this_thread::yield();
  const int64_t all = (std::chrono::steady_clock::now() - begin).count();
  CHECK(giant.rounds > before + 200);  // it polls between any two of them
  CHECK(lent * 10 < all * 9);          // a fifth, and something for clocks that are not quite fair
  stop = true;
  giant.end();
  while (pool().counts().waiting > 0) std::this_thread::yield();
}

TEST_CASE("tasks of one kinship that wait together run together") {
  const Threads restored(1);
  const Environment environment;
  const int index = 0;
  Giant giant(taking(10));  // nothing is so much shorter
  std::atomic<size_t> ran{0};
  const auto body = [&] { ++ran; };
  std::vector<Call<decltype(body)>> tasks(100, Call<decltype(body)>(body));
  const ThreadPool::Counts before = pool().counts();
  for (auto& task : tasks) pool().submit(task, taking(1e5, &index));
  CHECK(pool().counts().waiting == 100);
  giant.end();
  while (ran < 100) std::this_thread::yield();
  const ThreadPool::Counts after = pool().counts();
  CHECK(after.tasks == before.tasks + 100);
  CHECK(after.joined == before.joined + 99);
  CHECK(after.waiting == 0);
}

}  // namespace voronode::test
