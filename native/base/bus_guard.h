// Survives what the system says of a mapped file that was cut: SIGBUS, at the first read of a page that is no more.
//
// A page of zeros is put in the place of such a page, the range is marked as torn, and the program goes on, with an
// answer that whoever asked does not get (systemd's sigbus.c works like that). A SIGBUS of anything else goes to
// whatever handler was there before, or does what it does without one. Not on Windows, where a mapped file cannot be cut.
#pragma once

#include <cstddef>

namespace voronode {

class GuardedRange {
 public:
  // [begin, begin + bytes) of mapped pages. Throws kUnsupported if too many are guarded already.
  GuardedRange(void* begin, size_t bytes);
  // REQUIRES: nobody reads it any more; before it is unmapped.
  ~GuardedRange();
  GuardedRange(const GuardedRange&) = delete;
  GuardedRange& operator=(const GuardedRange&) = delete;

  // Whether a page of it was missing.
  bool torn() const noexcept;

  // Another part of the program may have put its handler in the place of this one, which is then put before it.
  static void keep_watch() noexcept;

 private:
  size_t place_;
};

}  // namespace voronode
