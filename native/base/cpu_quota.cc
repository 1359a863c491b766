#include "base/cpu_quota.h"

#include <cmath>
#include <cstdint>

#include "base/control_groups.h"

namespace voronode {

#if defined(__linux__)
namespace {

double ratio(long long quota, long long period) noexcept {
  return quota > 0 && period > 0 ? static_cast<double>(quota) / static_cast<double>(period) : kUnlimited;
}

// "150000 100000", or "max 100000".
double limit_v2(const ControlGroup& group) noexcept {
  const FilePtr file = group.open("/cpu.max");
  long long quota = 0, period = 0;
  if (!file || std::fscanf(file.get(), "%lld %lld", &quota, &period) != 2) return kUnlimited;
  return ratio(quota, period);
}

// A file for each; a quota of -1 is none.
double limit_v1(const ControlGroup& group) noexcept {
  const auto number = [&](const char* name) {
    const FilePtr file = group.open(name);
    long long value = 0;
    return file && std::fscanf(file.get(), "%lld", &value) == 1 ? value : 0;
  };
  return ratio(number("/cpu.cfs_quota_us"), number("/cpu.cfs_period_us"));
}

}  // namespace

size_t cpu_quota(const char* root) noexcept {
  const double least = strictest(root, {"cpu", "/sys/fs/cgroup/cpu", limit_v1, limit_v2});
  return least < 1e6 ? static_cast<size_t>(std::ceil(least)) : SIZE_MAX;
}
#else
size_t cpu_quota(const char*) noexcept { return SIZE_MAX; }
#endif

}  // namespace voronode
