// What indexes share that keep their rows one behind the other, as float32 or in codes (Faiss: IndexFlatCodes): a row's
// position is its id. Rows lie in slots (storage/row_numbers.h).
#pragma once

#include <memory>

#include "index/index.h"

namespace voronode {

// The rows of a moment, by their slots.
class StoredRows {
 public:
  virtual ~StoredRows() = default;
  virtual size_t size() const noexcept = 0;
  // Row i < size(): where it lies, or decoded into `room` (of size d).
  virtual const float* row(size_t i, float* room) const noexcept = 0;
  virtual void prefetch(size_t i) const noexcept = 0;
};

class IndexFlatCodes : public Index {
 public:
  bool look_up_slot(size_t slot, float* x) const override;
  bool moves_rows() const noexcept override { return true; }

  virtual std::unique_ptr<StoredRows> stored_rows() const = 0;

  // Adds all rows of an index that check_mergeable() lets pass. REQUIRES: kAppend.
  virtual void append_rows(const IndexFlatCodes& other, const Cancel* cancel) = 0;

  // What codes have to learn of n vectors, and keeping it; for those that learn nothing nothing.
  virtual std::vector<float> learn_codes(size_t n, const float* x, const Cancel* cancel) const {
    (void)n, (void)x, (void)cancel;
    return {};
  }
  virtual void set_learned(std::vector<float>&& learned) noexcept { (void)learned; }

  // Keeps the first n rows, where nobody has looked at those behind: undoes an add beside searches. REQUIRES: kAppend,
  // no sketches.
  virtual void take_back(size_t n) noexcept = 0;

 protected:
  IndexFlatCodes(size_t d, Metric metric) : Index(d, metric) { numbers().count_from(0); }

  void merge_rows(Index& other, idx_t add_id, const Cancel* cancel) override;
};

}  // namespace voronode
