// DirectMap: the same row by a scan and by the table, while rows come and go.
#include <doctest/doctest.h>

#include <utility>

#include "storage/direct_map.h"
#include "test/random.h"

namespace voronode::test {
namespace {

// Whether a row found, as list << 32 | row, bears the id; -1: whether none does.
bool is_right(int64_t found, const InvertedLists& lists, int64_t id) {
  if (id == InvertedLists::kNoRow) return found == -1;
  const auto view = lists.view();
  if (found != -1) return view[static_cast<size_t>(found >> 32)].id(found & 0xFFFFFFFF) == id;
  for (const auto& list : view) {
    for (size_t i = 0; i < list.size(); ++i) {
      if (list.id(i) == id) return false;
    }
  }
  return true;
}

int64_t find(const DirectMap& map, const InvertedLists& lists, int64_t id) {
  const auto found = map.find(lists, id);
  return found ? static_cast<int64_t>(found->place.list << 32 | found->place.row) : -1;
}

// All rows that bear one of these ids.
template <class InSet>
void remove(InvertedLists::Addition& addition, const InvertedLists& lists, const InSet& in_set) {
  for (size_t l = 0; l < lists.nlist(); ++l) {
    const auto list = lists.list(l);
    std::vector<uint32_t> gone;
    for (size_t i = 0; i < list.size(); ++i) {
      if (list.id(i) != InvertedLists::kNoRow && in_set(list.id(i))) gone.push_back(static_cast<uint32_t>(i));
    }
    if (!gone.empty()) addition.remove(l, gone);
  }
}

// The rows that are there of a list in place of all.
void rewrite(InvertedLists& lists, DirectMap& map, size_t list) {
  const auto old = lists.list(list);
  const std::vector<uint32_t> kept = old.ordered();
  InvertedLists::Addition addition(lists, {{list, kept.size()}}, InvertedLists::Addition::Way::kRewrite);
  for (size_t i = 0; i < kept.size(); ++i) *addition.room(0, i).ids = old.id(kept[i]);
  map.rewrite(lists, list, kept, [&] { addition.publish(); });
}

TEST_CASE("direct map: any sequence of additions, removals and lookups") {
  for (uint64_t seed = 0; seed < 10; ++seed) {
    Random random(seed);
    InvertedLists lists(random.between(1, 5), 4);
    DirectMap map;
    for (size_t step = 0; step < 150; ++step) {
      const size_t list = random.below(lists.nlist());
      const size_t n = random.between(1, 20);
      InvertedLists::Addition addition(lists, {{list, n}});
      const auto some = static_cast<int64_t>(random.between(2, 30));
      if (random.one_in(2)) remove(addition, lists, [&](int64_t id) { return id % some == 0; });
      for (size_t i = 0; i < n; ++i) {
        *addition.room(0, i).ids = static_cast<int64_t>(random.below(300)) - 150;
      }
      addition.publish();
      if (random.one_in(10)) rewrite(lists, map, random.below(lists.nlist()));
      if (random.one_in(20)) {
        const int64_t gone = static_cast<int64_t>(random.below(300)) - 150;
        lists.remove_if(list, [&](int64_t id) { return id <= gone; });
        map.forget();
      }
      const size_t lookups = random.one_in(3) ? 12 : 0;
      for (size_t i = 0; i < lookups; ++i) {
        const int64_t id = static_cast<int64_t>(random.below(320)) - 160;
        CHECK(is_right(find(map, lists, id), lists, id));
      }
    }
    lists.clear();
    map.forget();
    for (size_t i = 0; i < 100; ++i) CHECK(find(map, lists, static_cast<int64_t>(i)) == -1);
  }
}

TEST_CASE("direct map: find_all finds all rows, by a table that it makes when that has paid, unless ids repeat") {
  InvertedLists lists(3, 4);
  DirectMap map;
  const auto add = [&](size_t list, int64_t first, size_t n) {
    InvertedLists::Addition addition(lists, {{list, n}});
    for (size_t i = 0; i < n; ++i) *addition.room(0, i).ids = first + static_cast<int64_t>(i);
    addition.publish();
  };
  const auto found = [&](size_t instead) {
    auto places = map.find_all(lists, {205, 7, 399, 1000}, instead);
    REQUIRE(places);
    std::vector<std::pair<size_t, size_t>> rows;
    for (const auto& place : *places) rows.emplace_back(place.list, place.row);
    return rows;
  };
  using Rows = std::vector<std::pair<size_t, size_t>>;
  add(0, 0, 128);
  add(2, 200, 128);
  for (size_t call = 1; call < 32; ++call) CHECK_FALSE(map.find_all(lists, {7}, 256));
  CHECK(found(256) == Rows{{2, 5}, {0, 7}});
  CHECK(found(0) == Rows{{2, 5}, {0, 7}});
  add(1, 399, 1);  // makes the table anew, as it is full
  CHECK_FALSE(map.find_all(lists, {7}, 256));
  CHECK(found(257 * 32) == Rows{{2, 5}, {0, 7}, {1, 0}});
  add(1, 500, 2);
  CHECK(found(2 * 32) == Rows{{2, 5}, {0, 7}, {1, 0}});
  add(0, 205, 1);
  CHECK_FALSE(map.find_all(lists, {7}, 1'000'000));
  CHECK_FALSE(map.find_all(lists, {7}, 1'000'000));
  lists.remove_if(0, [](int64_t id) { return id == 205; });
  map.forget();
  CHECK_FALSE(map.find_all(lists, {7}, 256));
  CHECK(found(1'000'000) == Rows{{2, 5}, {0, 7}, {1, 0}});
}

}  // namespace
}  // namespace voronode::test
