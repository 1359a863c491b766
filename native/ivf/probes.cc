#include "ivf/probes.h"

#include "clustering/grouping.h"

namespace voronode {

Probes::Probes(const CoarseQuantizer& quantizer, size_t nq, const float* xq, size_t nprobe, const Cancel* cancel) {
  const std::vector<idx_t> nearest = quantizer.nearest(nq, xq, nprobe, cancel);
  const size_t pairs = nearest.size();
  queries_.reserve(pairs);
  if (nq == 1) {  // nearest first
    for (idx_t list : nearest) add(static_cast<uint32_t>(list), groups_.empty(), 0);
    return;
  }
  // By list; of a list first the queries that have it as their nearest.
  std::vector<uint32_t> keys(pairs);
  for (size_t i = 0; i < pairs; ++i) keys[i] = static_cast<uint32_t>(nearest[i]) * 2 + (i % nprobe == 0 ? 0 : 1);
  for (size_t i : order_by(keys, 2 * quantizer.nlist())) {
    add(keys[i] / 2, keys[i] % 2 == 0, static_cast<uint32_t>(i / nprobe));
  }
}

void Probes::add(uint32_t list, bool nearest, uint32_t query) {
  const size_t at = queries_.size();
  if (groups_.empty() || groups_.back().list != list) groups_.push_back({list, at, at, at});
  queries_.push_back(query);
  groups_.back().last = at + 1;
  if (nearest) groups_.back().nearest = at + 1;
}

std::vector<uint32_t> Probes::lists() const {
  std::vector<uint32_t> out;
  out.reserve(groups_.size());
  for (const Group& group : groups_) out.push_back(group.list);
  return out;
}

}  // namespace voronode
