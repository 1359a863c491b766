// InvertedLists: what lies where after additions of any size, removals beside readers and in Faiss's order, and memory
// that is given back.
#include <doctest/doctest.h>

#include <cstring>
#include <functional>
#include <thread>

#include "storage/inverted_lists.h"
#include "test/random.h"

namespace voronode::test {
namespace {

constexpr size_t kCodeSize = 12;

struct Row {
  int64_t id;
  uint8_t byte;  // all of its code
  bool operator==(const Row&) const = default;
};
using Model = std::vector<std::vector<Row>>;

bool is_removed(const Row& row) { return row.id == InvertedLists::kNoRow; }

void fill(const InvertedLists::Addition& addition, size_t part, const std::vector<Row>& rows) {
  for (size_t i = 0; i < rows.size();) {
    const auto room = addition.room(part, i);
    REQUIRE(room.rows > 0);
    for (size_t r = 0; r < room.rows; ++r, ++i) {
      REQUIRE(i < rows.size());
      room.ids[r] = rows[i].id;
      std::fill_n(room.codes + r * kCodeSize, kCodeSize, rows[i].byte);
    }
  }
}

std::vector<Row> contents(const InvertedLists::List& list) {
  std::vector<Row> out;
  bool in_step = true;  // pieces with single rows
  for (size_t p = 0; p < list.piece_count(); ++p) {
    const auto piece = list.piece(p);
    in_step &= piece.begin == out.size() && reinterpret_cast<uintptr_t>(piece.codes) % kAlignment == 0;
    for (size_t i = 0; i < piece.rows; ++i) {
      const uint8_t* const code = piece.codes + i * kCodeSize;
      out.push_back({piece.ids[i], code[0]});
      in_step &= list.id(piece.begin + i) == piece.ids[i] && list.code(piece.begin + i) == code;
      in_step &= code[0] == code[kCodeSize - 1];
    }
  }
  CHECK(in_step);
  return out;
}

void compare(const InvertedLists& lists, const Model& model) {
  const auto view = lists.view();
  size_t rows = 0;
  size_t removed = 0;
  for (size_t l = 0; l < model.size(); ++l) {
    const auto gone = static_cast<size_t>(std::count_if(model[l].begin(), model[l].end(), is_removed));
    CHECK(lists.list_size(l) == model[l].size() - gone);
    CHECK(view[l].size() == model[l].size());
    CHECK(view[l].removed() == gone);
    CHECK(contents(view[l]) == model[l]);
    rows += model[l].size();
    removed += gone;
  }
  CHECK(lists.rows() == rows);
  CHECK(lists.size() == rows - removed);
}

// Some rows of each list that are there.
std::vector<std::vector<uint32_t>> some_rows(const Model& model, Random& random) {
  std::vector<std::vector<uint32_t>> some(model.size());
  const size_t rare = random.between(1, 20);
  for (size_t l = 0; l < model.size(); ++l) {
    for (size_t i = 0; i < model[l].size(); ++i) {
      if (!is_removed(model[l][i]) && random.one_in(rare)) some[l].push_back(static_cast<uint32_t>(i));
    }
  }
  return some;
}

void add(InvertedLists& lists, Model& model, Random& random, size_t most) {
  std::vector<InvertedLists::Addition::Part> parts;
  std::vector<std::vector<Row>> rows;
  for (size_t l = 0; l < model.size(); ++l) {
    if (random.one_in(2)) continue;
    parts.push_back({l, random.between(1, most)});
    for (size_t i = 0; i < parts.back().count; ++i) {
      if (i == 0) rows.emplace_back();
      rows.back().push_back({static_cast<int64_t>(random.bits()), static_cast<uint8_t>(random.bits())});
    }
  }
  InvertedLists::Addition addition(lists, parts);
  const auto gone = random.one_in(3) ? some_rows(model, random) : std::vector<std::vector<uint32_t>>(model.size());
  for (size_t l = 0; l < model.size(); ++l) {
    if (!gone[l].empty()) addition.remove(l, gone[l]);
  }
  for (size_t p = 0; p < parts.size(); ++p) fill(addition, p, rows[p]);
  if (random.one_in(5)) return;  // given up: no trace of it
  addition.publish();
  for (size_t l = 0; l < model.size(); ++l) {
    for (uint32_t row : gone[l]) model[l][row].id = InvertedLists::kNoRow;
  }
  for (size_t p = 0; p < parts.size(); ++p) {
    auto& list = model[parts[p].list];
    list.insert(list.end(), rows[p].begin(), rows[p].end());
  }
}

// Without removed rows, in Faiss's order: while j < n: if row j goes, the last row takes its place and is looked at next.
// In one go that is what one removal leaves; the order after several is tested with Faiss's own files (io_golden.cc) and in
// ivf_model.cc.
void rewrite(InvertedLists& lists, Model& model, size_t list) {
  const auto old = lists.list(list);
  std::vector<Row> kept;
  for (uint32_t row : old.ordered()) kept.push_back(model[list][row]);
  CHECK(kept.size() == old.size() - old.removed());
  CHECK(std::none_of(kept.begin(), kept.end(), is_removed));
  model[list] = kept;
  InvertedLists::Addition addition(lists, {{list, model[list].size()}}, InvertedLists::Addition::Way::kRewrite);
  fill(addition, 0, model[list]);
  addition.publish();
}

TEST_CASE("inverted lists: a reader sees the rows of its moment, whatever is removed, added and written anew") {
  Random random(3);
  Model model(3);
  InvertedLists lists(model.size(), kCodeSize);
  while (model[0].size() < 100) add(lists, model, random, 50);
  for (size_t round = 0; round < 50; ++round) {
    const Model before = model;
    const auto view = lists.view();
    add(lists, model, random, 20);
    rewrite(lists, model, random.below(model.size()));
    for (size_t l = 0; l < model.size(); ++l) CHECK(contents(view[l]) == before[l]);
    compare(lists, model);
  }
}

TEST_CASE("inverted lists: additions and removals against vectors") {
  for (uint64_t seed = 0; seed < 20; ++seed) {
    Random random(seed);
    Model model(random.between(1, 9));
    InvertedLists lists(model.size(), kCodeSize);
    for (size_t step = 0; step < 60; ++step) {
      add(lists, model, random, random.one_in(10) ? 900 : 20);
      if (random.one_in(4)) {
        const size_t l = random.below(model.size());
        rewrite(lists, model, l);
      }
      if (random.one_in(4)) {
        const size_t l = random.below(model.size());
        const auto odd = [](int64_t id) { return id % 2 != 0; };  // and kNoRow
        lists.remove_if(l, odd);
        std::erase_if(model[l], [&](const Row& row) { return odd(row.id); });
      }
      compare(lists, model);
    }
    lists.clear();
    for (auto& list : model) list.clear();
    compare(lists, model);
    CHECK(lists.allocated_bytes() == InvertedLists(model.size(), kCodeSize).allocated_bytes());
  }
}

TEST_CASE(
    "inverted lists: a list filled at once lies in one piece, one filled bit by bit in few, with little to spare") {
  constexpr size_t kRows = 5000;
  InvertedLists lists(2, kCodeSize);
  InvertedLists::Addition(lists, {{0, kRows}}).publish();
  for (size_t i = 0; i < kRows; ++i) InvertedLists::Addition(lists, {{1, 1}}).publish();
  CHECK(lists.list(0).piece_count() == 1);
  CHECK(lists.list(1).piece_count() < 100);
  CHECK(lists.list(1).size() == kRows);
  const size_t one = kRows * (kCodeSize + sizeof(int64_t));
  CHECK(lists.allocated_bytes() >= 2 * one);
  CHECK(lists.allocated_bytes() < 2 * one + one / 12);
}

// A group of the test says which row it begins with and which codes its rows have.
constexpr size_t kGroupBytes = 8 + kGroupRows;

void make_group(const InvertedLists::GroupRoom& room, size_t first, const std::function<uint8_t(size_t)>& byte) {
  uint8_t* const bytes = room.bytes + room.index * kGroupBytes;
  std::memcpy(bytes, &first, 8);
  for (size_t r = 0; r < kGroupRows; ++r) bytes[8 + r] = byte(first + r);
}

// A rest of the test says which row it begins with, how many it has, and which codes they have.
constexpr size_t kRestBytes = 16 + kGroupRows;

void make_rest(size_t first, size_t count, uint8_t* rest, const std::function<uint8_t(size_t)>& byte) {
  std::memcpy(rest, &first, 8);
  std::memcpy(rest + 8, &count, 8);
  for (size_t r = 0; r < count; ++r) rest[16 + r] = byte(first + r);
}

bool right_rest(const InvertedLists::List& list) {
  const size_t first = list.groups() * kGroupRows;
  if (list.rest_rows() == 0) return true;
  size_t says[2];
  std::memcpy(says, list.rest(), 16);
  if (says[0] != first || says[1] != list.rest_rows() || first + list.rest_rows() > list.size()) return false;
  for (size_t r = 0; r < list.rest_rows(); ++r) {
    if (list.rest()[16 + r] != *list.code(first + r)) return false;
  }
  return true;
}

size_t uncovered(const InvertedLists::List& list) {
  return list.size() - list.groups() * kGroupRows - list.rest_rows();
}

void move_group(const InvertedLists::GroupRoom& from, const InvertedLists::GroupRoom& to) {
  std::memcpy(to.bytes + to.index * kGroupBytes, from.bytes + from.index * kGroupBytes, kGroupBytes);
}

bool right_groups(const InvertedLists::List& list) {
  size_t groups = 0;
  for (size_t p = 0; p < list.group_piece_count(); ++p) {
    const auto piece = list.group_piece(p);
    if (piece.begin != groups || piece.groups > piece.capacity) return false;
    for (size_t g = 0; g < piece.groups; ++g, ++groups) {
      const uint8_t* const bytes = piece.bytes + g * kGroupBytes;
      size_t first;
      std::memcpy(&first, bytes, 8);
      if (first != groups * kGroupRows) return false;
      for (size_t r = 0; r < kGroupRows; ++r) {
        if (bytes[8 + r] != *list.code(first + r)) return false;
      }
    }
  }
  return groups == list.groups();
}

TEST_CASE("inverted lists: groups and rest are those of the rows, through additions and removals") {
  Random random(7);
  for (size_t round = 0; round < 20; ++round) {
    InvertedLists lists(1, kCodeSize, kGroupBytes, kRestBytes);
    const auto check = [&] {
      CHECK(right_groups(lists.list(0)));
      CHECK(right_rest(lists.list(0)));
    };
    const auto check_all = [&] {
      check();
      CHECK(lists.list(0).groups() == lists.size() / kGroupRows);
      CHECK(uncovered(lists.list(0)) < kRestStep);
    };
    for (size_t step = 0; step < 50; ++step) {
      const size_t n = random.one_in(8) ? random.between(500, 2000) : random.between(1, 100);
      const InvertedLists::List before = lists.list(0);
      InvertedLists::Addition addition(lists, {{0, n}});
      std::vector<Row> rows(n);
      for (Row& row : rows) row = {static_cast<int64_t>(random.below(1000)), static_cast<uint8_t>(random.bits())};
      fill(addition, 0, rows);
      const auto byte = [&](size_t i) { return *addition.code(0, i); };
      for (size_t g = addition.first_group(0); g < addition.last_group(0); ++g) {
        make_group(addition.group(0, g), g * kGroupRows, byte);
      }
      if (uint8_t* const rest = addition.rest(0)) {
        make_rest(addition.last_group(0) * kGroupRows, addition.rest_rows(0), rest, byte);
      }
      CHECK(right_rest(before));  // of a search under way
      addition.publish();
      check_all();
      lists.tidy({{0, n}}, move_group);
      check_all();
      CHECK(right_groups(before));
      if (random.one_in(2)) continue;
      const auto gone = static_cast<int64_t>(random.below(1000));
      const auto in_set = [&](int64_t id) { return random.one_in(2) ? id == gone : id == gone + 1; };
      lists.remove_if(0, in_set);
      check();
      if (random.one_in(5)) continue;  // the next addition makes them
      const auto left = [&](size_t i) { return *lists.code(0, i); };
      lists.remake_groups(0,
                          [&](size_t first, const InvertedLists::GroupRoom& room) { make_group(room, first, left); });
      lists.remake_rest(0, [&](size_t first, size_t count, uint8_t* rest) { make_rest(first, count, rest, left); });
      check_all();
    }
  }
}

TEST_CASE("inverted lists: groups added a few at a time lie in few extents, each moved now and then") {
  InvertedLists lists(1, 1, kGroupBytes);
  size_t moved = 0;
  constexpr size_t kGroups = 1000;
  for (size_t i = 0; i < kGroups; ++i) {
    InvertedLists::Addition addition(lists, {{0, kGroupRows}});
    addition.publish();
    lists.tidy({{0, kGroupRows}}, [&](const auto&, const auto&) { ++moved; });
    REQUIRE(lists.list(0).group_piece_count() <= 10);
  }
  CHECK(lists.list(0).groups() == kGroups);
  CHECK(moved > 0);
  CHECK(moved <= kGroups * 5);
  constexpr size_t kSlotBytes = (kGroupBytes + kAlignment - 1) / kAlignment * kAlignment;
  CHECK(lists.allocated_bytes() < kGroups * (kGroupRows * (1 + sizeof(int64_t)) + kSlotBytes) * 10 / 9);
}

TEST_CASE("inverted lists: more rows than a list can number are refused, nothing changed") {
  InvertedLists lists(1, 1);
  InvertedLists::Addition(lists, {{0, 3}}).publish();
  for (const size_t count : {kMaxListRows - 2, kMaxListRows, size_t{1} << 62, SIZE_MAX / 2}) {
    CHECK_THROWS_AS(InvertedLists::Addition(lists, {{0, count}}), Error);
  }
  CHECK(lists.size() == 3);
}

TEST_CASE("inverted lists: readers see an addition in all lists or in none") {
  constexpr size_t kLists = 7;
  constexpr size_t kRounds = 400;
  InvertedLists lists(kLists, kCodeSize);
  std::atomic<bool> done{false};
  std::vector<InvertedLists::Addition::Part> parts;
  for (size_t l = 0; l < kLists; ++l) parts.push_back({l, 3});
  std::thread writer([&] {
    for (size_t round = 0; round < kRounds; ++round) {
      InvertedLists::Addition addition(lists, parts);
      for (size_t p = 0; p < kLists; ++p) {
        fill(addition, p, std::vector<Row>(3, {static_cast<int64_t>(round), static_cast<uint8_t>(round)}));
      }
      addition.publish();
    }
    done = true;
  });
  size_t wrong = 0;
  while (!done) {
    const auto some = lists.view({6, 0, 3});
    wrong += some[0].size() != some[1].size() || some[1].size() != some[2].size();
    for (const auto& list : some) {
      for (size_t i = 0; i < list.size(); ++i) {
        wrong += list.id(i) != static_cast<int64_t>(i / 3) || *list.code(i) != static_cast<uint8_t>(i / 3);
      }
    }
  }
  writer.join();
  CHECK(wrong == 0);
  CHECK(lists.size() == kLists * kRounds * 3);
}

}  // namespace
}  // namespace voronode::test
