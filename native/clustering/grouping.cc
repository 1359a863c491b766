#include "clustering/grouping.h"

#include <algorithm>
#include <numeric>

namespace voronode {
namespace {

// With fewer keys than the limit's part of this, passing over a count of every number costs more than sorting.
constexpr size_t kFewKeys = 8;

}  // namespace

std::vector<size_t> order_by(const std::vector<uint32_t>& keys, size_t limit) {
  std::vector<size_t> order(keys.size());
  if (keys.size() < limit / kFewKeys) {
    std::iota(order.begin(), order.end(), size_t{0});
    std::sort(order.begin(), order.end(),
              [&](size_t a, size_t b) { return keys[a] < keys[b] || (keys[a] == keys[b] && a < b); });
    return order;
  }
  std::vector<size_t> begins(limit + 1);
  for (uint32_t key : keys) ++begins[key + 1];
  std::partial_sum(begins.begin(), begins.end(), begins.begin());
  for (size_t i = 0; i < keys.size(); ++i) order[begins[keys[i]]++] = i;
  return order;
}

}  // namespace voronode
