// Free memory, as the files of the system and of control groups tell it; the files lie under a root of the test's own.
#include <doctest/doctest.h>

#include <cstdint>
#include <optional>

#include "base/error.h"

#if defined(__linux__)
#include "test/system_files.h"
#endif
#include "base/free_memory.h"

namespace voronode::test {
namespace {

Code code_of_claim(size_t bytes) {
  try {
    const MemoryClaim claim(bytes);
  } catch (const Error& error) {
    return error.code();
  }
  return Code::kSystem;  // none
}

#if defined(__linux__)
const std::string kSelf = "/proc/self/cgroup";
const std::string kInfo = "/proc/meminfo";
constexpr size_t kGiB = size_t{1} << 30;

size_t free_with(const Files& files) {
  const SystemFiles root(files);
  return free_memory(root.path());
}
#endif

}  // namespace

#if defined(__linux__)
TEST_CASE("free memory: of the system") {
  CHECK(free_with({{kInfo, "MemTotal:  8388608 kB\nMemFree: 1 kB\nMemAvailable:    1048576 kB\nBuffers: 3 kB"}}) ==
        kGiB);
  CHECK(free_with({}) == SIZE_MAX);
  CHECK(free_with({{kInfo, "MemTotal: 8388608 kB\nMemAvailable: much"}}) == SIZE_MAX);
}

TEST_CASE("free memory: of a container, version 2, with the page cache") {
  Files files = {{kInfo, "MemAvailable: 8388608 kB"},
                 {kSelf, "0::/pod/container"},
                 {"/sys/fs/cgroup/pod/container/memory.max", "2147483648"},
                 {"/sys/fs/cgroup/pod/container/memory.current", "1610612736"}};
  CHECK(free_with(files) == kGiB / 2);
  files["/sys/fs/cgroup/pod/container/memory.stat"] = "anon 5\ninactive_file 268435456\nactive_file 268435456\nslab 7";
  CHECK(free_with(files) == kGiB);
  files["/sys/fs/cgroup/pod/memory.max"] = "1073741824";
  files["/sys/fs/cgroup/pod/memory.current"] = "1073741825";
  CHECK(free_with(files) == 0);
  files["/sys/fs/cgroup/pod/memory.max"] = "max";
  CHECK(free_with(files) == kGiB);
  files["/sys/fs/cgroup/pod/container/memory.max"] = "max";
  CHECK(free_with(files) == 8 * kGiB);
}

TEST_CASE("free memory: of a container, version 1") {
  Files files = {{kInfo, "MemAvailable: 8388608 kB"},
                 {kSelf, "3:cpu:/a\n2:memory:/a"},
                 {"/sys/fs/cgroup/memory/a/memory.limit_in_bytes", "2147483648"},
                 {"/sys/fs/cgroup/memory/a/memory.usage_in_bytes", "1610612736"},
                 {"/sys/fs/cgroup/memory/a/memory.stat", "inactive_file 1\ntotal_inactive_file 536870912"}};
  CHECK(free_with(files) == kGiB);
  files["/sys/fs/cgroup/memory/a/memory.limit_in_bytes"] = "9223372036854771712";  // none
  CHECK(free_with(files) == 8 * kGiB);
}
#endif

TEST_CASE("a claim of more than there is fails, and leaves nothing claimed") {
  CHECK(code_of_claim(size_t{1} << 60) == Code::kNoMemory);
  CHECK(code_of_claim(0) == Code::kSystem);
  CHECK(code_of_claim(size_t{65} << 20) == Code::kSystem);
}

TEST_CASE("growth is watched: refused before memory is full") {
  MemoryWatch watch;
  for (int i = 0; i < 1000; ++i) watch.grow(size_t{1} << 20);
  if (free_memory() == SIZE_MAX) return;
  CHECK_THROWS_AS(watch.grow(size_t{1} << 60), Error);
  watch.grow(size_t{1} << 20);
}

TEST_CASE("what is claimed is not there for others") {
  const size_t free = free_memory();
  if (free == SIZE_MAX) return;  // this system has no figure
  std::optional<MemoryClaim> claim(std::in_place, free / 8 * 5);
  CHECK(code_of_claim(free / 8 * 5) == Code::kNoMemory);
  claim.reset();
  CHECK(code_of_claim(free / 8 * 5) == Code::kSystem);
}

}  // namespace voronode::test
