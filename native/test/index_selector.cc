// Which ids each selector holds.
#include <doctest/doctest.h>

#include <limits>

#include "index/selector.h"

namespace voronode::test {
namespace {

constexpr idx_t kLeast = std::numeric_limits<idx_t>::min();
constexpr idx_t kMost = std::numeric_limits<idx_t>::max();

SelectorPtr range(idx_t min, idx_t max) { return std::make_unique<IDSelectorRange>(min, max); }

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

}  // namespace voronode::test
