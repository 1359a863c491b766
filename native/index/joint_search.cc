#include "index/joint_search.h"

#include <algorithm>

#include "base/aligned.h"
#include "base/checked.h"

namespace voronode {
namespace {

// Up to here a heap is a small part of a search.
constexpr size_t kSmallK = 128;
// Up to here the answers of a run are a few megabytes.
constexpr size_t kLargestK = 1024;

}  // namespace

bool may_search_jointly(const Index& index, size_t k, size_t other_k) noexcept {
  return (k == other_k && k <= kLargestK) || (k <= kSmallK && other_k <= kSmallK && index.answers_nest());
}

void search_jointly(const Index& index, std::span<const JointQuery> queries, const SearchParams& params) {
  const size_t d = index.d();
  size_t nq = 0;
  size_t k = 0;
  for (const JointQuery& query : queries) {
    nq = checked_add(nq, query.nq);
    k = std::max(k, query.k);
  }
  AlignedArray<float> xq(checked_mul(nq, d));
  AlignedArray<float> distances(checked_mul(nq, k));
  AlignedArray<idx_t> labels(nq * k);
  float* to = xq.data();
  for (const JointQuery& query : queries) to = std::copy_n(query.xq, query.nq * d, to);
  index.search(nq, xq.data(), k, params, distances.data(), labels.data());
  size_t row = 0;
  for (const JointQuery& query : queries) {
    for (size_t q = 0; q < query.nq; ++q, ++row) {
      std::copy_n(distances.data() + row * k, query.k, query.distances + q * query.k);
      std::copy_n(labels.data() + row * k, query.k, query.labels + q * query.k);
    }
  }
}

}  // namespace voronode
