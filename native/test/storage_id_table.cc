// The way from an id back to its row.
#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <limits>
#include <thread>

#include "storage/id_table.h"
#include "test/random.h"

namespace voronode::test {
namespace {

using Ids = std::vector<int64_t>;

int64_t last_row(const Ids& ids, int64_t id) {
  const auto at = std::find(ids.rbegin(), ids.rend(), id);
  return at == ids.rend() ? IdTable::kNone : static_cast<int64_t>(ids.rend() - at) - 1;
}

std::vector<size_t> all_rows(const Ids& ids, size_t limit, const Ids& wanted) {
  std::vector<size_t> rows;
  for (size_t row = 0; row < limit; ++row) {
    if (std::find(wanted.begin(), wanted.end(), ids[row]) != wanted.end()) rows.push_back(row);
  }
  return rows;
}

int64_t find_last(const IdTable& table, int64_t id, size_t limit) {
  RowNumbers rows;
  rows.appended(limit);
  return table.find_last(id, rows.view());
}

Ids contents(const IdTable& table) {
  Ids out;
  const auto view = table.view();
  for (size_t i = 0; i < view.size(); ++i) out.push_back(*view.row(i));
  return out;
}

}  // namespace

TEST_CASE("find_last finds the row added last, after any appends and removals") {
  Random random(15);
  IdTable table;
  Ids model;
  for (size_t step = 0; step < 400; ++step) {
    CAPTURE(step);
    const size_t kind = random.below(10);
    if (kind < 7) {
      Ids ids(random.below(random.one_in(10) ? 3'000 : 40));
      for (int64_t& id : ids) id = static_cast<int64_t>(random.below(random.one_in(2) ? 50 : 100'000)) - 25;
      table.append(ids.size(), ids.data());
      model.insert(model.end(), ids.begin(), ids.end());
    } else if (kind < 9 && !model.empty()) {
      std::vector<size_t> rows;
      const size_t one_in = random.between(1, 5);
      Ids kept;
      for (size_t i = 0; i < model.size(); ++i) {
        if (random.one_in(one_in)) {
          rows.push_back(i);
        } else {
          kept.push_back(model[i]);
        }
      }
      table.remove(rows);
      model = kept;
    } else if (random.one_in(4)) {
      table.clear();
      model.clear();
    }
    CHECK(contents(table) == model);
    for (size_t lookup = 0; lookup < 20; ++lookup) {
      const int64_t id = static_cast<int64_t>(random.below(60)) - 30;
      CHECK(find_last(table, id, table.size()) == last_row(model, id));
    }
    if (!model.empty()) {
      const int64_t id = model[random.below(model.size())];
      CHECK(find_last(table, id, table.size()) == last_row(model, id));
    }
  }
}

TEST_CASE("ids of every kind are found: the least, the greatest, those that share their low or high bits") {
  Ids ids = {0, 1, -2, std::numeric_limits<int64_t>::min(), std::numeric_limits<int64_t>::max(), int64_t{1} << 53};
  for (int64_t i = 1; i < 2'000; ++i) ids.push_back(i << 32);
  for (int64_t i = 1; i < 2'000; ++i) ids.push_back(i << 51);
  IdTable table;
  table.append(ids.size(), ids.data());
  size_t wrong = 0;
  for (const int64_t id : ids) {
    if (find_last(table, id, table.size()) != last_row(ids, id)) ++wrong;
  }
  CHECK(wrong == 0);
  CHECK(find_last(table, 77, table.size()) == IdTable::kNone);
  CHECK(find_last(table, -1, table.size()) == IdTable::kNone);
}

TEST_CASE("of rows with one id the last one that was not removed is found") {
  IdTable table;
  RowNumbers rows;
  const Ids ids = {7, 8, 7, 7, 9};
  table.append(ids.size(), ids.data());
  rows.appended(ids.size());
  CHECK(table.find_last(7, rows.view()) == 3);
  const auto remove = [&](size_t slot) { RowNumbers::Change(rows, {slot}).publish(); };
  remove(3);
  CHECK(table.find_last(7, rows.view()) == 2);
  remove(0);
  CHECK(table.find_last(7, rows.view()) == 2);
  remove(2);
  CHECK(table.find_last(7, rows.view()) == IdTable::kNone);
  CHECK(table.find_last(9, rows.view()) == 4);
}

TEST_CASE("rows behind the limit are not found, and can be taken back") {
  IdTable table;
  const Ids first = {10, 11, 12};
  const Ids second = {10, 20};
  table.append(3, first.data());
  table.append(2, second.data());
  CHECK(find_last(table, 10, 3) == 0);
  CHECK(find_last(table, 20, 3) == IdTable::kNone);
  table.truncate(3);
  const Ids third = {30, 12};
  table.append(2, third.data());
  CHECK(find_last(table, 10, 5) == 0);
  CHECK(find_last(table, 20, 5) == IdTable::kNone);
  CHECK(find_last(table, 30, 5) == 3);
  CHECK(find_last(table, 12, 5) == 4);
}

TEST_CASE("find_all finds every row that bears an id, after any appends and removals") {
  Random random(17);
  IdTable table;
  Ids model;
  size_t found = 0;
  for (size_t step = 0; step < 400; ++step) {
    CAPTURE(step);
    if (random.below(8) < 7) {
      Ids ids(random.below(random.one_in(10) ? 3'000 : 40));
      for (int64_t& id : ids) id = static_cast<int64_t>(random.below(random.one_in(2) ? 50 : 100'000)) - 25;
      table.append(ids.size(), ids.data());
      model.insert(model.end(), ids.begin(), ids.end());
    } else if (!model.empty()) {
      const size_t row = random.below(model.size());
      table.remove({row});
      model.erase(model.begin() + static_cast<ptrdiff_t>(row));
    }
    if (random.one_in(20) && !model.empty()) find_last(table, model[0], model.size());  // makes the table
    const size_t limit = model.size() - (random.one_in(2) ? 0 : random.below(model.size() + 1));
    Ids wanted = {500'000, -1};
    for (int64_t id = static_cast<int64_t>(random.below(60)) - 30; id < 25; id += 7) {
      if (id != -1) wanted.push_back(id);
    }
    const auto expected = all_rows(model, limit, wanted);
    const auto rows = table.find_all(wanted, limit, model.size());
    if (!rows) continue;
    ++found;
    CHECK(*rows == expected);
    CHECK(table.find_all(wanted, limit, expected.size()) == expected);
    if (!expected.empty()) CHECK_FALSE(table.find_all(wanted, limit, expected.size() - 1));
  }
  CHECK(found > 50);
}

TEST_CASE("find_all makes no table for the first few calls, and takes in a few rows at once") {
  Ids ids(10'000);
  for (size_t i = 0; i < ids.size(); ++i) ids[i] = static_cast<int64_t>(i / 2);
  IdTable table;
  table.append(9'900, ids.data());
  const std::vector<size_t> rows = {14, 15};
  size_t calls = 1;
  while (!table.find_all({7}, 9'900, 9'900)) ++calls;
  CHECK(calls > 8);
  CHECK(calls < 100);
  table.append(100, ids.data() + 9'900);
  CHECK(table.find_all({7}, ids.size(), 2) == rows);
  table.remove({0});
  CHECK_FALSE(table.find_all({7}, 9'999, 9'999));
}

TEST_CASE("an empty table finds nothing; a moved one finds what it held") {
  IdTable table;
  CHECK(find_last(table, 0, 0) == IdTable::kNone);
  const Ids ids = {5, 6};
  table.append(2, ids.data());
  CHECK(find_last(table, 6, 2) == 1);
  IdTable moved(std::move(table));
  CHECK(find_last(moved, 6, 2) == 1);
  CHECK(contents(moved) == ids);
}

// A lookup meets rows that another lookup, which came later but was faster, has taken in: here those of a block that
// was added in between.
TEST_CASE("lookups beside an append find only rows that are there") {
  constexpr size_t kBatch = 64;
  const size_t first_block = BlockShape(1, sizeof(int64_t)).base;
  Ids ids(first_block + 4 * kBatch);
  for (size_t i = 0; i < ids.size(); ++i) ids[i] = static_cast<int64_t>(i);
  for (size_t round = 0; round < 100; ++round) {
    IdTable table;
    std::atomic<size_t> complete{first_block - 2 * kBatch};
    std::atomic<size_t> wrong{0};
    table.append(complete, ids.data());
    std::vector<std::thread> threads;
    for (size_t t = 0; t < 3; ++t) {
      threads.emplace_back([&, t] {
        Random random(16 + t);
        for (size_t limit = 0; limit < ids.size();) {
          limit = complete.load();
          const auto id = static_cast<int64_t>(limit - 1 - random.below(100));
          if (find_last(table, id, limit) != id) ++wrong;
          const auto rows = table.find_all({id, static_cast<int64_t>(limit)}, limit, 1);
          if (rows && *rows != std::vector<size_t>{static_cast<size_t>(id)}) ++wrong;
          // Not among the first `limit` rows, though another lookup may have seen it.
          const auto next = static_cast<int64_t>(limit + random.below(2 * kBatch));
          if (find_last(table, next, limit) != IdTable::kNone) ++wrong;
        }
      });
    }
    while (complete < ids.size()) {
      table.append(kBatch, ids.data() + complete);
      complete += kBatch;
      std::this_thread::yield();
    }
    for (std::thread& thread : threads) thread.join();
    REQUIRE(wrong == 0);
  }
}

// Ids that all fell into one slot while the hash was a known multiplication: then this took a minute, as the probes
// grew with the square of their number. (The inverse of the odd multiplier takes slots back to ids.)
TEST_CASE("ids made to collide are looked up like any others") {
  constexpr uint64_t kMultiplier = 0x9E3779B97F4A7C15u;
  uint64_t inverse = kMultiplier;
  for (int step = 0; step < 5; ++step)
    inverse *= 2 - kMultiplier * inverse;  // Newton's iteration doubles the right bits
  REQUIRE(kMultiplier * inverse == 1);
  Ids ids(300'000);
  for (uint64_t i = 0; i < ids.size(); ++i) {
    ids[i] = static_cast<int64_t>(((i & 0xFFF) << 20 | (i >> 12) << 52) * inverse);
  }
  IdTable table;
  table.append(ids.size(), ids.data());
  for (size_t i = 0; i < ids.size(); i += 999) CHECK(find_last(table, ids[i], ids.size()) == static_cast<int64_t>(i));
}

}  // namespace voronode::test
