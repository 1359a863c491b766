#include "io/file_attributes.h"

#ifndef _WIN32

#include <unistd.h>
#if defined(__linux__)
#include <sys/xattr.h>
#endif

#include <cerrno>
#include <cstddef>

namespace voronode {
namespace {

// True if the file has the group afterwards.
bool take_over_owner(int fd, const struct stat& old) noexcept {
  struct stat own;
  if (::fstat(fd, &own) != 0) return false;
  if (own.st_uid == old.st_uid && own.st_gid == old.st_gid) return true;
  if (::fchown(fd, old.st_uid, old.st_gid) == 0) return true;
  // Only root may give files away. Others may give them to groups that they belong to.
  return own.st_gid == old.st_gid || ::fchown(fd, static_cast<uid_t>(-1), old.st_gid) == 0;
}

enum class Acl { kNone, kKept, kLost };

#if defined(__linux__)
// Also takes away what the new file inherited from its folder: fchmod() would bring that to life.
Acl take_over_acl(int fd, const std::string& path, bool keep) {
  constexpr const char* kName = "system.posix_acl_access";
  std::string acl(65536, '\0');  // XATTR_SIZE_MAX
  const ssize_t size = ::lgetxattr(path.c_str(), kName, acl.data(), acl.size());
  if (size > 0 && keep && ::fsetxattr(fd, kName, acl.data(), static_cast<size_t>(size), 0) == 0) return Acl::kKept;
  const bool gone = ::fremovexattr(fd, kName) == 0 || errno == ENODATA || errno == ENOTSUP || errno == ENOSYS;
  return size > 0 || !gone ? Acl::kLost : Acl::kNone;
}
#else
Acl take_over_acl(int, const std::string&, bool) { return Acl::kNone; }
#endif

}  // namespace

bool take_over_attributes(int fd, const std::string& path, const struct stat& old) {
  const bool group_kept = take_over_owner(fd, old);
  const Acl acl = take_over_acl(fd, path, group_kept);
  mode_t mode = old.st_mode & 0777;
  if (acl == Acl::kLost) {
    mode &= 0700;  // the group's bits stood for the list; whom it shut out would count as others
  } else if (!group_kept) {
    // Members of the old group are others now, some of the others are members of the new one.
    const mode_t both = (mode >> 3) & mode & 07;
    mode = (mode & 0700) | both << 3 | both;
  }
  return ::fchmod(fd, mode) == 0;
}

}  // namespace voronode

#endif
