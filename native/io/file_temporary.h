// The temporary file of a save on POSIX systems.
#pragma once

#ifndef _WIN32

#include <sys/types.h>

#include <string>

#include "io/file_descriptor.h"

namespace voronode {

// A new file beside a target, named ".voronode-<16 hex digits for the target>-<16 random ones>.tmp". It goes with this
// object, or when the process ends in order (exit()) before that. A process that is killed leaves it; the next save to
// the same target removes it.
//
// How a save tells the file of a dead writer from that of a living one: the writer holds an exclusive flock() on it
// from its creation until it has its final name. The system gives the lock back when the writer dies, however it dies.
// A process number in the name would not do: numbers are used again, and containers count their own.
class TemporaryFile {
 public:
  TemporaryFile() = default;
  ~TemporaryFile();
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;

  // Removes what dead writers left of saves to `target`, a name in the folder `dir`, and makes a file of its own there.
  // `dir` must stay open as long as this object lives. Returns false with errno set if that fails.
  // Throws kAborted when the process is ending.
  bool create(int dir, const std::string& target, mode_t mode);

  // The open file; -1 after close().
  int get() const noexcept { return file_.get(); }

  // Closes the file for its last error, but keeps the lock. Returns false with errno set if that fails.
  bool close();

  // Gives the file its final name, in the same folder. Returns false with errno set if that fails. REQUIRES: close().
  bool rename(const std::string& target);

 private:
  friend class LiveTemporaries;
  bool create_one(int dir, const std::string& name, mode_t mode);
  void remove() noexcept;

  int dir_ = -1;
  std::string name_;  // empty when there is nothing to remove
  Descriptor file_;
  Descriptor lock_;  // the same open file, so that its lock lasts until both are closed
  TemporaryFile* prev_ = nullptr;
  TemporaryFile* next_ = nullptr;
};

}  // namespace voronode

#endif
