#include "io/file.h"

#ifndef _WIN32

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/error.h"
#include "io/file_attributes.h"
#include "io/file_descriptor.h"
#include "io/file_temporary.h"

namespace voronode {
namespace {

// Linux moves at most 2 GiB a call, macOS refuses more.
constexpr size_t kMaxCall = size_t{1} << 30;

// A path that holds a null byte would be cut there by the system.
void check_path(const std::string& path) {
  if (path.find('\0') == std::string::npos) return;
  throw Error(Code::kInvalidArgValue, "The argument 'path' must be a string, Uint8Array, or URL without null bytes");
}

int sync_retrying(int fd) {
  int rc;
  do {
#ifdef __APPLE__
    // fsync of macOS leaves the bytes in the drive's cache; some file systems know only fsync.
    rc = ::fcntl(fd, F_FULLFSYNC);
    if (rc != 0 && (errno == ENOTSUP || errno == EINVAL || errno == ENOTTY)) rc = ::fsync(fd);
#else
    rc = ::fsync(fd);
#endif
  } while (rc != 0 && errno == EINTR);
  return rc;
}

std::string directory_of(const std::string& path) {
  const size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

// Follows the last component of `path` while it is a symbolic link, also to a file that does not exist yet.
std::string follow_links(const std::string& path) {
  std::string target = path;
  constexpr int kMaxLinks = 40;  // as many as Linux follows
  for (int i = 0; i < kMaxLinks; ++i) {
    struct stat st;
    if (::lstat(target.c_str(), &st) != 0 || !S_ISLNK(st.st_mode)) return target;
    std::string link(4096, '\0');
    const ssize_t n = ::readlink(target.c_str(), link.data(), link.size());
    if (n < 0) throw SystemError(errno, "readlink", path);
    if (static_cast<size_t>(n) == link.size()) throw SystemError(ENAMETOOLONG, "readlink", path);
    link.resize(static_cast<size_t>(n));
    target = link[0] == '/' ? link : directory_of(target) + "/" + link;
  }
  throw SystemError(ELOOP, "open", path);
}

}  // namespace

struct InputFile::State {
  std::string path;
  Descriptor fd;
  uint64_t size = 0;
};

InputFile::InputFile(const std::string& path) : state_(std::make_unique<State>()) {
  check_path(path);
  state_->path = path;
  // O_NONBLOCK: opening a pipe must not wait for a writer; regular files do not know it.
  state_->fd.reset(open_retrying(AT_FDCWD, path.c_str(), O_RDONLY | O_NONBLOCK));
  if (state_->fd.get() < 0) throw SystemError(errno, "open", path);
  struct stat st;
  if (::fstat(state_->fd.get(), &st) != 0) throw SystemError(errno, "fstat", path);
  if (S_ISDIR(st.st_mode)) throw SystemError(EISDIR, "read", path);
  if (!S_ISREG(st.st_mode)) throw SystemError(ESPIPE, "read", path);  // what pread says of a pipe
  state_->size = static_cast<uint64_t>(st.st_size);
}

InputFile::~InputFile() = default;
InputFile::InputFile(InputFile&&) noexcept = default;

uint64_t InputFile::size() const noexcept { return state_->size; }

size_t InputFile::read_at(uint64_t offset, void* out, size_t n) {
  size_t done = 0;
  while (done < n) {
    const ssize_t got = ::pread(state_->fd.get(), static_cast<char*>(out) + done, std::min(n - done, kMaxCall),
                                static_cast<off_t>(offset + done));
    if (got == 0) break;
    if (got > 0) {
      done += static_cast<size_t>(got);
    } else if (errno != EINTR) {
      throw SystemError(errno, "read", state_->path);
    }
  }
  return done;
}

struct AtomicFile::State {
  std::string path;  // as the caller gave it, for messages
  std::string name;  // of the target, in the directory
  Descriptor directory;
  TemporaryFile file;

  [[noreturn]] void fail(const char* syscall) const { throw SystemError(errno, syscall, path); }

  void create_temporary(mode_t mode) {
    if (!file.create(directory.get(), name, mode)) fail("open");
  }
};

AtomicFile::AtomicFile(const std::string& path) : state_(std::make_unique<State>()) {
  check_path(path);
  State& s = *state_;
  s.path = path;
  if (path.empty()) throw SystemError(ENOENT, "open", path);
  const std::string target = follow_links(path);
  s.name = target.substr(target.rfind('/') + 1);  // npos + 1 == 0
  if (s.name.empty()) throw SystemError(EISDIR, "open", path);
  s.directory.reset(open_retrying(AT_FDCWD, directory_of(target).c_str(), O_RDONLY | O_DIRECTORY));
  if (s.directory.get() < 0) s.fail("open");

  struct stat old;
  if (::fstatat(s.directory.get(), s.name.c_str(), &old, AT_SYMLINK_NOFOLLOW) != 0) {
    if (errno != ENOENT) s.fail("stat");
    s.create_temporary(0666);  // less the umask
    return;
  }
  if (S_ISDIR(old.st_mode)) throw SystemError(EISDIR, "open", path);
  if (!S_ISREG(old.st_mode)) throw SystemError(EINVAL, "open", path);
  // A rename would replace a file that is write-protected; the protection is meant.
  if (::faccessat(s.directory.get(), s.name.c_str(), W_OK, AT_EACCESS) != 0) s.fail("open");
  s.create_temporary(0600);
  if (!take_over_attributes(s.file.get(), target, old)) s.fail("fchmod");
}

AtomicFile::~AtomicFile() = default;

void AtomicFile::write(const void* data, size_t n) {
  const char* p = static_cast<const char*>(data);
  while (n != 0) {
    const ssize_t done = ::write(state_->file.get(), p, std::min(n, kMaxCall));
    if (done > 0) {
      p += done;
      n -= static_cast<size_t>(done);
    } else if (done == 0) {
      throw SystemError(EIO, "write", state_->path);  // no progress and no reason: looping on could last for ever
    } else if (errno != EINTR) {
      state_->fail("write");
    }
  }
}

void AtomicFile::sync() {
  if (sync_retrying(state_->file.get()) != 0) state_->fail("fsync");
}

void AtomicFile::commit() {
  State& s = *state_;
  if (!s.file.close()) s.fail("close");
  if (!s.file.rename(s.name)) s.fail("rename");
  // EINVAL, ENOTSUP: this file system does not sync directories; it has no better durability to offer.
  if (sync_retrying(s.directory.get()) != 0 && errno != EINVAL && errno != ENOTSUP) s.fail("fsync");
}

}  // namespace voronode

#endif
