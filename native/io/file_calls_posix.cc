#include "io/file_calls_posix.h"

#ifndef _WIN32

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/error.h"
#include "io/file_descriptor.h"

namespace voronode {

void check_path(const std::string& path) {
  if (path.find('\0') == std::string::npos) return;
  throw Error(Code::kInvalidArgValue, "The argument 'path' must be a string, Uint8Array, or URL without null bytes");
}

std::string directory_of(const std::string& path) {
  const size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

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

void open_regular(const std::string& path, Descriptor* fd, struct stat* st) {
  check_path(path);
  // O_NONBLOCK: opening a pipe must not wait for a writer; regular files do not know it.
  fd->reset(open_retrying(AT_FDCWD, path.c_str(), O_RDONLY | O_NONBLOCK));
  if (fd->get() < 0) throw SystemError(errno, "open", path);
  if (::fstat(fd->get(), st) != 0) throw SystemError(errno, "fstat", path);
  if (S_ISDIR(st->st_mode)) throw SystemError(EISDIR, "read", path);
  if (!S_ISREG(st->st_mode)) throw SystemError(ESPIPE, "read", path);  // what pread says of a pipe
}

size_t read_fully(int fd, uint64_t offset, void* out, size_t n, const std::string& path) {
  size_t done = 0;
  while (done < n) {
    const ssize_t got =
        ::pread(fd, static_cast<char*>(out) + done, std::min(n - done, kMaxCall), static_cast<off_t>(offset + done));
    if (got == 0) break;
    if (got > 0) {
      done += static_cast<size_t>(got);
    } else if (errno != EINTR) {
      throw SystemError(errno, "read", path);
    }
  }
  return done;
}

void write_fully(int fd, const void* data, size_t n, const std::string& path) {
  const char* p = static_cast<const char*>(data);
  while (n != 0) {
    const ssize_t done = ::write(fd, p, std::min(n, kMaxCall));
    if (done > 0) {
      p += done;
      n -= static_cast<size_t>(done);
    } else if (done == 0) {
      throw SystemError(EIO, "write", path);  // no progress and no reason: looping on could last for ever
    } else if (errno != EINTR) {
      throw SystemError(errno, "write", path);
    }
  }
}

int sync_retrying(int fd) noexcept {
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

bool sync_directory(int fd) noexcept { return sync_retrying(fd) == 0 || errno == EINVAL || errno == ENOTSUP; }

}  // namespace voronode

#endif
