// order_by: against std::stable_sort, for few and for many keys.
#include <doctest/doctest.h>

#include <algorithm>
#include <numeric>

#include "clustering/grouping.h"
#include "test/random.h"

namespace voronode::test {
namespace {

TEST_CASE("order_by: positions by key, equal keys in their order") {
  Random random(3);
  for (size_t round = 0; round < 300; ++round) {
    const size_t limit = random.between(1, 5000);
    std::vector<uint32_t> keys(random.one_in(2) ? random.below(40) : random.below(3000));
    const size_t used = random.between(1, limit);
    for (uint32_t& key : keys) key = static_cast<uint32_t>(limit - 1 - random.below(used));
    std::vector<size_t> expected(keys.size());
    std::iota(expected.begin(), expected.end(), size_t{0});
    std::stable_sort(expected.begin(), expected.end(), [&](size_t a, size_t b) { return keys[a] < keys[b]; });
    CHECK(order_by(keys, limit) == expected);
  }
}

}  // namespace
}  // namespace voronode::test
