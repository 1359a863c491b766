// Which kernels a process uses, seen in processes of their own: the choice is made once.
#include <doctest/doctest.h>

#include <cstdlib>
#include <cstring>
#include <string>

#include "kernels/kernels.h"
#include "test/targets.h"

#if defined(__linux__)
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>
extern char** environ;
#endif

namespace voronode::test {
namespace {

const char* forced() {
  const char* name = std::getenv("VORONODE_SIMD");
  return name == nullptr ? "" : name;
}

const Kernels* named(const char* name) {
  for (const Kernels* target : runnable_targets()) {
    if (std::strcmp(target->name, name) == 0) return target;
  }
  return nullptr;
}

#if defined(__linux__)
// VORONODE_SIMD for the life of a scope, for processes started in it.
class Forced {
 public:
  explicit Forced(const char* name) : saved_(forced()) { setenv("VORONODE_SIMD", name, 1); }
  ~Forced() { setenv("VORONODE_SIMD", saved_.c_str(), 1); }
  Forced(const Forced&) = delete;
  Forced& operator=(const Forced&) = delete;

 private:
  std::string saved_;
};

// The exit status of this program run again with these test cases; -1 if it could not be started, which an emulator of
// another processor may be the cause of.
int run_again(std::string test_cases) {
  std::string program = "/proc/self/exe";
  std::string filter = "--test-case=" + std::move(test_cases);
  std::string quiet = "--minimal";
  char* argv[] = {program.data(), filter.data(), quiet.data(), nullptr};
  pid_t child = 0;
  if (posix_spawn(&child, program.c_str(), nullptr, nullptr, argv, environ) != 0) return -1;
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  REQUIRE(WIFEXITED(status));
  return WEXITSTATUS(status) == 127 ? -1 : WEXITSTATUS(status);
}
#endif

}  // namespace

TEST_CASE("dispatch: every target has its name once, and the plainest comes last") {
  const std::vector<const Kernels*> targets = runnable_targets();
  REQUIRE(!targets.empty());
  CHECK(std::string(targets.back()->name) == "generic");
  for (const Kernels* target : targets) CHECK(named(target->name) == target);
}

TEST_CASE("dispatch: runnable_targets writes no more than there is room for") {
  const size_t n = voronode::runnable_targets(nullptr, 0);
  std::vector<const Kernels*> tables(n + 1, nullptr);
  CHECK(voronode::runnable_targets(tables.data(), 1) == n);
  CHECK(tables[0] != nullptr);
  CHECK(tables[1] == nullptr);
}

TEST_CASE("dispatch: the table in use is the one named by VORONODE_SIMD, else the best") {
  const Kernels* const wanted = named(forced());
  CHECK(&kernels() == (wanted != nullptr ? wanted : runnable_targets().front()));
  CHECK(forced_target_is_unknown() == (wanted == nullptr && *forced() != '\0'));
}

#if defined(__linux__)
TEST_CASE("every forced target searches as the definition says") {
  std::vector<std::string> names = {"", "pentium", "generic ", "GENERIC"};
  for (const Kernels* target : runnable_targets()) names.emplace_back(target->name);
  for (const std::string& name : names) {
    const Forced environment(name.c_str());
    CAPTURE(name);
    const bool known = named(name.c_str()) != nullptr;
    const int status = run_again(known ? "dispatch:*,flat: every k*,flat: hostile*" : "dispatch:*");
    if (status == -1) {
      MESSAGE("This program cannot start itself here (an emulator?): forced targets were not tried");
      return;
    }
    CHECK(status == 0);
  }
}
#endif

}  // namespace voronode::test
