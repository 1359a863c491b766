// Threads that hold gates and come to others, as filter functions make them.
#include <doctest/doctest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "base/error.h"
#include "base/gate_hold.h"
#include "test/random.h"

namespace voronode::test {
namespace {

// Whether the calling thread was let in.
bool holds_for_a_moment(Gate& gate, Access access) {
  try {
    const GateHold hold(gate, access);
    return true;
  } catch (const Error& error) {
    CHECK(error.code() == Code::kUnsupported);
    return false;
  }
}

struct Waiting final : Passage {
  using Passage::Passage;
  void passed() noexcept override { in = true; }
  std::atomic<bool> in{false};
};

}  // namespace

// Else: the merge waits for the thread, and the thread for the merge.
TEST_CASE("a thread that holds a gate passes another one that a merge of both waits with") {
  Gate a, b;
  Waiting merge({&b, &a}, Access::kExclusive);
  {
    const GateHold outer(a, Access::kRead);
    merge.enter();
    for (const Access access : {Access::kRead, Access::kAppend, Access::kExclusive}) {
      const GateHold inner(b, access);
      CHECK_FALSE(merge.in);
    }
  }
  CHECK(merge.in);
  merge.leave();
}

TEST_CASE("of two threads that wait for what the other one holds, the second is refused") {
  Gate a, b;
  std::atomic<int> inside{0};
  std::atomic<int> let_in{0};
  const auto run = [&](Gate& mine, Gate& other) {
    const GateHold outer(mine, Access::kRead);
    ++inside;
    while (inside < 2) std::this_thread::yield();
    if (holds_for_a_moment(other, Access::kExclusive)) ++let_in;
  };
  std::thread one([&] { run(a, b); });
  std::thread two([&] { run(b, a); });
  one.join();
  two.join();
  CHECK(let_in == 1);
}

TEST_CASE("two gates at once within a third") {
  Gate a, b, c;
  const GateHold outer(c, Access::kRead);
  {
    const GateHold both({&a, &b}, Access::kExclusive);
    CHECK(GateHold::here(a));
    CHECK(GateHold::here(b));
  }
  CHECK_FALSE(GateHold::here(a));
  CHECK_THROWS_AS(GateHold({&a, &c}, Access::kExclusive), Error);
  CHECK(holds_for_a_moment(a, Access::kExclusive));
}

TEST_CASE("threads that come from gate to gate never wait for one another for ever") {
  constexpr size_t kThreads = 4, kGates = 3, kRounds = 2'000;
  Gate gates[kGates];
  size_t changes[kGates] = {};  // plain: races are the sanitizer's to find
  std::atomic<size_t> let_in{0}, refused{0};
  const auto change = [&](size_t i, size_t j) {
    try {
      const GateHold hold({&gates[i], i == j ? nullptr : &gates[j]}, Access::kExclusive);
      ++changes[i];
      if (i != j) ++changes[j];
      ++let_in;
    } catch (const Error&) {
      ++refused;
    }
  };
  std::vector<std::thread> threads;
  for (size_t t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      Random random(300 + t);
      for (size_t round = 0; round < kRounds; ++round) {
        if (random.one_in(3)) {
          change(random.below(kGates), random.below(kGates));
          continue;
        }
        const size_t outer = random.below(kGates);
        const GateHold hold(gates[outer], Access::kRead);
        if (changes[outer] > 2 * kThreads * kRounds) return;
        std::this_thread::yield();
        change(random.below(kGates), random.below(kGates));
        holds_for_a_moment(gates[random.below(kGates)], random.one_in(2) ? Access::kRead : Access::kAppend);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(let_in > 0);
  CHECK(refused > 0);
  CHECK(changes[0] + changes[1] + changes[2] >= let_in);
}

}  // namespace voronode::test
