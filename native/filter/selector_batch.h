// A set of ids given one by one, in any order, repeats allowed.
#pragma once

#include <optional>

#include "filter/selector.h"

namespace voronode {

// Small ids, as an index gives them, are bits; the others lie in a hash table. Both take a few nanoseconds an id to
// make, and the bits no more memory than the table would.
class IDSelectorBatch final : public IDSelector {
 public:
  IDSelectorBatch(size_t n, const idx_t* ids);
  bool is_member(idx_t id) const noexcept override {
    return static_cast<uint64_t>(id) < limit_ ? bits_.is_member(id) : !slots_.empty() && slots_[slot_of(id)] == id;
  }
  size_t allocated_bytes() const noexcept override {
    return bits_.allocated_bytes() + slots_.capacity() * sizeof(idx_t);
  }
  uint64_t at_most(const IdRange& range, Side side, uint64_t most) const noexcept override;
  void list(const IdRange& range, Side side, uint64_t most, std::vector<idx_t>* ids) const override;

 private:
  size_t slot_of(idx_t id) const noexcept;

  uint64_t limit_;  // ids below are in bits_
  IDSelectorBitmap bits_;
  std::vector<idx_t> slots_;  // open addressing, a power of two; 0, which is below the limit: empty
  uint64_t factor_;
  int shift_ = 63;
  size_t hashed_ = 0;
};

}  // namespace voronode
