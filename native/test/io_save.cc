// Saving: all or nothing, with the target's permissions, through links, beside adds.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <thread>

#include "base/gate_hold.h"
#include "index/flat.h"
#include "index/id_map.h"
#include "io/index_io.h"
#include "io/sink.h"
#include "io/writer.h"
#include "test/file_size_limit.h"
#include "test/golden.h"

namespace voronode::test {
namespace {

namespace fs = std::filesystem;

std::shared_ptr<Index> some_index() {
  const Bytes bytes = golden("idmap_flat_l2");
  return deserialize_index(bytes.data(), bytes.size(), nullptr);
}

int save_error(const std::string& path) {
  try {
    write_index(*some_index(), path, nullptr);
  } catch (const SystemError& error) {
    CHECK(error.path() == path);
    return error.err();
  }
  return 0;
}

unsigned mode_of(const std::string& path) {
  struct stat st;
  REQUIRE(lstat(path.c_str(), &st) == 0);
  return st.st_mode & 07777;
}

const Bytes kOld = {'o', 'l', 'd'};

}  // namespace

TEST_CASE("a new file has the process's default permissions, an old one keeps its own") {
  const TemporaryFolder folder;
  const mode_t mask = umask(027);
  CHECK(save_error(folder / "new") == 0);
  CHECK(mode_of(folder / "new") == 0640);
  for (const mode_t mode : {0600, 0644, 0666, 0755}) {
    REQUIRE(chmod((folder / "new").c_str(), mode) == 0);
    CHECK(save_error(folder / "new") == 0);
    CHECK(mode_of(folder / "new") == mode);
  }
  REQUIRE(chmod((folder / "new").c_str(), 06777) == 0);
  CHECK(save_error(folder / "new") == 0);
  CHECK(mode_of(folder / "new") == 0777);  // what a program may do must not pass to other bytes
  umask(mask);
  CHECK(read_all(folder / "new") == golden("idmap_flat_l2"));
  CHECK(folder.entries() == 1);
}

TEST_CASE("an old file keeps its owner where the process may give files away") {
  if (geteuid() != 0) return;
  const TemporaryFolder folder;
  write_all(folder / "index", kOld);
  REQUIRE(chown((folder / "index").c_str(), 1234, 4321) == 0);
  CHECK(save_error(folder / "index") == 0);
  struct stat st;
  REQUIRE(stat((folder / "index").c_str(), &st) == 0);
  CHECK(st.st_uid == 1234);
  CHECK(st.st_gid == 4321);
}

TEST_CASE("where the group cannot be kept, nobody may read who could not before") {
  if (geteuid() != 0) return;
  const TemporaryFolder folder;
  fs::permissions(folder / "", fs::perms::all);
  struct Case {
    mode_t old, expected;
  };
  for (const Case& c : {Case{0666, 0666}, Case{0646, 0644}, Case{0676, 0666}, Case{0606, 0600}, Case{0662, 0622}}) {
    CAPTURE(c.old);
    write_all(folder / "index", kOld);
    REQUIRE(chown((folder / "index").c_str(), 1234, 4321) == 0);
    REQUIRE(chmod((folder / "index").c_str(), c.old) == 0);
    REQUIRE(seteuid(65534) == 0);
    const int error = save_error(folder / "index");
    REQUIRE(seteuid(0) == 0);
    CHECK(error == 0);
    CHECK(mode_of(folder / "index") == c.expected);
    struct stat st;
    REQUIRE(stat((folder / "index").c_str(), &st) == 0);
    CHECK(st.st_uid == 65534);
    CHECK(st.st_gid != 4321);
    fs::remove(folder / "index");
  }
}

TEST_CASE("the temporary file is never open to more than the target") {
  const TemporaryFolder folder;
  const mode_t mask = umask(0);
  write_all(folder / "index", kOld);
  for (const mode_t mode : {0600, 0640, 0664}) {
    REQUIRE(chmod((folder / "index").c_str(), mode) == 0);
    AtomicFile file(folder / "index");
    for (const auto& entry : fs::directory_iterator(folder / "")) CHECK((mode_of(entry.path()) & ~mode) == 0);
  }
  umask(mask);
}

TEST_CASE("other hard links keep the old content") {
  const TemporaryFolder folder;
  write_all(folder / "index", kOld);
  fs::create_hard_link(folder / "index", folder / "other");
  CHECK(save_error(folder / "index") == 0);
  CHECK(read_all(folder / "index") == golden("idmap_flat_l2"));
  CHECK(read_all(folder / "other") == kOld);
}

TEST_CASE("links are followed and stay") {
  const TemporaryFolder folder;
  fs::create_directory(folder / "there");
  write_all(folder / "there/index", kOld);
  fs::create_symlink("there/index", folder / "relative");
  fs::create_symlink(folder / "relative", folder / "absolute");
  fs::create_symlink("there/to come", folder / "dangling");
  fs::create_symlink("loop", folder / "loop");
  CHECK(save_error(folder / "absolute") == 0);
  CHECK(read_all(folder / "there/index") == golden("idmap_flat_l2"));
  CHECK(fs::is_symlink(folder / "relative"));
  CHECK(fs::is_symlink(folder / "absolute"));
  CHECK(save_error(folder / "dangling") == 0);
  CHECK(read_all(folder / "there/to come") == golden("idmap_flat_l2"));
  CHECK(save_error(folder / "loop") == ELOOP);
  CHECK(folder.entries() == 5);
}

TEST_CASE("targets that cannot be replaced give the system's error and stay") {
  const TemporaryFolder folder;
  CHECK(save_error("") == ENOENT);
  CHECK(save_error(folder / "") == EISDIR);
  CHECK(save_error(folder / ".") == EISDIR);
  CHECK(save_error(folder / "missing/index") == ENOENT);
  CHECK(save_error("/dev/null") == EINVAL);
  CHECK(fs::is_character_file("/dev/null"));
  REQUIRE(mkfifo((folder / "pipe").c_str(), 0600) == 0);
  CHECK(save_error(folder / "pipe") == EINVAL);
  CHECK(fs::is_fifo(folder / "pipe"));
  write_all(folder / "file", kOld);
  CHECK(save_error(folder / "file/index") == ENOTDIR);
  CHECK(save_error(folder / std::string(300, 'n')) == ENAMETOOLONG);
  CHECK(save_error(folder / std::string(255, 'n')) == 0);
  CHECK(folder.entries() == 3);
}

TEST_CASE("a file that the process may not write is not replaced") {
  const TemporaryFolder folder;
  const bool root = geteuid() == 0;
  fs::permissions(folder / "", fs::perms::all);
  write_all(folder / "index", kOld);
  REQUIRE(chmod((folder / "index").c_str(), 0444) == 0);
  if (root) REQUIRE(seteuid(65534) == 0);  // root may write everything
  const int error = save_error(folder / "index");
  if (root) REQUIRE(seteuid(0) == 0);
  CHECK(error == EACCES);
  CHECK(read_all(folder / "index") == kOld);
  CHECK(folder.entries() == 1);
}

TEST_CASE("a write that fails half-way leaves the old file and nothing else") {
  const TemporaryFolder folder;
  write_all(folder / "index", kOld);
  IndexFlat flat(1024, Metric::kL2);
  const std::vector<float> x(2048 * 1024);
  flat.add(2048, x.data(), nullptr);
  int error = 0;
  try {
    const FileSizeLimit limit(3 << 20);
    write_index(flat, folder / "index", nullptr);
  } catch (const SystemError& e) {
    error = e.err();
    CHECK(std::string(e.syscall()) == "write");
  }
  CHECK(error == EFBIG);
  CHECK(read_all(folder / "index") == kOld);
  CHECK(folder.entries() == 1);
}

TEST_CASE("saving can be cancelled at any piece and then changes nothing") {
  class Firing final : public Sink {
   public:
    Firing(FileSink& sink, Cancel& cancel, int after) : sink_(sink), cancel_(cancel), left_(after) {}
    void write(const void* data, size_t n) override {
      sink_.write(data, n);
      if (left_-- == 0) cancel_.fire();
    }

   private:
    FileSink& sink_;
    Cancel& cancel_;
    int left_;
  };
  const TemporaryFolder folder;
  write_all(folder / "index", kOld);
  const std::vector<char> data(size_t{5} << 20);
  for (int after = 0; after < 4; ++after) {
    Cancel cancel;
    FileSink file(folder / "index");
    CHECK(folder.entries() == 2);
    Firing firing(file, cancel, after);
    Writer writer(firing, &cancel);
    CHECK_THROWS_AS(writer.bytes(data.data(), data.size()), Error);
  }
  Cancel fired;
  fired.fire();
  CHECK_THROWS_AS(write_index(*some_index(), folder / "index", &fired), Error);
  CHECK_THROWS_AS(serialize_index(*some_index(), &fired), Error);
  CHECK(read_all(folder / "index") == kOld);
  CHECK(folder.entries() == 1);
}

TEST_CASE("what is saved beside adds is one moment of the index") {
  constexpr size_t kBatch = 7, kBatches = 3000, kDimension = 3;
  IndexIDMap map(std::make_shared<IndexFlat>(kDimension, Metric::kL2), false);
  std::atomic<bool> done{false};
  std::thread adder([&] {
    for (size_t b = 0; b < kBatches; ++b) {
      float x[kBatch * kDimension];
      idx_t ids[kBatch];
      for (size_t i = 0; i < kBatch; ++i) {
        ids[i] = static_cast<idx_t>(b * kBatch + i);
        std::fill_n(x + i * kDimension, kDimension, static_cast<float>(ids[i]));
      }
      const GateHold hold(map.gate(), Access::kAppend);
      map.add_with_ids(kBatch, x, ids, nullptr);
    }
    done = true;
  });
  size_t saves = 0;
  for (bool last = false; !last; ++saves) {
    last = done;
    Bytes bytes;
    {
      const GateHold hold(map.gate(), Access::kRead);
      bytes = serialize_index(map, nullptr);
    }
    const auto index = deserialize_index(bytes.data(), bytes.size(), nullptr);
    REQUIRE(index->ntotal() % kBatch == 0);
    const auto& read = dynamic_cast<const IndexIDMap&>(*index);
    const auto ids = read.ids().view();
    const auto rows = dynamic_cast<const IndexFlat&>(*read.inner()).rows().view();
    bool matching = true;
    for (size_t i = 0; i < ids.size(); ++i) {
      matching = matching && *ids.row(i) == static_cast<idx_t>(i) && rows.row(i)[2] == static_cast<float>(i);
    }
    REQUIRE(matching);
  }
  adder.join();
  CHECK(saves > 1);
}

}  // namespace voronode::test
