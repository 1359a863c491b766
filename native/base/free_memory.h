// Memory that can still be filled. Linux grants more than there is, and kills the process that fills it; a container is
// killed by itself. So what a caller's number makes large is asked for here before it is allocated.
#pragma once

#include <atomic>
#include <cstddef>

namespace voronode {

// Bytes that the system, or the container that this process is in, can still give without swapping: with the page
// cache, which it gives up. SIZE_MAX if that cannot be read. On macOS all of the machine's memory: it has no figure for
// what is free. root: what stands before /proc and /sys in tests.
size_t free_memory(const char* root = "") noexcept;

// So much memory is about to be allocated and filled. Others see it claimed until this goes, so that many calls at once
// are not each given the same memory. (What is filled meanwhile counts twice: to be on the safe side.)
class MemoryClaim {
 public:
  // Throws kNoMemory if free memory less all claims is not enough. Fewer than 64 MiB are granted without a look:
  // reading the system's files takes a fraction of a millisecond.
  explicit MemoryClaim(size_t bytes);
  ~MemoryClaim();
  MemoryClaim(const MemoryClaim&) = delete;
  MemoryClaim& operator=(const MemoryClaim&) = delete;

 private:
  size_t bytes_;  // 0: too few to claim
};

// Watches memory that grows piece by piece, from any thread, without a size that is known before.
class MemoryWatch {
 public:
  // So many bytes more are about to be allocated. Throws kNoMemory if free memory is less than twice what was announced
  // since the last look, which is every 64 MiB.
  void grow(size_t bytes);

 private:
  std::atomic<size_t> announced_{0};
};

}  // namespace voronode
