// Slots and positions, against a plain list of flags.
#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <thread>
#include <utility>

#include "storage/row_numbers.h"
#include "test/random.h"

namespace voronode::test {
namespace {

void compare(const RowNumbers::View& rows, const std::vector<bool>& there) {
  REQUIRE(rows.slots() == there.size());
  size_t position = 0;
  size_t wrong = 0;
  std::vector<bool> runs(there.size());
  for (size_t slot = 0; slot < there.size(); ++slot) {
    wrong += rows.has(slot) != there[slot];
    if (!there[slot]) continue;
    wrong += rows.position(slot) != position || rows.slot(position) != slot;
    ++position;
  }
  rows.for_each_run([&](size_t begin, size_t end) {
    for (size_t slot = begin; slot < end; ++slot) runs[slot] = true;
  });
  CHECK(wrong == 0);
  CHECK(runs == there);
  CHECK(rows.size() == position);
  CHECK_FALSE(rows.has(there.size()));
}

}  // namespace

TEST_CASE("rows are numbered by position among those that are left") {
  for (uint64_t seed = 0; seed < 12; ++seed) {
    Random random(seed);
    RowNumbers numbers;
    std::vector<bool> there;
    for (size_t step = 0; step < 12; ++step) {
      // Around the sizes of words, blocks and pages.
      constexpr size_t kSizes[] = {1, 63, 64, 65, 511, 512, 513, 5'000, 32'767, 32'768, 40'000};
      const size_t n = kSizes[random.below(std::size(kSizes))];
      const size_t rare = random.one_in(3) ? 1 : random.between(2, 3'000);
      const auto before = numbers.view();
      const std::vector<bool> was = there;
      std::vector<size_t> gone;
      for (size_t slot = 0; slot < there.size(); ++slot) {
        if (there[slot] && random.one_in(rare)) gone.push_back(slot);
      }
      {
        RowNumbers::Change change(numbers, gone);
        numbers.appended(n);
        compare(numbers.view(), there);  // not yet
        if (random.one_in(4)) continue;  // never
        change.publish();
      }
      for (size_t slot : gone) there[slot] = false;
      there.resize(there.size() + n, true);
      compare(numbers.view(), there);
      compare(before, was);
      CHECK(numbers.size() + numbers.removed() == there.size());
      std::vector<size_t> all;
      for (size_t slot = 0; slot < there.size(); ++slot) {
        if (!there[slot]) all.push_back(slot);
      }
      CHECK(numbers.removed_slots() == all);
    }
    numbers.restart(5);
    compare(numbers.view(), std::vector<bool>(5, true));
  }
}

TEST_CASE("sweeps bring rows down in order, step by step, while others come and go") {
  for (uint64_t seed = 0; seed < 30; ++seed) {
    Random random(seed);
    RowNumbers numbers;
    std::vector<size_t> slots;  // what lies in each; 0: nothing that is there
    size_t next = 1;
    size_t sweeps = 0;
    for (size_t step = 0; step < 200; ++step) {
      CAPTURE(step);
      std::vector<size_t> gone;
      const size_t rare = random.between(2, 40);
      for (size_t slot = 0; slot < slots.size(); ++slot) {
        if (slots[slot] != 0 && random.one_in(rare)) gone.push_back(slot);
      }
      const size_t n = random.below(random.one_in(20) ? 2'000 : 60);
      RowNumbers::Change change(numbers, gone);
      numbers.appended(n);
      change.publish();
      for (size_t slot : gone) slots[slot] = 0;
      for (size_t i = 0; i < n; ++i) slots.push_back(next++);
      for (size_t moves = random.below(4); moves > 0 && numbers.removed() > 0; --moves) {
        const auto before = numbers.view();
        const size_t size = before.size();
        RowNumbers::Step one(numbers, random.between(1, 300));
        size_t moved = 0;
        size_t last = one.move().to;
        one.move().for_each([&](size_t from, size_t to) {
          REQUIRE(from > to);
          REQUIRE(to == last++);
          REQUIRE(slots[from] != 0);
          REQUIRE(slots[to] == 0);
          slots[to] = std::exchange(slots[from], 0);
          ++moved;
        });
        CHECK(moved == one.move().count);
        const bool over = one.finish();
        sweeps += over;
        CHECK(numbers.sweeping() == !over);
        if (over) {
          for (size_t slot = numbers.slots(); slot < slots.size(); ++slot) REQUIRE(slots[slot] == 0);
          slots.resize(numbers.slots());
        }
        CHECK(numbers.size() == size);
        CHECK(before.size() == size);  // of its moment
      }
      std::vector<bool> there(slots.size());
      std::vector<size_t> left;
      for (size_t slot = 0; slot < slots.size(); ++slot) {
        there[slot] = slots[slot] != 0;
        if (there[slot]) left.push_back(slots[slot]);
      }
      compare(numbers.view(), there);
      CHECK(std::is_sorted(left.begin(), left.end()));
    }
    CHECK(sweeps > 3);
  }
}

TEST_CASE("rows that replace others come in the moment in which these go, for every reader") {
  constexpr size_t kRows = 1'000;
  RowNumbers numbers;
  numbers.appended(kRows);
  std::atomic<bool> done{false};
  std::atomic<size_t> wrong{0};
  std::vector<std::thread> readers;
  for (size_t t = 0; t < 3; ++t) {
    readers.emplace_back([&] {
      while (!done) {
        const auto rows = numbers.view();
        size_t there = 0;
        for (size_t slot = 0; slot < rows.slots(); ++slot) there += rows.has(slot);
        if (there != kRows || rows.size() != kRows) ++wrong;
      }
    });
  }
  for (size_t slot = 0; slot < 3'000; ++slot) {
    RowNumbers::Change change(numbers, {slot});
    numbers.appended(1);
    change.publish();
  }
  done = true;
  for (std::thread& reader : readers) reader.join();
  CHECK(wrong == 0);
}

}  // namespace voronode::test
