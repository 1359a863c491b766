// The gate's rules one by one, then against a model, then with threads.
#include <doctest/doctest.h>

#include <atomic>
#include <deque>
#include <memory>
#include <thread>
#include <vector>

#include "base/gate_hold.h"
#include "test/random.h"
#include "test/throws.h"

namespace voronode::test {
namespace {

constexpr Access kAll[] = {Access::kRead, Access::kAppend, Access::kExclusive};

struct Guest final : Gate::Waiter {
  explicit Guest(Access access_) : access(access_) {}
  void granted() noexcept override { ++grants; }
  const Access access;
  int grants = 0;
};

// Guests of one gate, by number.
struct Guests {
  Gate gate;
  std::vector<std::unique_ptr<Guest>> all = {};
  size_t enter(Access access) {
    all.push_back(std::make_unique<Guest>(access));
    gate.enter(*all.back(), access);
    return all.size() - 1;
  }
  bool in(size_t guest) const { return all[guest]->grants == 1; }
  void leave(size_t guest) {
    REQUIRE(in(guest));
    gate.leave(all[guest]->access);
  }
};

}  // namespace

TEST_CASE("who may run beside whom") {
  for (const Access first : kAll) {
    for (const Access second : kAll) {
      Guests guests;
      const size_t a = guests.enter(first);
      const size_t b = guests.enter(second);
      CHECK(guests.in(a));
      const bool one_reads = first == Access::kRead || second == Access::kRead;
      const bool one_excludes = first == Access::kExclusive || second == Access::kExclusive;
      CHECK(guests.in(b) == (one_reads && !one_excludes));
      guests.leave(a);
      CHECK(guests.in(b));
      guests.leave(b);
    }
  }
}

TEST_CASE("a read passes waiting appends, which wait for one another in order") {
  Guests guests;
  const size_t append = guests.enter(Access::kAppend);
  const size_t second = guests.enter(Access::kAppend);
  const size_t third = guests.enter(Access::kAppend);
  const size_t read = guests.enter(Access::kRead);
  CHECK(guests.in(read));
  CHECK_FALSE(guests.in(second));
  guests.leave(append);
  CHECK(guests.in(second));
  CHECK_FALSE(guests.in(third));
  guests.leave(second);
  CHECK(guests.in(third));
}

TEST_CASE("nothing passes a waiting exclusive, and nothing runs beside it") {
  Guests guests;
  const size_t read = guests.enter(Access::kRead);
  const size_t exclusive = guests.enter(Access::kExclusive);
  const size_t late_read = guests.enter(Access::kRead);
  const size_t late_append = guests.enter(Access::kAppend);
  CHECK_FALSE(guests.in(exclusive));
  CHECK_FALSE(guests.in(late_read));
  CHECK_FALSE(guests.in(late_append));
  guests.leave(read);
  CHECK(guests.in(exclusive));
  CHECK_FALSE(guests.in(late_read));
  CHECK_FALSE(guests.in(late_append));
  guests.leave(exclusive);
  CHECK(guests.in(late_read));
  CHECK(guests.in(late_append));
}

TEST_CASE("an append that waits behind an append goes in before an exclusive that came later") {
  Guests guests;
  const size_t first = guests.enter(Access::kAppend);
  const size_t second = guests.enter(Access::kAppend);
  const size_t exclusive = guests.enter(Access::kExclusive);
  guests.leave(first);
  CHECK(guests.in(second));
  CHECK_FALSE(guests.in(exclusive));
  guests.leave(second);
  CHECK(guests.in(exclusive));
}

TEST_CASE("a waiter may leave from within granted()") {
  struct Passer final : Gate::Waiter {
    explicit Passer(Gate& gate_) : gate(gate_) {}
    void granted() noexcept override {
      ++passed;
      gate.leave(Access::kExclusive);
    }
    Gate& gate;
    int passed = 0;
  };
  Guests guests;
  const size_t read = guests.enter(Access::kRead);
  Passer passer(guests.gate);
  guests.gate.enter(passer, Access::kExclusive);
  const size_t behind = guests.enter(Access::kExclusive);
  guests.leave(read);
  CHECK(passer.passed == 1);
  CHECK(guests.in(behind));
}

// The rules restated: in order of arrival, whoever is compatible with those inside goes in, unless someone waits before
// it; a read minds only the exclusives among those.
TEST_CASE("a hundred thousand arrivals and departures are let in as the rules say, each once") {
  Random random(5);
  Guests guests;
  std::vector<size_t> inside, waiting;
  const auto compatible = [&](Access access) {
    for (const size_t guest : inside) {
      const Access other = guests.all[guest]->access;
      if (access == Access::kExclusive || other == Access::kExclusive) return false;
      if (access == Access::kAppend && other == Access::kAppend) return false;
    }
    return true;
  };
  const auto let_in = [&] {
    std::vector<size_t> still_waiting;
    bool append_waits = false, exclusive_waits = false;
    for (const size_t guest : waiting) {
      const Access access = guests.all[guest]->access;
      if (!exclusive_waits && (!append_waits || access == Access::kRead) && compatible(access)) {
        inside.push_back(guest);
        continue;
      }
      still_waiting.push_back(guest);
      (access == Access::kExclusive ? exclusive_waits : append_waits) = true;
    }
    waiting = still_waiting;
  };
  size_t wrong = 0, longest = 0;
  for (size_t step = 0; step < 100'000; ++step) {
    const bool arrive = inside.empty() || (waiting.size() < 12 && random.one_in(2));
    if (arrive) {
      const Access access = random.one_in(8) ? Access::kExclusive : random.one_in(2) ? Access::kAppend : Access::kRead;
      waiting.push_back(guests.enter(access));
    } else {
      const size_t at = random.below(inside.size());
      const size_t guest = inside[at];
      inside.erase(inside.begin() + static_cast<ptrdiff_t>(at));
      guests.leave(guest);
    }
    let_in();
    longest = std::max(longest, waiting.size());
    for (const size_t guest : inside) wrong += guests.all[guest]->grants == 1 ? 0 : 1;
    for (const size_t guest : waiting) wrong += guests.all[guest]->grants == 0 ? 0 : 1;
  }
  CHECK(longest == 12);
  while (!inside.empty()) {
    const size_t guest = inside.back();
    inside.pop_back();
    guests.leave(guest);
    let_in();
  }
  CHECK(waiting.empty());
  for (const auto& guest : guests.all) wrong += guest->grants == 1 ? 0 : 1;
  CHECK(wrong == 0);
}

TEST_CASE("threads behind a gate never meet whom they must not") {
  constexpr size_t kThreads = 6;
  constexpr size_t kRounds = 4'000;
  Gate gate;
  std::atomic<int> readers{0}, appenders{0}, exclusives{0}, wrong{0}, met{0};
  size_t appended = 0, changed = 0;  // plain: races are the sanitizer's to find
  std::vector<std::thread> threads;
  for (size_t t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      Random random(100 + t);
      for (size_t round = 0; round < kRounds; ++round) {
        const Access access = kAll[random.one_in(5) ? 2 : random.below(2)];
        const GateHold hold(gate, access);
        std::atomic<int>& mine = access == Access::kRead ? readers : access == Access::kAppend ? appenders : exclusives;
        ++mine;
        if (random.one_in(4)) std::this_thread::yield();
        const int r = readers, a = appenders, e = exclusives;
        if (a > 1 || e > 1 || (e == 1 && r + a > 0)) ++wrong;
        if (r + a > 1) ++met;
        if (access == Access::kAppend) ++appended;
        if (access == Access::kExclusive) changed += appended >= 1 ? 1 : 0;
        --mine;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(wrong == 0);
  CHECK(met > 0);
  CHECK(appended > kRounds);
  CHECK(changed > kRounds / 2);
}

// Else it would wait for itself: for its own read, or for an exclusive guest that waits for that.
TEST_CASE("a thread that reads may read again, whoever waits, and do nothing else") {
  Guests guests;
  Gate other;
  {
    const GateHold outer(guests.gate, Access::kRead);
    const size_t exclusive = guests.enter(Access::kExclusive);
    CHECK(GateHold::here(guests.gate));
    CHECK_FALSE(GateHold::here(other));
    {
      const GateHold elsewhere(other, Access::kExclusive);
      const GateHold inner(guests.gate, Access::kRead);
      for (const Access access : {Access::kAppend, Access::kExclusive}) {
        check_throws(Code::kUnsupported, "cannot be changed", [&] { const GateHold refused(guests.gate, access); });
        check_throws(Code::kUnsupported, "cannot be changed", [&] { const GateHold refused(other, access); });
      }
      check_throws(Code::kUnsupported, "", [&] { const GateHold refused(other, Access::kRead); });
    }
    CHECK_FALSE(guests.in(exclusive));
    std::thread([&] { CHECK_FALSE(GateHold::here(guests.gate)); }).join();
  }
  CHECK_FALSE(GateHold::here(guests.gate));
  CHECK(guests.in(0));
  guests.leave(0);
  const GateHold after(guests.gate, Access::kExclusive);
  const GateHold free(other, Access::kExclusive);
}

}  // namespace voronode::test
