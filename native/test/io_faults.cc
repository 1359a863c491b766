// Saving when the operating system fails at any step, or the process is killed at any step: the old file or the new one
// is there, whole.
//
// The calls of the saver are caught by definitions of the same names in this executable, which come before the C
// library's. They pass everything on unless a fault is armed on the calling thread.
#if defined(__linux__)

#include <dlfcn.h>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdarg>
#include <cstring>

#include "index/flat.h"
#include "io/index_io.h"
#include "ivf/ivf_flat.h"
#include "test/golden.h"

namespace voronode::test {
namespace {

struct Fault {
  const char* call = nullptr;  // which calls fail; null: none
  int nth = 0;                 // the how-manieth of them, from 1; 0: all
  int err = 0;                 // with this errno; 0: a write that makes no progress
  size_t most = SIZE_MAX;      // bytes that one write takes
  int kill_before = 0;         // die before this call of any kind, counted from 1
  int seen = 0;                // calls named `call`
  int total = 0;               // calls of all kinds
};

thread_local Fault* armed = nullptr;

// True if this call is to fail.
bool strikes(const char* call) {
  if (armed == nullptr) return false;
  if (++armed->total == armed->kill_before) kill(getpid(), SIGKILL);
  if (armed->call == nullptr || std::strcmp(call, armed->call) != 0) return false;
  return ++armed->seen == armed->nth || armed->nth == 0;
}

template <class Function>
Function* next(const char* name) {
  return reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
}

int fail() {
  errno = armed->err;
  return -1;
}

}  // namespace
}  // namespace voronode::test

extern "C" {

int openat(int dir, const char* path, int flags, ...) {
  va_list args;
  va_start(args, flags);
  const mode_t mode = (flags & O_CREAT) != 0 ? va_arg(args, mode_t) : 0;
  va_end(args);
  if (voronode::test::strikes("open")) return voronode::test::fail();
  return voronode::test::next<int(int, const char*, int, ...)>("openat")(dir, path, flags, mode);
}

ssize_t write(int fd, const void* data, size_t n) {
  using voronode::test::armed;
  if (voronode::test::strikes("write")) return armed->err == 0 ? 0 : voronode::test::fail();
  const size_t most = armed != nullptr ? std::min(n, armed->most) : n;
  return voronode::test::next<ssize_t(int, const void*, size_t)>("write")(fd, data, most);
}

int fchmod(int fd, mode_t mode) {
  if (voronode::test::strikes("fchmod")) return voronode::test::fail();
  return voronode::test::next<int(int, mode_t)>("fchmod")(fd, mode);
}

int fsync(int fd) {
  if (voronode::test::strikes("fsync")) return voronode::test::fail();
  return voronode::test::next<int(int)>("fsync")(fd);
}

// Like Linux: the descriptor is gone even if close fails.
int close(int fd) {
  const bool failing = voronode::test::strikes("close");
  const int rc = voronode::test::next<int(int)>("close")(fd);
  return failing ? voronode::test::fail() : rc;
}

int renameat(int from_dir, const char* from, int to_dir, const char* to) {
  if (voronode::test::strikes("rename")) return voronode::test::fail();
  return voronode::test::next<int(int, const char*, int, const char*)>("renameat")(from_dir, from, to_dir, to);
}

}  // extern "C"

