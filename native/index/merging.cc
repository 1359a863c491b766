#include "index/merging.h"

#include <limits>

namespace voronode {

idx_t moved_id(idx_t id, idx_t add_id) {
  constexpr idx_t kLeast = std::numeric_limits<idx_t>::min();
  constexpr idx_t kMost = std::numeric_limits<idx_t>::max();
  const bool overflows = add_id >= 0 ? id > kMost - add_id : id < kLeast - add_id;
  if (!overflows && id + add_id != -1) return id + add_id;
  throw Error(Code::kOutOfRange,
              format("The value of \"addId\" is out of range. Added to the id %lld it must give a 64-bit id other than "
                     "-1. Received %lld",
                     static_cast<long long>(id), static_cast<long long>(add_id)));
}

void check_not_itself(const Index& index, const Index& other) {
  if (&index == &other) throw Error(Code::kUnsupported, "An index cannot be merged into itself");
}

void check_add_id(const Index& index, idx_t add_id) {
  if (add_id == 0 || add_id == static_cast<idx_t>(index.ntotal())) return;
  throw Error(Code::kOutOfRange,
              format("The value of \"addId\" is out of range. This %s numbers its vectors itself, so it must be 0. "
                     "Received %lld",
                     index.kind(), static_cast<long long>(add_id)));
}

}  // namespace voronode
