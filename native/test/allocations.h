// What this executable allocates with operator new: counted, and failed on request. The replaced operators are in
// allocations.cc.
#pragma once

#include <cstddef>

namespace voronode::test {

// Allocations, and their bytes, that were not freed yet; of all threads.
size_t live_allocations();
size_t live_bytes();

// The most live_bytes() since the last call with true.
size_t peak_bytes(bool restart);

// While it lives, the nth allocation (from 1) of all threads fails with std::bad_alloc or, for nothrow forms, null; if
// `for_good`, so do all later ones. One at a time.
class FailingAllocations {
 public:
  FailingAllocations(size_t nth, bool for_good);
  ~FailingAllocations();
  FailingAllocations(const FailingAllocations&) = delete;
  FailingAllocations& operator=(const FailingAllocations&) = delete;

  // Whether an allocation has failed.
  bool struck() const;
};

}  // namespace voronode::test
