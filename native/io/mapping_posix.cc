#include "io/mapping.h"

#ifndef _WIN32

#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <ctime>
#include <optional>

#include "base/bus_guard.h"
#include "base/error.h"
#include "io/file_calls_posix.h"
#include "io/file_descriptor.h"

namespace voronode {
namespace {

#ifdef __APPLE__
const struct timespec& changed_at(const struct stat& st) noexcept { return st.st_mtimespec; }
#else
const struct timespec& changed_at(const struct stat& st) noexcept { return st.st_mtim; }
#endif

// Whether the clock that files get their times from still shows the time of a file's last change. Before Linux 6.13 it
// stands still for some milliseconds, and another change within them is not seen.
bool is_recent(const struct timespec& changed) noexcept {
#ifdef CLOCK_REALTIME_COARSE
  struct timespec now;
  if (::clock_gettime(CLOCK_REALTIME_COARSE, &now) != 0) return false;
  return now.tv_sec == changed.tv_sec && now.tv_nsec <= changed.tv_nsec;
#else
  static_cast<void>(changed);
  return false;
#endif
}

constexpr struct timespec kMillisecond = {0, 1'000'000};
constexpr int kLongestTick = 20;  // milliseconds; 10 where the system's clock is slowest

class PosixMapping final : public Mapping {
 public:
  explicit PosixMapping(const std::string& path) : path_(path) {
    open_regular(path, &fd_, &then_);
    for (int waited = 0; waited < kLongestTick && is_recent(changed_at(then_)); ++waited) {
      ::nanosleep(&kMillisecond, nullptr);
      if (::fstat(fd_.get(), &then_) != 0) throw SystemError(errno, "fstat", path);
    }
    size_ = static_cast<size_t>(then_.st_size);
    if (size_ == 0) return;
    const auto page_bytes = static_cast<size_t>(::sysconf(_SC_PAGESIZE));
    readable_ = (size_ + page_bytes - 1) / page_bytes * page_bytes;
    // Writable: compacting moves rows, in pages that are copied for it.
    void* const memory = ::mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_NORESERVE, fd_.get(), 0);
    if (memory == MAP_FAILED) throw SystemError(errno, "mmap", path);
    data_ = static_cast<uint8_t*>(memory);
    try {
      guard_.emplace(data_, readable_);
    } catch (...) {
      ::munmap(data_, size_);
      throw;
    }
  }
  ~PosixMapping() override {
    guard_.reset();
    if (data_ != nullptr) ::munmap(data_, size_);
  }

  size_t read_at(uint64_t offset, void* out, size_t n) const override {
    return read_fully(fd_.get(), offset, out, n, path_);
  }

  void check() const override {
    GuardedRange::keep_watch();
    struct stat now;
    if (!changed_ && !(guard_ && guard_->torn()) && ::fstat(fd_.get(), &now) == 0 && now.st_size == then_.st_size &&
        changed_at(now).tv_sec == changed_at(then_).tv_sec && changed_at(now).tv_nsec == changed_at(then_).tv_nsec) {
      return;
    }
    changed_ = true;
    throw Error(Code::kCorrupt,
                "The file '" + path_ +
                    "' was changed while it was mapped: put a new file in its place (as writeIndex does), "
                    "and read that");
  }

  bool is_file(const std::string& path) const noexcept override {
    struct stat other;
    return ::stat(path.c_str(), &other) == 0 && other.st_dev == then_.st_dev && other.st_ino == then_.st_ino;
  }

 private:
  std::string path_;
  Descriptor fd_;
  struct stat then_;
  std::optional<GuardedRange> guard_;
  mutable std::atomic<bool> changed_{false};
};

}  // namespace

std::shared_ptr<Mapping> Mapping::open(const std::string& path) { return std::make_shared<PosixMapping>(path); }

}  // namespace voronode

#endif
