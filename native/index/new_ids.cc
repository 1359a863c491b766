#include "index/new_ids.h"

#include <algorithm>
#include <numeric>

namespace voronode {

void check_new_ids(size_t n, const idx_t* ids) {
  constexpr idx_t kNone = -1;
  const size_t i = static_cast<size_t>(std::find(ids, ids + n, kNone) - ids);
  if (i == n) return;
  throw Error(Code::kOutOfRange, format("The value of \"ids[%zu]\" is out of range. It must not be -1, which marks "
                                        "missing neighbours in results. Received -1",
                                        i));
}

LastRows::LastRows(const Index::Rows& rows, size_t d) : rows_(rows) {
  std::vector<size_t> order(rows.n);
  std::iota(order.begin(), order.end(), size_t{0});
  std::sort(order.begin(), order.end(),
            [&](size_t a, size_t b) { return rows.ids[a] != rows.ids[b] ? rows.ids[a] < rows.ids[b] : a > b; });
  order.erase(std::unique(order.begin(), order.end(), [&](size_t a, size_t b) { return rows.ids[a] == rows.ids[b]; }),
              order.end());
  if (order.size() == rows.n) return;
  std::sort(order.begin(), order.end());
  x_.resize(order.size() * d);
  ids_.resize(order.size());
  for (size_t i = 0; i < order.size(); ++i) {
    std::copy_n(rows.x + order[i] * d, d, x_.data() + i * d);
    ids_[i] = rows.ids[order[i]];
  }
  rows_ = {order.size(), x_.data(), ids_.data()};
}

size_t count_known(const Index::Rows& rows, std::vector<idx_t> there, Index::Missing missing) {
  std::sort(there.begin(), there.end());
  there.erase(std::unique(there.begin(), there.end()), there.end());
  if (missing == Index::Missing::kAdd) return there.size();
  for (size_t i = 0; i < rows.n; ++i) {
    if (std::binary_search(there.begin(), there.end(), rows.ids[i])) continue;
    throw Error(
        Code::kOutOfRange,
        format("The value of \"ids[%zu]\" is out of range. It must be an id of the index; upsert() adds what is "
               "missing. Received %lld",
               i, static_cast<long long>(rows.ids[i])));
  }
  return there.size();
}

}  // namespace voronode
