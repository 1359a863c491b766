#include "base/free_memory.h"

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstring>

#include "base/control_groups.h"
#include "base/error.h"

#if defined(_WIN32)
#include <windows.h>
#elif !defined(__linux__)
#include <unistd.h>
#endif

namespace voronode {
namespace {

constexpr size_t kWorthALook = size_t{64} << 20;

std::atomic<size_t> claimed{0};

#if defined(__linux__)
// The first number in a file; kUnlimited if there is none ("max").
double number_in(const ControlGroup& group, const char* name) noexcept {
  const FilePtr file = group.open(name);
  unsigned long long value = 0;
  return file && std::fscanf(file.get(), "%llu", &value) == 1 ? static_cast<double>(value) : kUnlimited;
}

// The sum of two entries of memory.stat: of the page cache, which counts as used.
double cached(const ControlGroup& group, const char* inactive, const char* active) noexcept {
  const FilePtr file = group.open("/memory.stat");
  char name[64];
  unsigned long long value = 0;
  double sum = 0;
  while (file && std::fscanf(file.get(), "%63s %llu", name, &value) == 2) {
    if (std::strcmp(name, inactive) == 0 || std::strcmp(name, active) == 0) sum += static_cast<double>(value);
  }
  return sum;
}

double rest(double limit, double used, double cache) noexcept {
  if (used == kUnlimited) return limit;
  return limit - std::max(0.0, used - cache);
}

double free_v2(const ControlGroup& group) noexcept {
  const double limit = number_in(group, "/memory.max");
  if (limit == kUnlimited) return limit;
  return rest(limit, number_in(group, "/memory.current"), cached(group, "inactive_file", "active_file"));
}

double free_v1(const ControlGroup& group) noexcept {
  const double limit = number_in(group, "/memory.limit_in_bytes");
  if (limit == kUnlimited) return limit;
  return rest(limit, number_in(group, "/memory.usage_in_bytes"),
              cached(group, "total_inactive_file", "total_active_file"));
}

double free_in_system(const char* root) noexcept {
  const FilePtr file = open_system_file(root, "/proc/meminfo");
  char line[256];
  unsigned long long kilobytes = 0;
  while (file && std::fgets(line, sizeof line, file.get()) != nullptr) {
    if (std::sscanf(line, "MemAvailable: %llu kB", &kilobytes) == 1) return static_cast<double>(kilobytes) * 1024;
  }
  return kUnlimited;
}
#endif

}  // namespace

#if defined(__linux__)
size_t free_memory(const char* root) noexcept {
  const double in_groups = strictest(root, {"memory", "/sys/fs/cgroup/memory", free_v1, free_v2});
  const double least = std::max(0.0, std::min(free_in_system(root), in_groups));
  return least < 0x1p62 ? static_cast<size_t>(least) : SIZE_MAX;
}
#elif defined(_WIN32)
size_t free_memory(const char*) noexcept {
  MEMORYSTATUSEX status = {};
  status.dwLength = sizeof status;
  return GlobalMemoryStatusEx(&status) ? static_cast<size_t>(status.ullAvailPageFile) : SIZE_MAX;
}
#else
size_t free_memory(const char*) noexcept {
  const long pages = sysconf(_SC_PHYS_PAGES);
  const long page = sysconf(_SC_PAGESIZE);
  return pages > 0 && page > 0 ? static_cast<size_t>(pages) * static_cast<size_t>(page) : SIZE_MAX;
}
#endif

MemoryClaim::MemoryClaim(size_t bytes) : bytes_(bytes < kWorthALook ? 0 : bytes) {
  if (bytes_ == 0) return;
  const size_t free = free_memory();
  const size_t others = claimed.fetch_add(bytes_);
  if (others <= free && bytes_ <= free - others) return;
  claimed.fetch_sub(bytes_);
  throw Error(Code::kNoMemory, format("Cannot allocate %zu bytes: %zu are free, of which running calls will take %zu",
                                      bytes_, free, std::min(free, others)));
}

void MemoryWatch::grow(size_t bytes) {
  if (announced_.fetch_add(bytes) + bytes < kWorthALook) return;
  const size_t announced = std::max(bytes, announced_.exchange(0));
  const size_t free = free_memory();
  if (announced > free / 2)
    throw Error(Code::kNoMemory, format("Cannot allocate %zu bytes: %zu are free", announced, free));
}

MemoryClaim::~MemoryClaim() { claimed.fetch_sub(bytes_); }

}  // namespace voronode
