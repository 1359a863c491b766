// Two gates passed together, and waits that are given up: one by one, then with threads.
#include <doctest/doctest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "base/gate_hold.h"
#include "base/passage.h"
#include "test/random.h"

namespace voronode::test {
namespace {

struct Work final : Passage {
  using Passage::Passage;
  void passed() noexcept override { ++passes; }
  std::atomic<int> passes{0};
};

bool is_free(Gate& gate) {
  Work work({&gate, nullptr}, Access::kExclusive);
  work.enter();
  const bool passed = work.passes == 1;
  if (!passed) work.withdraw();
  work.leave();
  return passed;
}

}  // namespace

TEST_CASE("work at two gates passes both together, and in the same order at both") {
  Gate a, b;
  Work first({&a, &b}, Access::kExclusive);
  Work second({&b, &a}, Access::kExclusive);
  first.enter();
  second.enter();
  CHECK(first.passes == 1);
  CHECK(second.passes == 0);
  first.leave();
  CHECK(second.passes == 1);
  second.leave();
  CHECK(first.passes == 1);
  CHECK(is_free(a));
  CHECK(is_free(b));
}

TEST_CASE("work without gates passes at once") {
  Work work({nullptr, nullptr}, Access::kExclusive);
  work.enter();
  CHECK(work.passes == 1);
  work.leave();
}

TEST_CASE("a wait that is given up lets those behind it in, and holds nothing") {
  Gate a, b;
  Work reader({&a, nullptr}, Access::kRead);
  reader.enter();
  Work merge({&b, &a}, Access::kExclusive);  // has b, waits for a
  merge.enter();
  Work behind({&a, nullptr}, Access::kRead), last({&a, nullptr}, Access::kExclusive);
  behind.enter();
  last.enter();
  CHECK(behind.passes == 0);
  merge.withdraw();
  CHECK(merge.passes == 1);
  CHECK(behind.passes == 1);
  merge.withdraw();  // nothing more
  CHECK(merge.passes == 1);
  merge.leave();
  CHECK(is_free(b));
  reader.leave();
  CHECK(last.passes == 0);
  behind.leave();
  CHECK(last.passes == 1);
  last.leave();
  CHECK(is_free(a));
}

TEST_CASE("the last that waits may give up, and others queue up after it") {
  Gate gate;
  Work holder({&gate, nullptr}, Access::kExclusive);
  holder.enter();
  Work first({&gate, nullptr}, Access::kAppend), last({&gate, nullptr}, Access::kRead);
  first.enter();
  last.enter();
  last.withdraw();
  Work after({&gate, nullptr}, Access::kRead);
  after.enter();
  first.withdraw();
  CHECK(after.passes == 0);
  holder.leave();
  CHECK(after.passes == 1);
  after.leave();
}

TEST_CASE("who goes first takes back what waits for another gate, which gets it again") {
  Gate a, b;
  Work reader({&a, nullptr}, Access::kRead);
  reader.enter();
  Work merge({&a, &b}, Access::kExclusive);  // has b, waits for a
  merge.enter();
  Work second({&b, nullptr}, Access::kExclusive);
  second.enter();
  for (const Access access : {Access::kRead, Access::kAppend, Access::kExclusive}) {
    Work nested({&b, nullptr}, access);
    nested.enter(Gate::Place::kFirst);
    CHECK(nested.passes == 1);
    nested.leave();
  }
  CHECK(merge.passes == 0);
  reader.leave();
  CHECK(merge.passes == 1);
  CHECK(second.passes == 0);
  Work late({&b, nullptr}, Access::kRead);
  late.enter(Gate::Place::kFirst);  // too late: the merge is under way
  CHECK(late.passes == 0);
  merge.leave();
  CHECK(late.passes == 1);
  late.leave();
  CHECK(second.passes == 1);
  second.leave();
}

// A <- B and B <- A, and further ones, from threads that agree on nothing: all come through, each alone.
TEST_CASE("threads that pass two gates each never wait for one another for ever") {
  constexpr size_t kThreads = 4, kGates = 3, kRounds = 20'000;
  Gate gates[kGates];
  size_t changes[kGates] = {};  // plain: races are the sanitizer's to find
  std::vector<std::thread> threads;
  for (size_t t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      Random random(200 + t);
      for (size_t round = 0; round < kRounds; ++round) {
        const size_t i = random.below(kGates);
        const size_t j = (i + 1 + random.below(kGates - 1)) % kGates;
        const GateHold hold({&gates[i], &gates[j]}, Access::kExclusive);
        ++changes[i];
        ++changes[j];
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(changes[0] + changes[1] + changes[2] == 2 * kThreads * kRounds);
}

// As close() of an environment does, while others leave and come.
TEST_CASE("a wait can be given up while the gates are passed") {
  constexpr size_t kRounds = 5'000;
  Gate a, b;
  std::atomic<bool> ended{false};
  std::thread other([&] {
    Random random(7);
    while (!ended) {
      const GateHold hold({random.one_in(2) ? &a : &b, nullptr}, random.one_in(2) ? Access::kRead : Access::kExclusive);
    }
  });
  std::thread nested([&] {
    while (!ended) {
      const GateHold outer(a, Access::kRead);
      const GateHold inner(b, Access::kRead);
    }
  });
  size_t wrong = 0;
  for (size_t round = 0; round < kRounds; ++round) {
    Work work({&a, &b}, Access::kExclusive);
    work.enter();
    while (work.passes == 0) work.withdraw();
    work.leave();
    if (work.passes != 1) ++wrong;
  }
  ended = true;
  other.join();
  nested.join();
  CHECK(wrong == 0);
  CHECK(is_free(a));
  CHECK(is_free(b));
}

}  // namespace voronode::test
