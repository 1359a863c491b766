#include "clustering/random_choice.h"

#include <limits>
#include <numeric>
#include <random>
#include <utility>

namespace voronode {

std::vector<size_t> random_choice(size_t n, size_t count, uint64_t seed) {
  std::mt19937 engine(static_cast<uint32_t>(seed));
  std::vector<size_t> order(n);
  std::iota(order.begin(), order.end(), size_t{0});
  for (size_t i = 0; i < count && i + 1 < n; ++i) {
    uint64_t draw = engine();
    if (n - i > std::numeric_limits<uint32_t>::max()) draw |= static_cast<uint64_t>(engine()) << 32;
    std::swap(order[i], order[i + static_cast<size_t>(draw % (n - i))]);
  }
  order.resize(count);
  return order;
}

}  // namespace voronode
