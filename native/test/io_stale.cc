// What killed savers leave, and who removes it.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <iostream>
#include <thread>

#include "index/flat.h"
#include "io/file.h"
#include "io/index_io.h"
#include "test/golden.h"

namespace voronode::test {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> temporaries(const TemporaryFolder& folder) {
  std::vector<std::string> out;
  for (const auto& entry : fs::directory_iterator(folder / "")) {
    if (entry.path().filename().string().starts_with(".voronode-")) out.push_back(entry.path().string());
  }
  return out;
}

void save(const std::string& path) {
  AtomicFile file(path);
  file.write("new", 3);
  file.sync();
  file.commit();
}

// The name of the temporary file of a save to `path`, with another end.
std::string named_like(const TemporaryFolder& folder, const std::string& path, const char* digits) {
  const AtomicFile file(path);
  std::string name = temporaries(folder).at(0);
  return name.replace(name.size() - 4 - 16, 16, digits);
}

constexpr const char* kDigits = "0123456789abcdef";

// A process that has begun to save to `path` and waits.
class Saver {
 public:
  explicit Saver(const std::string& path) {
    int ends[2];
    REQUIRE(pipe(ends) == 0);
    pid_ = fork();
    REQUIRE(pid_ >= 0);
    if (pid_ == 0) {
      const AtomicFile file(path);
      if (::write(ends[1], "x", 1) == 1) pause();
      _exit(1);
    }
    char begun;
    REQUIRE(::read(ends[0], &begun, 1) == 1);
    ::close(ends[0]);
    ::close(ends[1]);
  }
  ~Saver() { end(); }
  void end() {
    if (pid_ == 0) return;
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
    pid_ = 0;
  }

 private:
  pid_t pid_ = 0;
};

}  // namespace

// Not under ThreadSanitizer, which does not follow a fork from a process with threads.
#if !defined(__SANITIZE_THREAD__)
TEST_CASE("the file of a killed saver is removed by the next save to the same target, that of a living one is not") {
  const TemporaryFolder folder;
  const std::string path = folder / "index";
  Saver living(path), other(folder / "other"), killed(path);
  CHECK(temporaries(folder).size() == 3);
  killed.end();
  CHECK(temporaries(folder).size() == 3);
  save(path);
  CHECK(temporaries(folder).size() == 2);
  save(path);
  CHECK(temporaries(folder).size() == 2);
  living.end();
  save(path);
  CHECK(temporaries(folder).size() == 1);
  other.end();
  save(path);  // another target
  CHECK(temporaries(folder).size() == 1);
  fs::create_symlink("other", folder / "link");
  save(folder / "link");  // the same target
  CHECK(temporaries(folder).empty());
}
#endif

TEST_CASE("a save of this process that is under way is not disturbed") {
  const TemporaryFolder folder;
  const std::string path = folder / "index";
  AtomicFile first(path);
  first.write("first", 5);
  save(path);
  first.sync();
  save(path);
  first.commit();
  CHECK(read_all(path) == Bytes{'f', 'i', 'r', 's', 't'});
  CHECK(folder.entries() == 1);
}

TEST_CASE("many savers to one target do not take each other's files") {
  const TemporaryFolder folder;
  std::vector<std::thread> savers;
  std::atomic<int> failures{0};
  for (int i = 0; i < 4; ++i) {
    savers.emplace_back([&] {
      try {
        for (int n = 0; n < 200; ++n) save(folder / "index");
      } catch (...) {
        ++failures;
      }
    });
  }
  for (std::thread& saver : savers) saver.join();
  CHECK(failures == 0);
  CHECK(folder.entries() == 1);
}

TEST_CASE("what only looks like a file left behind stays") {
  const TemporaryFolder folder;
  const std::string path = folder / "index";
  const std::string name = named_like(folder, path, kDigits);
  write_all(folder / "precious", {'p'});
  SUBCASE("a symbolic link") { fs::create_symlink(folder / "precious", name); }
  SUBCASE("a hard link") { fs::create_hard_link(folder / "precious", name); }
  SUBCASE("a folder") { fs::create_directory(name); }
  SUBCASE("a pipe") { REQUIRE(mkfifo(name.c_str(), 0600) == 0); }
  SUBCASE("a longer name") { write_all(name + ".bak", {'p'}); }
  SUBCASE("a name of earlier versions") { write_all(folder / ".voronode-0123456789abcdef.tmp", {'p'}); }
  save(path);
  CHECK(temporaries(folder).size() == 1);
  CHECK(read_all(folder / "precious") == Bytes{'p'});
}

TEST_CASE("a file that was left is removed, unless it is another user's") {
  const TemporaryFolder folder;
  const std::string path = folder / "index";
  const std::string name = named_like(folder, path, kDigits);
  write_all(name, {'p'});
  if (geteuid() == 0) {
    REQUIRE(chmod((folder / "").c_str(), 0777) == 0);
    REQUIRE(seteuid(65534) == 0);
    save(path);
    REQUIRE(seteuid(0) == 0);
    CHECK(fs::exists(name));
  }
  save(path);
  CHECK(folder.entries() == 1);
}

#if !defined(__SANITIZE_THREAD__)
TEST_CASE("a process that ends in order leaves nothing") {
  const TemporaryFolder folder;
  std::cout.flush();  // or the child's end would print it too
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    [[maybe_unused]] auto* const file = new AtomicFile(folder / "index");
    std::exit(0);
  }
  REQUIRE(waitpid(child, nullptr, 0) == child);
  CHECK(folder.entries() == 0);
}
#endif

}  // namespace voronode::test
