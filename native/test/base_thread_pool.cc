// The pool's loops: every iteration once, whatever happens around them.
#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "base/thread_pool.h"
#include "test/threads.h"

namespace voronode::test {
namespace {

ThreadPool& pool() { return ThreadPool::instance(); }

// How often each iteration of [0, n) ran.
std::vector<int> runs_of_each(size_t n, size_t inner) {
  std::vector<std::atomic<int>> counts(n);
  pool().parallel_for(n, nullptr, [&](size_t i) {
    if (inner == 0) {
      ++counts[i];
      return;
    }
    std::atomic<size_t> sum{0};
    pool().parallel_for(inner, nullptr, [&](size_t j) { sum += j + 1; });
    if (sum == inner * (inner + 1) / 2) ++counts[i];
  });
  return {counts.begin(), counts.end()};
}

bool each_ran_once(size_t n, size_t inner = 0) { return runs_of_each(n, inner) == std::vector<int>(n, 1); }

}  // namespace

TEST_CASE("parallel_for runs each iteration once, for any number of threads") {
  const Threads restored;
  for (size_t threads = 1; threads <= 8; ++threads) {
    pool().set_threads(threads);
    CHECK(pool().threads() == threads);
    for (const size_t n : {0, 1, 2, 3, 7, 8, 9, 1'000}) {
      INFO(threads, " threads, ", n, " iterations");
      CHECK(each_ran_once(n));
    }
  }
}

TEST_CASE("loops nest, also deeper than there are threads") {
  const Threads restored(3);
  CHECK(each_ran_once(20, 20));
  std::atomic<size_t> leaves{0};
  const std::function<void(size_t)> descend = [&](size_t depth) {
    if (depth == 0) {
      ++leaves;
      return;
    }
    pool().parallel_for(3, nullptr, [&](size_t) { descend(depth - 1); });
  };
  descend(6);
  CHECK(leaves == 729);
}

TEST_CASE("more than one thread works on a loop") {
  const Threads restored(4);
  std::atomic<size_t> arrived{0};
  // Each iteration waits for the other: it would wait for ever if one thread had to run both.
  pool().parallel_for(2, nullptr, [&](size_t) {
    ++arrived;
    while (arrived < 2) std::this_thread::yield();
  });
  CHECK(arrived == 2);
}

TEST_CASE("one thread means the caller's own") {
  const Threads restored(1);
  std::atomic<size_t> elsewhere{0};
  const auto self = std::this_thread::get_id();
  pool().parallel_for(100, nullptr, [&](size_t) { elsewhere += std::this_thread::get_id() == self ? 0 : 1; });
  CHECK(elsewhere == 0);
}

TEST_CASE("a loop of a thread that is alone runs on it, but for what is not alone within") {
  const Threads restored(4);
  const std::thread::id caller = std::this_thread::get_id();
  std::atomic<size_t> elsewhere{0};
  const auto count = [&](size_t) { elsewhere += std::this_thread::get_id() == caller ? 0 : 1; };
  {
    const ThreadPool::Alone alone;
    pool().parallel_for(1000, nullptr, count);
    CHECK(elsewhere == 0);
    const ThreadPool::Alone helped(false);
    while (elsewhere == 0) pool().parallel_for(1000, nullptr, count);
  }
  elsewhere = 0;
  while (elsewhere == 0) pool().parallel_for(1000, nullptr, count);
}

TEST_CASE("an exception ends the loop, comes out of it, and leaves the pool in order") {
  const Threads restored;
  for (const size_t threads : {1, 2, 4}) {
    pool().set_threads(threads);
    for (const size_t bad : {0, 1, 500, 999}) {
      INFO(threads, " threads, iteration ", bad, " throws");
      std::atomic<size_t> begun{0}, running{0};
      std::string caught;
      try {
        pool().parallel_for(1'000, nullptr, [&](size_t i) {
          ++begun;
          ++running;
          if (i == bad) {
            --running;
            throw std::runtime_error("at " + std::to_string(i));
          }
          --running;
        });
      } catch (const std::runtime_error& error) {
        caught = error.what();
      }
      CHECK(caught == "at " + std::to_string(bad));
      CHECK(running == 0);
      CHECK(begun > bad);
      if (threads == 1) CHECK(begun == bad + 1);
      CHECK(each_ran_once(100));
    }
  }
  CHECK_THROWS_AS(pool().parallel_for(64, nullptr, [](size_t) { throw 7; }), int);
}

TEST_CASE("an exception of an inner loop passes through the outer one") {
  const Threads restored(4);
  CHECK_THROWS_AS(pool().parallel_for(8, nullptr,
                                      [&](size_t i) {
                                        pool().parallel_for(8, nullptr, [&](size_t j) {
                                          if (i == 5 && j == 5) throw std::out_of_range("inner");
                                        });
                                      }),
                  std::out_of_range);
  CHECK(each_ran_once(100, 10));
}

TEST_CASE("a fired Cancel ends the loop with kAborted") {
  const Threads restored;
  for (const size_t threads : {1, 4}) {
    pool().set_threads(threads);
    for (const size_t fire_at : {0, 3, 50}) {
      Cancel cancel;
      std::atomic<size_t> begun{0};
      Code code = Code::kClosed;
      try {
        pool().parallel_for(1'000'000, &cancel, [&](size_t i) {
          ++begun;
          if (i == fire_at) cancel.fire();
        });
      } catch (const Error& error) {
        code = error.code();
      }
      CHECK(code == Code::kAborted);
      CHECK(begun < 1'000'000);
      if (threads == 1) CHECK(begun == fire_at + 1);
    }
    Cancel fired;
    fired.fire();
    std::atomic<size_t> begun{0};
    CHECK_THROWS_AS(pool().parallel_for(10, &fired, [&](size_t) { ++begun; }), Error);
    CHECK(begun == 0);
  }
}

TEST_CASE("set_threads refuses what is out of range and then changes nothing") {
  const Threads restored(3);
  CHECK_THROWS_AS(pool().set_threads(0), Error);
  CHECK_THROWS_AS(pool().set_threads(ThreadPool::kMaxThreads + 1), Error);
  CHECK_THROWS_AS(pool().set_threads(SIZE_MAX), Error);
  CHECK(pool().threads() == 3);
}

TEST_CASE("loops of many foreign threads run beside one another while the number of threads changes") {
  const Threads restored(4);
  std::atomic<bool> done{false};
  std::atomic<size_t> wrong{0};
  std::vector<std::thread> foreign;
  for (size_t t = 0; t < 5; ++t) {
    foreign.emplace_back([&, t] {
      for (size_t round = 0; round < 200; ++round) {
        if (!each_ran_once(1 + (round * 7 + t) % 50, round % 3)) ++wrong;
        if (round % 20 != t) continue;
        try {
          pool().parallel_for(20, nullptr, [](size_t i) {
            if (i == 10) throw std::runtime_error("ten");
          });
          ++wrong;
        } catch (const std::runtime_error&) {
        }
      }
    });
  }
  std::thread changer([&] {
    for (size_t round = 0; !done; ++round) {
      pool().set_threads(1 + round * 5 % 8);
      std::this_thread::sleep_for(std::chrono::microseconds(200));
    }
  });
  for (std::thread& thread : foreign) thread.join();
  done = true;
  changer.join();
  CHECK(wrong == 0);
  CHECK(each_ran_once(1'000));
}

}  // namespace voronode::test
