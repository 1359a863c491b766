#include "io/file_temporary.h"

#ifndef _WIN32

#include <sys/file.h>
#include <sys/stat.h>

#include <cstdint>
#include <cstdlib>
#include <mutex>
#include <random>

#include "base/error.h"
#include "io/file_stale.h"

namespace voronode {

// Those of this process. process.exit() and uncaught errors run no clean-up of the addon, but they run atexit().
class LiveTemporaries {
 public:
  // Never destroyed: threads of the pool may still save while the process ends.
  static LiveTemporaries& instance() {
    static LiveTemporaries* const live = new LiveTemporaries;
    return *live;
  }

  // Makes the file and remembers it in one step, lest the process end in between.
  bool create(TemporaryFile& file, int dir, const std::string& name, mode_t mode) {
    std::lock_guard<std::mutex> lock(mutex_);
    if (ended_) throw Error(Code::kAborted, "The process is ending");
    const int fd = open_retrying(dir, name.c_str(), O_WRONLY | O_CREAT | O_EXCL, mode);
    if (fd < 0) return false;
    file.file_.reset(fd);
    file.dir_ = dir;
    file.name_ = name;
    file.next_ = first_;
    if (first_ != nullptr) first_->prev_ = &file;
    first_ = &file;
    return true;
  }

  // REQUIRES: the name is gone from the folder.
  void forget(TemporaryFile& file) noexcept {
    std::lock_guard<std::mutex> lock(mutex_);
    (file.prev_ != nullptr ? file.prev_->next_ : first_) = file.next_;
    if (file.next_ != nullptr) file.next_->prev_ = file.prev_;
    file.prev_ = file.next_ = nullptr;
    file.name_.clear();
  }

 private:
  LiveTemporaries() {
    std::atexit([] { instance().end(); });
  }

  void end() noexcept {
    std::lock_guard<std::mutex> lock(mutex_);
    ended_ = true;
    for (TemporaryFile* file = first_; file != nullptr; file = file->next_) {
      ::unlinkat(file->dir_, file->name_.c_str(), 0);
    }
  }

  std::mutex mutex_;
  TemporaryFile* first_ = nullptr;
  bool ended_ = false;
};

namespace {

// The same for each save to this name: FNV-1a.
std::string prefix_of(const std::string& target) {
  uint64_t hash = 14695981039346656037u;
  for (const char c : target) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211u;
  return format(".voronode-%08x%08x-", static_cast<unsigned>(hash >> 32), static_cast<unsigned>(hash));
}

std::string random_suffix() {
  std::random_device random;
  return format("%08x%08x.tmp", static_cast<unsigned>(random()), static_cast<unsigned>(random()));
}

}  // namespace

TemporaryFile::~TemporaryFile() { remove(); }

bool TemporaryFile::create(int dir, const std::string& target, mode_t mode) {
  const std::string prefix = prefix_of(target);
  remove_stale_files(dir, prefix, prefix.size() + random_suffix().size());
  constexpr int kAttempts = 100;  // of 2^64 names; more collisions than one mean that something else is wrong
  for (int i = 0; i < kAttempts; ++i) {
    if (create_one(dir, prefix + random_suffix(), mode)) return true;
    if (errno != EEXIST) return false;
  }
  return false;
}

// Fails with EEXIST also if another save took the new file for one of a dead writer, before it was locked.
bool TemporaryFile::create_one(int dir, const std::string& name, mode_t mode) {
  if (!LiveTemporaries::instance().create(*this, dir, name, mode)) return false;
  const bool locked = ::flock(file_.get(), LOCK_EX | LOCK_NB) == 0;
  struct stat st;
  // Other errors than EWOULDBLOCK: this file system has no locks. Then no other save gets one, and none removes a file.
  const bool taken = (!locked && errno == EWOULDBLOCK) || (::fstat(file_.get(), &st) == 0 && st.st_nlink == 0);
  int err = taken ? EEXIST : 0;
  if (!taken) {
    lock_.reset(::fcntl(file_.get(), F_DUPFD_CLOEXEC, 0));
    if (lock_.get() < 0) err = errno;
  }
  if (err == 0) return true;
  remove();
  file_.reset(-1);
  errno = err;
  return false;
}

bool TemporaryFile::close() {
  // The descriptor is gone whatever close() says. EINTR: gone as well.
  return ::close(file_.release()) == 0 || errno == EINTR;
}

bool TemporaryFile::rename(const std::string& target) {
  if (::renameat(dir_, name_.c_str(), dir_, target.c_str()) != 0) return false;
  LiveTemporaries::instance().forget(*this);
  lock_.reset(-1);
  return true;
}

void TemporaryFile::remove() noexcept {
  if (name_.empty()) return;
  ::unlinkat(dir_, name_.c_str(), 0);
  LiveTemporaries::instance().forget(*this);
}

}  // namespace voronode

#endif
