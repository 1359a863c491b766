// Exact search by scanning every row. Rows keep the order in which they came; their position is their id.
#pragma once

#include "index/index.h"
#include "storage/blocks.h"

namespace voronode {

class IndexFlat final : public Index {
 public:
  IndexFlat(size_t d, Metric metric) : Index(d, metric), rows_(d) {}

  const char* kind() const noexcept override { return "IndexFlat"; }
  size_t ntotal() const noexcept override { return rows_.size(); }
  void add(size_t n, const float* x, const Cancel* cancel) override;
  void search(size_t nq, const float* xq, size_t k, const SearchParams& params, float* distances,
              idx_t* labels) const override;
  void range_search(size_t nq, const float* xq, float radius, const SearchParams& params,
                    RangeResult* result) const override;
  void reconstruct(idx_t id, float* x) const override;
  size_t remove_ids(const IDSelector& selector, const Cancel* cancel) override;
  void remove_rows(const std::vector<size_t>& rows) noexcept override { rows_.remove(rows); }
  void reset() noexcept override { rows_.clear(); }

  // For files: the rows as they lie.
  const Blocks<float>& rows() const noexcept { return rows_; }

 private:
  Blocks<float> rows_;
};

}  // namespace voronode
