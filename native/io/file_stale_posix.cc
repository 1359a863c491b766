#include "io/file_stale.h"

#ifndef _WIN32

#include <dirent.h>
#include <sys/file.h>
#include <sys/stat.h>
#if defined(__linux__)
#include <sys/vfs.h>
#else
#include <sys/mount.h>
#include <sys/param.h>
#endif

#include <memory>
#include <string_view>

#include "io/file_descriptor.h"

namespace voronode {
namespace {

// So many names of a folder are looked at, about 3 ms: a save must not become slow in a folder of a million files.
constexpr int kMaxNames = 10'000;

// False for file systems that other machines may write to as well: depending on how they are mounted, a lock that is
// held there is not seen here.
bool has_locks_for_all(int dir) noexcept {
  struct statfs fs;
  if (::fstatfs(dir, &fs) != 0) return false;
#if defined(__linux__)
  switch (static_cast<unsigned long>(fs.f_type) & 0xffffffff) {  // signed on some platforms
    case 0x6969:                                                 // NFS
    case 0x517b:                                                 // SMB
    case 0xfe534d42:                                             // SMB 2
    case 0xff534d42:                                             // CIFS
    case 0x65735546:                                             // FUSE, virtiofs
    case 0x01021997:                                             // 9P
    case 0x00c36400:                                             // Ceph
    case 0x5346414f:                                             // AFS
    case 0x6b414653:                                             // kAFS
    case 0x01161970:                                             // GFS2
    case 0x7461636f:                                             // OCFS2
    case 0x0bd00bd0:                                             // Lustre
    case 0x47504653:                                             // GPFS
    case 0x786f4256:                                             // VirtualBox's shared folders
      return false;
    default:
      return true;
  }
#else
  return (fs.f_flags & MNT_LOCAL) != 0;
#endif
}

void remove_if_unlocked(int dir, const char* name) noexcept {
  const Descriptor file(open_retrying(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK));
  struct stat st;
  if (file.get() < 0 || ::fstat(file.get(), &st) != 0) return;
  if (!S_ISREG(st.st_mode) || st.st_nlink != 1) return;
  if (st.st_uid != ::geteuid() && ::geteuid() != 0) return;
  if (::flock(file.get(), LOCK_EX | LOCK_NB) != 0) return;
  // With this lock the file has no living writer, or one that has just made it: that one will see, and make another.
  // It may also have become the target since it was opened; then this name is gone, and is never used again.
  ::unlinkat(dir, name, 0);
}

}  // namespace

void remove_stale_files(int dir, const std::string& prefix, size_t length) noexcept {
  if (!has_locks_for_all(dir)) return;
  Descriptor own(::fcntl(dir, F_DUPFD_CLOEXEC, 0));
  const std::unique_ptr<DIR, int (*)(DIR*)> names(own.get() < 0 ? nullptr : ::fdopendir(own.get()), ::closedir);
  if (names == nullptr) return;
  own.release();  // closedir closes it
  for (int i = 0; i < kMaxNames; ++i) {
    const dirent* entry = ::readdir(names.get());
    if (entry == nullptr) return;
    const std::string_view name(entry->d_name);
    if (name.size() == length && name.starts_with(prefix)) remove_if_unlocked(dir, entry->d_name);
  }
}

}  // namespace voronode

#endif
