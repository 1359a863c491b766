#include "index/joint_search.h"

#include <algorithm>

#include "base/aligned.h"
#include "base/checked.h"
#include "base/poll.h"

namespace voronode {
namespace {

// Up to here a heap is a small part of a search.
constexpr size_t kSmallK = 128;
// Up to here the answers of a run are a few megabytes.
constexpr size_t kLargestK = 1024;

// All queries, one behind the other.
struct Gathered {
  template <class Query>
  Gathered(std::span<const Query> queries, size_t d) : nq(count(queries)), xq(checked_mul(nq, d)) {
    float* to = xq.data();
    for (const Query& query : queries) to = std::copy_n(query.xq, query.nq * d, to);
  }
  template <class Query>
  static size_t count(std::span<const Query> queries) {
    size_t nq = 0;
    for (const Query& query : queries) nq = checked_add(nq, query.nq);
    return nq;
  }
  size_t nq;
  AlignedArray<float> xq;
};

// What queries [first, first + nq) found.
RangeResult part(const RangeResult& all, size_t first, size_t nq) {
  RangeResult one;
  const auto begin = static_cast<ptrdiff_t>(all.lims[first]);
  const auto end = static_cast<ptrdiff_t>(all.lims[first + nq]);
  for (size_t q = 0; q <= nq; ++q) one.lims.push_back(all.lims[first + q] - all.lims[first]);
  one.distances.assign(all.distances.begin() + begin, all.distances.begin() + end);
  one.labels.assign(all.labels.begin() + begin, all.labels.begin() + end);
  return one;
}

}  // namespace

bool may_search_jointly(const Index& index, size_t k, size_t other_k) noexcept {
  return (k == other_k && k <= kLargestK) || (k <= kSmallK && other_k <= kSmallK && index.answers_nest());
}

void search_jointly(const Index& index, std::span<const JointQuery> queries, const SearchParams& params) {
  const Gathered all(queries, index.d());
  size_t k = 0;
  for (const JointQuery& query : queries) k = std::max(k, query.k);
  AlignedArray<float> distances(checked_mul(all.nq, k));
  AlignedArray<idx_t> labels(all.nq * k);
  index.search(all.nq, all.xq.data(), k, params, distances.data(), labels.data());
  size_t row = 0;
  for (const JointQuery& query : queries) {
    for (size_t q = 0; q < query.nq; ++q, ++row) {
      std::copy_n(distances.data() + row * k, query.k, query.distances + q * query.k);
      std::copy_n(labels.data() + row * k, query.k, query.labels + q * query.k);
    }
  }
}

void range_search_jointly(const Index& index, std::span<const JointRange> queries, float radius,
                          const SearchParams& params) {
  const Gathered all(queries, index.d());
  RangeResult found;
  index.range_search(all.nq, all.xq.data(), radius, params, &found);
  size_t first = 0;
  for (const JointRange& query : queries) {
    poll(params.cancel);
    *query.result = part(found, first, query.nq);
    first += query.nq;
  }
}

}  // namespace voronode
