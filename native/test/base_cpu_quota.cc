// Quotas of processor time, as the files of control groups tell them; the files lie under a root of the test's own.
#include <doctest/doctest.h>

#include <cstdint>
#include <string>

#include "base/cpu_quota.h"
#include "test/system_files.h"

#if defined(__linux__)
namespace voronode::test {
namespace {

// The quota where these files are all there is.
size_t quota(const Files& files) {
  const SystemFiles root(files);
  return cpu_quota(root.path());
}

const std::string kSelf = "/proc/self/cgroup";

size_t quota_v2(const std::string& cpu_max) { return quota({{kSelf, "0::/"}, {"/sys/fs/cgroup/cpu.max", cpu_max}}); }

size_t quota_v1(const std::string& microseconds, const std::string& period) {
  return quota({{kSelf, "4:memory:/a\n1:cpu,cpuacct:/"},
                {"/sys/fs/cgroup/cpu/cpu.cfs_quota_us", microseconds},
                {"/sys/fs/cgroup/cpu/cpu.cfs_period_us", period}});
}

}  // namespace

TEST_CASE("quota: version 2, rounded up") {
  CHECK(quota_v2("200000 100000") == 2);
  CHECK(quota_v2("150000 100000") == 2);
  CHECK(quota_v2("1000 100000") == 1);
  CHECK(quota_v2("12800000 50000") == 256);
  CHECK(quota_v2("max 100000") == SIZE_MAX);
}

TEST_CASE("quota: version 1") {
  CHECK(quota_v1("200000", "100000") == 2);
  CHECK(quota_v1("250000", "100000") == 3);
  CHECK(quota_v1("-1", "100000") == SIZE_MAX);
}

TEST_CASE("quota: the strictest of a group and those above it") {
  CHECK(quota({{kSelf, "0::/pod/container"},
               {"/sys/fs/cgroup/pod/container/cpu.max", "max 100000"},
               {"/sys/fs/cgroup/pod/cpu.max", "300000 100000"}}) == 3);
  CHECK(quota({{kSelf, "0::/pod/container"},
               {"/sys/fs/cgroup/pod/container/cpu.max", "100000 100000"},
               {"/sys/fs/cgroup/pod/cpu.max", "300000 100000"}}) == 1);
}

TEST_CASE("quota: a container that knows its group by the path outside") {
  CHECK(quota({{kSelf, "0::/docker/c0ffee"}, {"/sys/fs/cgroup/cpu.max", "400000 100000"}}) == 4);
  CHECK(quota({{kSelf, "0::/../other"}, {"/sys/fs/cgroup/cpu.max", "400000 100000"}}) == 4);
}

TEST_CASE("quota: both versions at once") {
  CHECK(quota({{kSelf, "2:cpu:/a\n0::/b"},
               {"/sys/fs/cgroup/cpu/a/cpu.cfs_quota_us", "500000"},
               {"/sys/fs/cgroup/cpu/a/cpu.cfs_period_us", "100000"}}) == 5);
}

TEST_CASE("quota: what cannot be read is no limit") {
  CHECK(quota({}) == SIZE_MAX);
  CHECK(quota({{kSelf, ""}}) == SIZE_MAX);
  CHECK(quota({{kSelf, "no colons\n1:cpuset:/\n3"}, {"/sys/fs/cgroup/cpu.max", "100000 100000"}}) == SIZE_MAX);
  for (const char* text : {"", "nonsense", "100000", "100000 0", "-100000 100000", "0 100000", "max max"}) {
    INFO(text);
    CHECK(quota_v2(text) == SIZE_MAX);
  }
  CHECK(quota_v1("100000", "") == SIZE_MAX);
}

}  // namespace voronode::test
#endif
