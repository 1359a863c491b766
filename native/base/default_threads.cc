#include "base/default_threads.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <exception>
#include <string_view>
#include <system_error>
#include <thread>

#include "base/cpu_quota.h"
#include "base/error.h"

#if defined(__linux__)
#include <sched.h>
#endif

namespace voronode {
namespace {

// The affinity mask where the system has one (containers pin by it).
size_t cores() noexcept {
#if defined(__linux__)
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) == 0 && CPU_COUNT(&set) > 0) return static_cast<size_t>(CPU_COUNT(&set));
#endif
  return std::thread::hardware_concurrency();
}

}  // namespace

size_t usable_cores() noexcept { return std::max<size_t>(1, std::min(cores(), cpu_quota())); }

size_t threads_in_environment(size_t max) {
  const char* value = std::getenv("VORONODE_THREADS");
  if (value == nullptr || *value == '\0') return 0;
  const std::string_view text = value;
  size_t n = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), n);
  if (error == std::errc() && end == text.data() + text.size() && n >= 1 && n <= max) return n;
  throw Error(Code::kInvalidArgValue,
              format("The environment variable VORONODE_THREADS must be an integer >= 1 and <= %llu. Received '%s'",
                     static_cast<unsigned long long>(max), value));
}

size_t default_threads(size_t max) noexcept {
  try {
    if (const size_t n = threads_in_environment(max)) return n;
  } catch (const std::exception&) {
    // As if it were not there.
  }
  return std::min(usable_cores(), max);
}

}  // namespace voronode
