// The way from keys to rows and back, through appends, failures and compacting.
#include <doctest/doctest.h>

#include <algorithm>
#include <map>

#include "storage/key_table.h"
#include "test/keys.h"

namespace voronode::test {
namespace {

void append(KeyTable& table, const std::vector<std::string>& keys) { table.append(views(keys), {}); }

std::vector<std::string> contents(const KeyTable& table) {
  std::vector<std::string> out;
  const KeyTable::View view = table.view();
  for (size_t i = 0; i < view.size(); ++i) out.emplace_back(view.key(i));
  return out;
}

RowNumbers& count(RowNumbers& numbers, size_t n) {
  numbers.appended(n);
  return numbers;
}

}  // namespace

TEST_CASE("every key finds its row, whatever its length") {
  KeyTable table;
  RowNumbers numbers;
  std::vector<std::string> all;
  Random random(3);
  while (all.size() < 3'000) {
    std::vector<std::string> more;
    for (size_t n = random.between(1, 40); n > 0; --n) more.push_back(key_of_number(all.size() + more.size()));
    append(table, more);
    numbers.appended(more.size());
    all.insert(all.end(), more.begin(), more.end());
    if (random.one_in(2)) table.catch_up(table.size());
  }
  CHECK(contents(table) == all);
  CHECK(table.is_distinct());
  for (size_t i = 0; i < all.size(); ++i) CHECK(table.find(all[i], numbers.view()) == static_cast<int64_t>(i));
  for (const char* none : {"user-", "user-99999", "b", "xxxxxx", "\xC3"})
    CHECK(table.find(none, numbers.view()) == kNoSlot);
}

TEST_CASE("a key twice is noticed") {
  KeyTable table;
  append(table, {"a", "b", "a"});
  CHECK(!table.is_distinct());
}

TEST_CASE("rows that are not there yet, or no more, are not found") {
  KeyTable table;
  RowNumbers numbers;
  append(table, {"a", "b"});
  CHECK(table.find("a", numbers.view()) == kNoSlot);
  count(numbers, 2);
  CHECK(table.find("b", numbers.view()) == 1);
  const RowNumbers::View before = numbers.view();
  const int64_t replaced[] = {1, kNoSlot};
  RowNumbers::Change change(numbers, {1});
  table.append(views({"b", "c"}), replaced);
  numbers.appended(2);
  CHECK(table.find("b", numbers.view()) == 1);
  CHECK(table.find("c", numbers.view()) == kNoSlot);
  change.publish();
  table.catch_up(4);
  CHECK(table.find("b", numbers.view()) == 2);
  CHECK(table.find("c", numbers.view()) == 3);
  CHECK(table.find("b", before) == 1);  // who looked before still finds the old one
}

TEST_CASE("an append is taken back whole") {
  KeyTable table;
  append(table, {"a"});
  const size_t bytes = table.allocated_bytes();
  for (size_t round = 0; round < 20; ++round) {
    append(table, {"b", std::string(3'000, 'x')});
    table.truncate(1);
  }
  CHECK(contents(table) == std::vector<std::string>{"a"});
  CHECK(table.allocated_bytes() <= bytes + (size_t{16} << 10));
}

TEST_CASE("text of keys that went is freed when it is the most") {
  KeyTable table;
  RowNumbers numbers;
  std::vector<std::string> keys;
  for (size_t i = 100; i < 8'100; ++i) keys.push_back(key_of_number(i) + std::string(100, 'k'));
  append(table, keys);
  count(numbers, keys.size());
  table.catch_up(keys.size());
  const size_t before = table.allocated_bytes();
  std::vector<size_t> gone;
  for (size_t i = 0; i < keys.size(); ++i) {
    if (i % 4 != 0) gone.push_back(i);
  }
  RowNumbers::Change change(numbers, gone);
  change.publish();
  table.forget(gone);
  while (numbers.removed() > 0) {
    RowNumbers::Step step(numbers, 500);
    table.move(step.move(), numbers.view());
    if (step.finish()) table.keep(numbers.slots());
  }
  CHECK(table.size() == keys.size() / 4);
  CHECK(table.allocated_bytes() < before / 2);
  for (size_t i = 0; i < keys.size(); ++i) {
    CHECK(table.find(keys[i], numbers.view()) == (i % 4 == 0 ? static_cast<int64_t>(i / 4) : kNoSlot));
  }
  table.clear();
  CHECK(table.size() == 0);
  append(table, {"again"});
  CHECK(contents(table) == std::vector<std::string>{"again"});
}

TEST_CASE("removing at one go keeps the others") {
  KeyTable table;
  append(table, {"a", "b", "c", "d"});
  table.forget({1, 2});
  table.remove({1, 2});
  RowNumbers numbers;
  count(numbers, 2);
  CHECK(table.find("d", numbers.view()) == 1);
  CHECK(table.find("b", numbers.view()) == kNoSlot);
}

}  // namespace voronode::test
