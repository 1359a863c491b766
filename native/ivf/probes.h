// Which lists the queries of a batch visit, turned round: which queries visit a list.
//
// Search goes list by list, each list read once for all its queries; and in two passes, first the nearest list of each
// query, which most of its neighbours come from, then the others, of which the distances found so far rule out most.
#pragma once

#include <vector>

#include "ivf/coarse_quantizer.h"

namespace voronode {

class Probes {
 public:
  // The lists of the nprobe ≤ quantizer.count() centroids nearest to each of nq queries. kUnsupported if one is not
  // there.
  Probes(const CoarseQuantizer& quantizer, size_t nq, const float* xq, size_t nprobe, const Cancel* cancel);

  struct Group {
    uint32_t list;
    // Queries [first, nearest) of queries() have it as their nearest list, [nearest, last) as another one.
    size_t first, nearest, last;
  };
  // The lists that are visited, each once: ascending, those of a single query nearest first.
  const std::vector<Group>& groups() const noexcept { return groups_; }
  const std::vector<uint32_t>& queries() const noexcept { return queries_; }
  std::vector<uint32_t> lists() const;

 private:
  void add(uint32_t list, bool nearest, uint32_t query);

  std::vector<Group> groups_;
  std::vector<uint32_t> queries_;
};

}  // namespace voronode
