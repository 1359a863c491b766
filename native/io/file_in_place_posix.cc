#include "io/file.h"

#ifndef _WIN32

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "base/error.h"
#include "io/file_calls_posix.h"
#include "io/file_descriptor.h"

namespace voronode {

struct InPlaceFile::State {
  std::string path;  // as the caller gave it
  Descriptor file;
  Descriptor directory;  // of a new file, whose name must be made durable
  bool emptied = false;

  [[noreturn]] void fail(const char* syscall) const { throw SystemError(errno, syscall, path); }

  // In two steps, to know whether the file is new. O_NONBLOCK: opening a pipe must not wait for a reader.
  void open() {
    file.reset(open_retrying(AT_FDCWD, path.c_str(), O_WRONLY | O_NONBLOCK));
    if (file.get() >= 0) return;
    if (errno == ENXIO) throw SystemError(EINVAL, "open", path);  // a pipe, or a socket
    if (errno != ENOENT || path.empty()) fail("open");
    const std::string target = follow_links(path);
    directory.reset(open_retrying(AT_FDCWD, directory_of(target).c_str(), O_RDONLY | O_DIRECTORY));
    if (directory.get() < 0) fail("open");
    file.reset(open_retrying(AT_FDCWD, target.c_str(), O_WRONLY | O_NONBLOCK | O_CREAT, 0666));
    if (file.get() < 0) fail("open");
  }

  // An empty file is seen to be broken; old bytes behind new ones might be taken for an index.
  void empty() {
    if (emptied) return;
    if (::ftruncate(file.get(), 0) != 0) fail("ftruncate");
    emptied = true;
  }
};

InPlaceFile::InPlaceFile(const std::string& path) : state_(std::make_unique<State>()) {
  check_path(path);
  state_->path = path;
  state_->open();
  struct stat st;
  if (::fstat(state_->file.get(), &st) != 0) state_->fail("fstat");
  if (S_ISDIR(st.st_mode)) throw SystemError(EISDIR, "open", path);
  if (!S_ISREG(st.st_mode)) throw SystemError(EINVAL, "open", path);
}

InPlaceFile::~InPlaceFile() = default;

void InPlaceFile::write(const void* data, size_t n) {
  state_->empty();
  write_fully(state_->file.get(), data, n, state_->path);
}

void InPlaceFile::sync() {
  if (sync_retrying(state_->file.get()) != 0) state_->fail("fsync");
}

void InPlaceFile::commit() {
  State& s = *state_;
  if (::close(s.file.release()) != 0 && errno != EINTR) s.fail("close");
  if (s.directory.get() >= 0 && !sync_directory(s.directory.get())) s.fail("fsync");
}

}  // namespace voronode

#endif
