// SlotHeap: runs that do not overlap, room that is used again, pieces that go back; from any thread.
#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <thread>
#include <vector>

#include "base/aligned.h"
#include "storage/slot_heap.h"
#include "test/random.h"

namespace voronode::test {
namespace {

constexpr size_t kSlotBytes = 1000;
constexpr size_t kRounded = 1024;

struct Run {
  std::shared_ptr<uint8_t> bytes;
  size_t slots;
  uint8_t mark;

  bool whole() const {
    for (size_t i = 0; i < slots * kRounded; i += 61) {
      if (bytes.get()[i] != mark) return false;
    }
    return true;
  }
};

Run make(SlotHeap& heap, size_t slots, Random& random) {
  Run run{heap.allocate(slots), slots, static_cast<uint8_t>(random.bits())};
  std::memset(run.bytes.get(), run.mark, slots * kRounded);
  return run;
}

TEST_CASE("slot heap: runs keep apart, and all goes back") {
  Random random(31);
  SlotHeap heap(kSlotBytes);
  CHECK(heap.bytes() == 0);
  std::vector<Run> runs;
  size_t slots = 0;
  for (size_t step = 0; step < 4000; ++step) {
    if (runs.empty() || random.one_in(2)) {
      runs.push_back(make(heap, random.one_in(50) ? random.between(1000, 9000) : random.between(1, 200), random));
      CHECK(reinterpret_cast<uintptr_t>(runs.back().bytes.get()) % kAlignment == 0);
      slots += runs.back().slots;
    } else {
      std::swap(runs[random.below(runs.size())], runs.back());
      CHECK(runs.back().whole());
      slots -= runs.back().slots;
      runs.pop_back();
    }
    REQUIRE(heap.bytes() >= slots * kRounded);
  }
  runs.clear();
  CHECK(heap.bytes() == 0);
}

TEST_CASE("slot heap: room of runs that have gone is used again") {
  Random random(32);
  SlotHeap heap(kSlotBytes);
  std::vector<Run> runs;
  for (size_t i = 0; i < 4000; ++i) runs.push_back(make(heap, 3, random));
  const size_t full = heap.bytes();
  CHECK(full < 4000 * 3 * kRounded + 2 * SlotHeap::kPieceBytes);
  for (size_t i = 0; i < 4000; i += 2) runs[i].bytes = nullptr;
  for (size_t i = 0; i < 4000; i += 2) runs[i] = make(heap, 3, random);
  CHECK(heap.bytes() <= full + SlotHeap::kPieceBytes);  // small pieces went back, a whole one came
  for (const Run& run : runs) CHECK(run.whole());
}

TEST_CASE("slot heap: what is taken at once has the room it needs, what comes bit by bit half more at the most") {
  for (const size_t n : {1, 2, 16, 100, 3000, 30'000}) {
    SlotHeap at_once(kSlotBytes);
    SlotHeap bit_by_bit(kSlotBytes);
    std::vector<std::shared_ptr<uint8_t>> runs;
    for (size_t left = n; left > 0; --left) runs.push_back(at_once.allocate(1, left));
    for (size_t i = 1; i <= n; ++i) {
      runs.push_back(bit_by_bit.allocate(1));
      REQUIRE(bit_by_bit.bytes() <= std::max(i * kRounded * 3 / 2, 2 * kRounded));
      REQUIRE(bit_by_bit.bytes() < i * kRounded + SlotHeap::kPieceBytes);
    }
    CHECK(at_once.bytes() >= n * kRounded);
    CHECK(at_once.bytes() < n * kRounded + (n < 2 * SlotHeap::kPieceBytes / kRounded ? 1 : SlotHeap::kPieceBytes));
  }
}

TEST_CASE("slot heap: a run longer than a piece, and one that outlives its heap") {
  Random random(33);
  Run kept;
  {
    SlotHeap heap(kSlotBytes);
    kept = make(heap, 3 * SlotHeap::kPieceBytes / kRounded, random);
    CHECK(heap.bytes() == 3 * SlotHeap::kPieceBytes);
  }
  CHECK(kept.whole());
  CHECK_THROWS(SlotHeap(kSlotBytes).allocate(SIZE_MAX / 4));
  CHECK(*SlotHeap(0).allocate(1) >= 0);  // no bytes are a line
}

TEST_CASE("slot heap: several threads take and give") {
  SlotHeap heap(kSlotBytes);
  std::vector<std::thread> threads;
  std::atomic<bool> right{true};
  for (uint64_t seed = 0; seed < 4; ++seed) {
    threads.emplace_back([&, seed] {
      Random random(seed);
      std::vector<Run> runs;
      for (size_t step = 0; step < 400; ++step) {
        runs.push_back(make(heap, random.between(1, 30), random));
        if (random.one_in(3)) continue;
        std::swap(runs[random.below(runs.size())], runs.back());
        if (!runs.back().whole()) right = false;
        runs.pop_back();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(right);
  CHECK(heap.bytes() == 0);
}

}  // namespace
}  // namespace voronode::test
