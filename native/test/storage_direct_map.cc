// DirectMap: the same row by a scan and by the table, while rows come and go.
#include <doctest/doctest.h>

#include "storage/direct_map.h"
#include "test/random.h"

namespace voronode::test {
namespace {

// The last row with the id in the order of lists and rows, as list << 32 | row; -1: none.
int64_t expected(const InvertedLists& lists, int64_t id) {
  int64_t found = -1;
  const auto view = lists.view();
  for (size_t l = 0; l < view.size(); ++l) {
    for (size_t i = 0; i < view[l].size(); ++i) {
      if (view[l].id(i) == id) found = static_cast<int64_t>(l << 32 | i);
    }
  }
  return found;
}

int64_t find(const DirectMap& map, const InvertedLists& lists, int64_t id) {
  const auto place = map.find(lists, id);
  return place ? static_cast<int64_t>(place->list << 32 | place->row) : -1;
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
      for (size_t i = 0; i < n; ++i) {
        *addition.room(0, i).ids = static_cast<int64_t>(random.below(300)) - 150;
      }
      addition.publish();
      if (random.one_in(20)) {
        const int64_t gone = static_cast<int64_t>(random.below(300)) - 150;
        lists.remove_if(list, [&](int64_t id) { return id <= gone; });
        map.forget();
      }
      const size_t lookups = random.one_in(3) ? 12 : 0;
      for (size_t i = 0; i < lookups; ++i) {
        const int64_t id = static_cast<int64_t>(random.below(320)) - 160;
        CHECK(find(map, lists, id) == expected(lists, id));
      }
    }
    lists.clear();
    map.forget();
    for (size_t i = 0; i < 100; ++i) CHECK(find(map, lists, static_cast<int64_t>(i)) == -1);
  }
}

}  // namespace
}  // namespace voronode::test
