// Which ids each selector holds.
#include <doctest/doctest.h>

#include <algorithm>
#include <limits>

#include "filter/selector.h"
#include "filter/selector_batch.h"
#include "test/random.h"

namespace voronode::test {
namespace {

constexpr idx_t kLeast = std::numeric_limits<idx_t>::min();
constexpr idx_t kMost = std::numeric_limits<idx_t>::max();

SelectorPtr range(idx_t min, idx_t max) { return std::make_unique<IDSelectorRange>(min, max); }

using Side = IDSelector::Side;

std::vector<idx_t> listed(const IDSelector& set, const IdRange& range, Side side) {
  std::vector<idx_t> ids = {77};  // what was there stays
  const uint64_t most = set.at_most(range, side, 10'000);
  REQUIRE(most <= 10'000);
  set.list(range, side, most, &ids);
  REQUIRE(ids.front() == 77);
  ids.erase(ids.begin());
  CHECK(ids.size() <= most);
  if (!ids.empty()) CHECK(set.at_most(range, side, ids.size() - 1) >= ids.size());
  std::sort(ids.begin(), ids.end());
  return ids;
}

// Sets about the ids from -70 to 330, and a few far away.
SelectorPtr any_selector(Random& random, size_t depth) {
  const auto any = [&] { return static_cast<idx_t>(random.below(400)) - 70; };
  switch (random.below(depth == 0 ? 3 : 5)) {
    case 0: {
      const idx_t min = any(), max = any();
      return random.one_in(9) ? range(kLeast, max) : random.one_in(8) ? range(min, kMost) : range(min, max);
    }
    case 1: {
      std::vector<idx_t> ids;
      for (size_t i = random.below(random.one_in(2) ? 5 : 500); i > 0; --i) ids.push_back(any());
      for (const idx_t far : {kLeast, kMost, idx_t{1} << 53}) {
        if (random.one_in(3)) ids.push_back(far);
      }
      return std::make_unique<IDSelectorBatch>(ids.size(), ids.data());
    }
    case 2: {
      std::vector<uint8_t> bits(random.below(50));
      const size_t one_in = random.between(1, 4);
      for (uint8_t& byte : bits) byte = random.one_in(one_in) ? static_cast<uint8_t>(random.bits()) : uint8_t{0};
      return std::make_unique<IDSelectorBitmap>(std::move(bits));
    }
    case 3:
      return std::make_unique<IDSelectorNot>(any_selector(random, depth - 1));
    default: {
      const SetOperation op = static_cast<SetOperation>(random.below(3));
      SelectorPtr a = any_selector(random, depth - 1);
      return std::make_unique<IDSelectorBinary>(op, std::move(a), any_selector(random, depth - 1));
    }
  }
}

}  // namespace

TEST_CASE("a range holds [min, max)") {
  const IDSelectorRange some(-3, 5);
  for (idx_t id = -10; id < 10; ++id) CHECK(some.is_member(id) == (id >= -3 && id < 5));
  CHECK_FALSE(some.is_member(kLeast));
  CHECK_FALSE(some.is_member(kMost));
  const IDSelectorRange widest(kLeast, kMost);
  CHECK(widest.is_member(kLeast));
  CHECK(widest.is_member(0));
  CHECK_FALSE(widest.is_member(kMost));
  const IDSelectorRange empty(5, 5), backwards(5, 3);
  for (idx_t id = 0; id < 10; ++id) {
    CHECK_FALSE(empty.is_member(id));
    CHECK_FALSE(backwards.is_member(id));
  }
}

TEST_CASE("a batch holds its ids, repeated or not, in any order") {
  const idx_t ids[] = {7, -2, 7, kMost, kLeast, 0, (idx_t{1} << 53) + 1};
  const IDSelectorBatch batch(7, ids);
  for (const idx_t id : ids) CHECK(batch.is_member(id));
  for (const idx_t id : {idx_t{1}, idx_t{-1}, idx_t{1} << 53, kMost - 1, kLeast + 1}) CHECK_FALSE(batch.is_member(id));
  const IDSelectorBatch empty(0, nullptr);
  CHECK_FALSE(empty.is_member(0));
}

TEST_CASE("a bitmap holds the bits that are set, least significant first, and nothing beyond its bytes") {
  const IDSelectorBitmap bitmap({0x01, 0x00, 0xA0});
  for (idx_t id = -40; id < 64; ++id) CHECK(bitmap.is_member(id) == (id == 0 || id == 21 || id == 23));
  for (const idx_t id : {kLeast, kMost, idx_t{1} << 35, kLeast + 21}) CHECK_FALSE(bitmap.is_member(id));
  const IDSelectorBitmap empty({});
  CHECK_FALSE(empty.is_member(0));
  CHECK_FALSE(empty.is_member(-1));
}

TEST_CASE("selectors combine as sets do") {
  for (idx_t id = -2; id < 12; ++id) {
    const bool a = id >= 0 && id < 6;
    const bool b = id >= 4 && id < 9;
    CHECK(IDSelectorNot(range(0, 6)).is_member(id) == !a);
    CHECK(IDSelectorBinary(SetOperation::kAnd, range(0, 6), range(4, 9)).is_member(id) == (a && b));
    CHECK(IDSelectorBinary(SetOperation::kOr, range(0, 6), range(4, 9)).is_member(id) == (a || b));
    CHECK(IDSelectorBinary(SetOperation::kXor, range(0, 6), range(4, 9)).is_member(id) == (a != b));
    auto nested = std::make_unique<IDSelectorBinary>(SetOperation::kXor, range(0, 6), range(4, 9));
    CHECK(IDSelectorNot(std::move(nested)).is_member(id) == (a == b));
  }
}

TEST_CASE("a set names the ids of a range that are in it, or out of it, each once") {
  Random random(51);
  for (size_t round = 0; round < 3000; ++round) {
    CAPTURE(round);
    const SelectorPtr set = any_selector(random, round % 5);
    const idx_t first = static_cast<idx_t>(random.below(300)) - 60;
    const IdRange range{first, first + static_cast<idx_t>(random.below(300)) - 5};
    std::vector<idx_t> in, out;
    for (idx_t id = range.first; id <= range.last; ++id) (set->is_member(id) ? in : out).push_back(id);
    CHECK(listed(*set, range, Side::kIn) == in);
    CHECK(listed(*set, range, Side::kOut) == out);
  }
}

TEST_CASE("a set of few ids names them among all that there are") {
  const idx_t some[] = {5, 3, 5, -1, kMost, kLeast, 3};
  const auto batch = [&] { return std::make_unique<IDSelectorBatch>(7, some); };
  CHECK(batch()->at_most(kAllIds, Side::kIn, 10) == 5);
  CHECK(listed(*batch(), kAllIds, Side::kIn) == std::vector<idx_t>{kLeast, -1, 3, 5, kMost});
  CHECK(batch()->at_most(kAllIds, Side::kOut, 10) > 10);
  const IDSelectorNot twice(std::make_unique<IDSelectorNot>(batch()));
  CHECK(listed(twice, kAllIds, Side::kIn) == std::vector<idx_t>{kLeast, -1, 3, 5, kMost});
  CHECK(range(kLeast, kMost)->at_most(kAllIds, Side::kOut, 10) == 1);
  const IDSelectorBinary both(SetOperation::kAnd, range(0, kMost), batch());
  CHECK(listed(both, kAllIds, Side::kIn) == std::vector<idx_t>{3, 5});
  const IDSelectorBinary either(SetOperation::kOr, range(0, kMost), batch());
  CHECK(either.at_most(kAllIds, Side::kIn, 10) > 10);
  const IDSelectorBinary unlike(SetOperation::kXor, range(2, 6), batch());
  CHECK(listed(unlike, kAllIds, Side::kIn) == std::vector<idx_t>{kLeast, -1, 2, 4, kMost});
}

// Each of 64 levels goes into its two children once.
TEST_CASE("sets nested deep are as quick to ask as to walk") {
  for (const SetOperation op : {SetOperation::kAnd, SetOperation::kOr, SetOperation::kXor}) {
    SelectorPtr set = range(0, 3);
    for (idx_t i = 0; i < 64; ++i) set = std::make_unique<IDSelectorBinary>(op, std::move(set), range(i, i + 3));
    std::vector<idx_t> in;
    for (idx_t id = 0; id < 100; ++id) {
      if (set->is_member(id)) in.push_back(id);
    }
    CHECK(listed(*set, {0, 99}, Side::kIn) == in);
  }
}

}  // namespace voronode::test
