// Several searches as one: whoever asked gets the bits that a search of its own would have given.
#pragma once

#include <span>

#include "index/index.h"

namespace voronode {

// One of them; as the arguments of Index::search.
struct JointQuery {
  size_t nq;
  const float* xq;
  size_t k;
  float* distances;
  idx_t* labels;
};

// Whether searches for k and for other_k neighbours may be one. All are searched for the most that one of them wants, so
// they may differ only while that costs little.
bool may_search_jointly(const Index& index, size_t k, size_t other_k) noexcept;

// Answers all. What fails, fails for all of them: who wants to know whose fault it was searches alone. REQUIRES: kRead;
// may_search_jointly for any two k; params hold for all.
void search_jointly(const Index& index, std::span<const JointQuery> queries, const SearchParams& params);

// The same for ranges of one radius.
struct JointRange {
  size_t nq;
  const float* xq;
  RangeResult* result;
};
void range_search_jointly(const Index& index, std::span<const JointRange> queries, float radius,
                          const SearchParams& params);

}  // namespace voronode
