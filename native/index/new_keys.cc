#include "index/new_keys.h"

#include <algorithm>

#include "base/error.h"
#include "base/hash.h"
#include "storage/key_table.h"

namespace voronode {
namespace {

struct Hashed {
  uint64_t hash;
  size_t place;
};

// Keys that are the same side by side, those of a place further back first.
std::vector<Hashed> in_groups(Keys keys) {
  std::vector<Hashed> order(keys.size());
  const uint64_t seed = hash_seed(order.data());
  for (size_t i = 0; i < keys.size(); ++i) order[i] = {KeyTable::View::hash(keys[i], seed), i};
  std::sort(order.begin(), order.end(), [&](const Hashed& a, const Hashed& b) {
    if (a.hash != b.hash) return a.hash < b.hash;
    const int compared = keys[a.place].compare(keys[b.place]);
    return compared != 0 ? compared < 0 : a.place > b.place;
  });
  return order;
}

bool are_same(Keys keys, const Hashed& a, const Hashed& b) {
  return a.hash == b.hash && keys[a.place] == keys[b.place];
}

}  // namespace

void check_distinct(Keys keys) {
  const std::vector<Hashed> order = in_groups(keys);
  const auto twice = std::adjacent_find(order.begin(), order.end(),
                                        [&](const Hashed& a, const Hashed& b) { return are_same(keys, a, b); });
  if (twice == order.end()) return;
  throw Error(
      Code::kInvalidArgValue,
      format("The argument 'keys' has a key twice; of vectors under one key upsert() takes the last. Received %s "
             "at %zu and %zu",
             shown_key(keys[twice->place]).c_str(), twice[1].place, twice->place));
}

std::vector<size_t> last_of_each(Keys keys) {
  std::vector<Hashed> order = in_groups(keys);
  order.erase(
      std::unique(order.begin(), order.end(), [&](const Hashed& a, const Hashed& b) { return are_same(keys, a, b); }),
      order.end());
  std::vector<size_t> places(order.size());
  std::transform(order.begin(), order.end(), places.begin(), [](const Hashed& hashed) { return hashed.place; });
  std::sort(places.begin(), places.end());
  return places;
}

}  // namespace voronode
