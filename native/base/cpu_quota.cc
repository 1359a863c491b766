#include "base/cpu_quota.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <limits>
#include <memory>
#include <string_view>

namespace voronode {

#if defined(__linux__)
namespace {

constexpr double kUnlimited = std::numeric_limits<double>::infinity();
constexpr size_t kMaxLine = 4096;

struct Close {
  void operator()(std::FILE* file) const noexcept { std::fclose(file); }
};
using File = std::unique_ptr<std::FILE, Close>;

// A control group: a folder below that of its hierarchy. Arrays, not strings: the pool's first use must not allocate.
struct Group {
  const char* root;
  const char* hierarchy;
  char* path;  // "/pod/container", or ""

  File open(const char* name) const noexcept {
    char whole[2 * kMaxLine];
    const int length = std::snprintf(whole, sizeof whole, "%s%s%s/%s", root, hierarchy, path, name);
    return File(length > 0 && length < static_cast<int>(sizeof whole) ? std::fopen(whole, "re") : nullptr);
  }
};

double ratio(long long quota, long long period) noexcept {
  return quota > 0 && period > 0 ? static_cast<double>(quota) / static_cast<double>(period) : kUnlimited;
}

// Version 2: "150000 100000", or "max 100000".
double limit_v2(const Group& group) noexcept {
  const File file = group.open("cpu.max");
  long long quota = 0, period = 0;
  if (!file || std::fscanf(file.get(), "%lld %lld", &quota, &period) != 2) return kUnlimited;
  return ratio(quota, period);
}

// Version 1: a file for each; a quota of -1 is none.
double limit_v1(const Group& group) noexcept {
  const auto number = [&](const char* name) {
    const File file = group.open(name);
    long long value = 0;
    return file && std::fscanf(file.get(), "%lld", &value) == 1 ? value : 0;
  };
  return ratio(number("cpu.cfs_quota_us"), number("cpu.cfs_period_us"));
}

// The strictest limit from a group up to the root of its hierarchy. A container may know its group by the path that it
// has outside; that does not exist inside, where the group itself is the root.
double strictest(const Group& group, double (*limit)(const Group&) noexcept) noexcept {
  double least = kUnlimited;
  for (;;) {
    least = std::min(least, limit(group));
    char* const slash = std::strrchr(group.path, '/');
    if (slash == nullptr) return least;
    *slash = '\0';
  }
}

bool has_cpu(std::string_view controllers) noexcept {
  for (;;) {
    const size_t comma = controllers.find(',');
    if (controllers.substr(0, comma) == "cpu") return true;
    if (comma == std::string_view::npos) return false;
    controllers.remove_prefix(comma + 1);
  }
}

// A line "<number>:<controllers>:<group>" of /proc/self/cgroup; version 2 has no controllers there.
double limit_of_line(const char* root, char* line) noexcept {
  line[std::strcspn(line, "\n")] = '\0';
  char* const first = std::strchr(line, ':');
  char* const second = first == nullptr ? nullptr : std::strchr(first + 1, ':');
  if (second == nullptr) return kUnlimited;
  const std::string_view controllers(first + 1, static_cast<size_t>(second - first - 1));
  if (controllers.empty()) return strictest({root, "/sys/fs/cgroup", second + 1}, limit_v2);
  return has_cpu(controllers) ? strictest({root, "/sys/fs/cgroup/cpu", second + 1}, limit_v1) : kUnlimited;
}

}  // namespace

size_t cpu_quota(const char* root) noexcept {
  char self[] = "/self";
  const File groups = Group{root, "/proc", self}.open("cgroup");
  double least = kUnlimited;
  char line[kMaxLine];
  while (groups && std::fgets(line, sizeof line, groups.get()) != nullptr) {
    least = std::min(least, limit_of_line(root, line));
  }
  return least < 1e6 ? static_cast<size_t>(std::ceil(least)) : SIZE_MAX;
}
#else
size_t cpu_quota(const char*) noexcept { return SIZE_MAX; }
#endif

}  // namespace voronode
