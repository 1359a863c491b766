#include "base/control_groups.h"

#if defined(__linux__)
#include <algorithm>
#include <cstddef>
#include <cstring>

namespace voronode {
namespace {

constexpr size_t kMaxLine = 4096;

// The strictest limit from a group up to the root of its hierarchy. A container may know its group by the path that it
// has outside; that does not exist inside, where the group itself is the root.
double strictest_upwards(const ControlGroup& group, double (*limit)(const ControlGroup&) noexcept) noexcept {
  double least = kUnlimited;
  for (;;) {
    least = std::min(least, limit(group));
    char* const slash = std::strrchr(group.path, '/');
    if (slash == nullptr) return least;
    *slash = '\0';
  }
}

bool has(std::string_view controllers, std::string_view controller) noexcept {
  for (;;) {
    const size_t comma = controllers.find(',');
    if (controllers.substr(0, comma) == controller) return true;
    if (comma == std::string_view::npos) return false;
    controllers.remove_prefix(comma + 1);
  }
}

// A line "<number>:<controllers>:<group>" of /proc/self/cgroup; version 2 has no controllers there.
double limit_of_line(const char* root, const GroupLimit& limit, char* line) noexcept {
  line[std::strcspn(line, "\n")] = '\0';
  char* const first = std::strchr(line, ':');
  char* const second = first == nullptr ? nullptr : std::strchr(first + 1, ':');
  if (second == nullptr) return kUnlimited;
  const std::string_view controllers(first + 1, static_cast<size_t>(second - first - 1));
  if (controllers.empty()) return strictest_upwards({root, "/sys/fs/cgroup", second + 1}, limit.v2);
  if (!has(controllers, limit.controller)) return kUnlimited;
  return strictest_upwards({root, limit.hierarchy_v1, second + 1}, limit.v1);
}

// The file whose path has these parts; null if it is too long.
FilePtr open_for_reading(const char* a, const char* b, const char* c, const char* d) noexcept {
  char whole[2 * kMaxLine];
  const int length = std::snprintf(whole, sizeof whole, "%s%s%s%s", a, b, c, d);
  return FilePtr(length > 0 && length < static_cast<int>(sizeof whole) ? std::fopen(whole, "re") : nullptr);
}

}  // namespace

FilePtr open_system_file(const char* root, const char* path) noexcept { return open_for_reading(root, path, "", ""); }

FilePtr ControlGroup::open(const char* name) const noexcept { return open_for_reading(root, hierarchy, path, name); }

double strictest(const char* root, const GroupLimit& limit) noexcept {
  const FilePtr groups = open_system_file(root, "/proc/self/cgroup");
  double least = kUnlimited;
  char line[kMaxLine];
  while (groups && std::fgets(line, sizeof line, groups.get()) != nullptr) {
    least = std::min(least, limit_of_line(root, limit, line));
  }
  return least;
}

}  // namespace voronode
#endif