namespace voronode::test {
namespace {

const Bytes kOld = {'o', 'l', 'd'};

// About 300 KB each: a header's write and several pieces.
const Index& index_to_save(bool ivf) {
  static const auto flat = [] {
    auto made = std::make_unique<IndexFlat>(64, Metric::kL2);
    const std::vector<float> x(1200 * 64, 0.5f);
    made->add(1200, x.data(), nullptr);
    return made;
  }();
  static const auto lists = [] {
    std::vector<float> x(1200 * 64);
    for (size_t i = 0; i < x.size(); ++i) x[i] = static_cast<float>(i % 97);
    auto quantizer = std::make_shared<IndexFlat>(64, Metric::kL2);
    quantizer->add(5, x.data(), nullptr);
    auto made = std::make_unique<IndexIVFFlat>(quantizer, 5, Metric::kL2);
    made->set_direct_map_type(DirectMapType::kHashtable);
    made->add(1200, x.data(), nullptr);
    return made;
  }();
  if (ivf) return *lists;
  return *flat;
}

const Bytes& new_bytes(bool ivf = false) {
  static const Bytes bytes[] = {serialize_index(index_to_save(false), nullptr),
                                serialize_index(index_to_save(true), nullptr)};
  return bytes[ivf];
}

// The error of a save over an old file with this fault; err 0 and no syscall if there was none.
struct Outcome {
  int err = 0;
  std::string syscall;
};

Outcome save(const std::string& path, Fault& fault, bool ivf = false) {
  Outcome outcome;
  armed = &fault;
  try {
    write_index(index_to_save(ivf), path, nullptr);
  } catch (const SystemError& error) {
    outcome = {error.err(), error.syscall()};
  } catch (...) {
    armed = nullptr;
    throw;
  }
  armed = nullptr;
  return outcome;
}

}  // namespace

TEST_CASE("whatever call fails, and why: the error is reported, the old file stays, nothing is left behind") {
  bool ivf = false;
  SUBCASE("a flat index") {}
  SUBCASE("an IVF") { ivf = true; }
  const TemporaryFolder folder;
  const std::string path = folder / "index";
  size_t faults = 0;
  for (const char* call : {"open", "fchmod", "write", "fsync", "close", "rename"}) {
    for (const int err : {ENOSPC, EIO, EDQUOT, EPERM}) {
      for (int nth = 1;; ++nth) {
        CAPTURE(call);
        CAPTURE(err);
        CAPTURE(nth);
        write_all(path, kOld);
        Fault fault;
        fault.call = call;
        fault.nth = nth;
        fault.err = err;
        const Outcome outcome = save(path, fault, ivf);
        CHECK(folder.entries() == 1);
        if (fault.seen < nth) {
          CHECK(outcome.err == 0);
          break;
        }
        ++faults;
        // Past the rename there is the directory's fsync, whose error is told, and the closing of the lock and of the
        // directory, which changes nothing.
        const bool renamed = nth >= 2 && (std::strcmp(call, "fsync") == 0 || std::strcmp(call, "close") == 0);
        CHECK(read_all(path) == (renamed ? new_bytes(ivf) : kOld));
        const bool told = !(renamed && std::strcmp(call, "close") == 0);
        CHECK(outcome.err == (told ? err : 0));
        CHECK(outcome.syscall == (told ? call : ""));
      }
    }
  }
  CHECK(faults >= 4 * (2 + 1 + 2 + 2 + 2 + 1));
}

TEST_CASE("interrupted calls are made again") {
  const TemporaryFolder folder;
  const std::string path = folder / "index";
  for (const char* call : {"open", "write", "fsync", "close"}) {
    for (int nth = 1; nth <= 2; ++nth) {
      CAPTURE(call);
      CAPTURE(nth);
      write_all(path, kOld);
      Fault fault;
      fault.call = call;
      fault.nth = nth;
      fault.err = EINTR;
      CHECK(save(path, fault).err == 0);
      CHECK(fault.seen >= nth);
      CHECK(read_all(path) == new_bytes());
    }
  }
  CHECK(folder.entries() == 1);
}

TEST_CASE("a file system that cannot sync directories is no error") {
  const TemporaryFolder folder;
  for (const int err : {EINVAL, ENOTSUP}) {
    Fault fault;
    fault.call = "fsync";
    fault.nth = 2;
    fault.err = err;
    CHECK(save(folder / "index", fault).err == 0);
    CHECK(fault.seen == 2);
    fault.nth = fault.seen + 1;
    CHECK(save(folder / "index", fault).err == err);  // the file itself must be synced
  }
}

TEST_CASE("short writes are continued, a write without progress is an error") {
  bool ivf = false;
  SUBCASE("a flat index") {}
  SUBCASE("an IVF") { ivf = true; }
  const TemporaryFolder folder;
  const std::string path = folder / "index";
  for (const size_t most : {size_t{1}, size_t{7}, size_t{4096}, size_t{65537}}) {
    CAPTURE(most);
    write_all(path, kOld);
    Fault fault;
    fault.most = most;
    CHECK(save(path, fault, ivf).err == 0);
    CHECK(read_all(path) == new_bytes(ivf));
  }
  write_all(path, kOld);
  Fault stuck;
  stuck.call = "write";
  CHECK(save(path, stuck).err == EIO);
  CHECK(read_all(path) == kOld);
  CHECK(folder.entries() == 1);
}

// Not under ThreadSanitizer, which does not follow a fork from a process with threads.
#if !defined(__SANITIZE_THREAD__)
TEST_CASE("killed before any of its calls, a save leaves the old file or the new one") {
  bool ivf = false;
  SUBCASE("a flat index") {}
  SUBCASE("an IVF") { ivf = true; }
  const TemporaryFolder folder;
  const std::string path = folder / "index";
  new_bytes(ivf);
  int kept = 0, replaced = 0;
  for (int step = 1;; ++step) {
    CAPTURE(step);
    write_all(path, kOld);
    const pid_t child = fork();
    REQUIRE(child >= 0);
    if (child == 0) {
      Fault fault;
      fault.kill_before = step;
      save(path, fault, ivf);
      _exit(0);
    }
    int status = 0;
    REQUIRE(waitpid(child, &status, 0) == child);
    if (WIFEXITED(status)) break;
    CHECK(WTERMSIG(status) == SIGKILL);
    const Bytes found = read_all(path);
    CHECK((found == kOld || found == new_bytes(ivf)));
    ++(found == kOld ? kept : replaced);
    CHECK(folder.entries() <= 2);  // its temporary file
    Fault none;
    CHECK(save(path, none, ivf).err == 0);
    CHECK(folder.entries() == 1);
  }
  CHECK(kept >= 8);
  CHECK(replaced >= 2);
}
#endif

}  // namespace voronode::test

#endif
