// Exact search by scanning every row. Rows keep the order in which they came; their position is their id.
#pragma once

#include <optional>

#include "index/flat_codes.h"
#include "index/flat_search.h"
#include "sketch/sketches.h"
#include "storage/blocks.h"

namespace voronode {

class IndexFlat final : public IndexFlatCodes {
 public:
  // From here up a sketch (d rounded up to 4, and 8 bytes) is smaller than the vector. It pays even there: at d = 10,
  // where the float32 kernel spends its time on adding up lanes, one query is 8 times as fast, a batch 4.5 times.
  static constexpr size_t kMinSketchDimension = 4;

  // sketch: keep sketches beside the rows (+ 25 to 30 % memory for d ≥ 64): the same answers, several times faster.
  IndexFlat(size_t d, Metric metric, bool sketch = true);

  const char* kind() const noexcept override { return "IndexFlat"; }
  MemoryUse memory_use() const noexcept override {
    return {.rows = rows_.allocated_bytes(),
            .sketches = sketches_ ? sketches_->allocated_bytes() : 0,
            .mapped = rows_.adopted_bytes() + (sketches_ ? sketches_->adopted_bytes() : 0)};
  }
  void add(size_t n, const float* x, const Cancel* cancel) override;
  void search(size_t nq, const float* xq, size_t k, const SearchParams& params, float* distances,
              idx_t* labels) const override;
  void range_search(size_t nq, const float* xq, float radius, const SearchParams& params,
                    RangeResult* result) const override;
  void remove_rows(const std::vector<size_t>& slots) noexcept override;
  void move_rows(const RowMove& move) noexcept override;
  void keep_rows(size_t n) noexcept override;
  void reset() noexcept override;

  std::unique_ptr<StoredRows> stored_rows() const override;
  void append_rows(const IndexFlatCodes& other, const Cancel* cancel) override;
  void take_back(size_t n) noexcept override {
    numbers().restart(n);
    rows_.truncate(n);
  }

  // For files: n rows that lie elsewhere (Blocks::adopt). REQUIRES: empty, without sketches.
  void adopt_rows(size_t n, uint8_t* rows, const std::shared_ptr<void>& owner, size_t spare) {
    rows_.adopt(n, rows, owner, spare);
    numbers().appended(n);
  }

  // And their sketches (Sketches::adopt). REQUIRES: sketchable(), nothing but adopt_rows() before.
  void adopt_sketches(const std::vector<float>& centre, size_t groups, uint8_t* planes,
                      const std::shared_ptr<void>& owner, size_t spare) {
    sketches_.emplace(d(), metric()).adopt(centre, groups, planes, owner, spare);
  }
  static bool sketchable(size_t d, Metric metric) noexcept;

  // The rows as they lie, in slots.
  const Blocks<float>& rows() const noexcept { return rows_; }

 private:
  FlatRows source(const SearchParams& params) const;

  Blocks<float> rows_;
  std::optional<Sketches> sketches_;
};

}  // namespace voronode
