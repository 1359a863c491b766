// Saving into the file itself: what stays, and that a save which broke off is seen.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "index/flat.h"
#include "io/index_io.h"
#include "test/file_size_limit.h"
#include "test/golden.h"

namespace voronode::test {
namespace {

std::shared_ptr<Index> some_index() {
  const Bytes bytes = golden("idmap_flat_l2");
  return deserialize_index(bytes.data(), bytes.size(), nullptr);
}

int save_error(const std::string& path, const Index& index) {
  try {
    write_index(index, path, nullptr, {Saving::kInPlace});
  } catch (const SystemError& error) {
    CHECK(error.path() == path);
    CHECK(std::string(error.hint()).empty());
    return error.err();
  }
  return 0;
}

}  // namespace

TEST_CASE("in place: targets that are no files give the system's error and stay") {
  const TemporaryFolder folder;
  const auto index = some_index();
  CHECK(save_error("", *index) == ENOENT);
  CHECK(save_error(folder / "", *index) == EISDIR);
  CHECK(save_error(folder / "missing/index", *index) == ENOENT);
  CHECK(save_error("/dev/null", *index) == EINVAL);
  REQUIRE(mkfifo((folder / "pipe").c_str(), 0600) == 0);
  CHECK(save_error(folder / "pipe", *index) == EINVAL);  // nobody reads
  const int reader = open((folder / "pipe").c_str(), O_RDONLY | O_NONBLOCK);
  CHECK(save_error(folder / "pipe", *index) == EINVAL);
  close(reader);
  std::filesystem::create_symlink("loop", folder / "loop");
  CHECK(save_error(folder / "loop", *index) == ELOOP);
  CHECK(folder.entries() == 2);
}

TEST_CASE("in place: the file is left alone until the first write") {
  const TemporaryFolder folder;
  const Bytes old = {'o', 'l', 'd'};
  write_all(folder / "index", old);
  Cancel fired;
  fired.fire();
  CHECK_THROWS_AS(write_index(*some_index(), folder / "index", &fired, {Saving::kInPlace}), Error);
  CHECK(read_all(folder / "index") == old);
  { InPlaceFile file(folder / "index"); }
  CHECK(read_all(folder / "index") == old);
}

TEST_CASE("in place: a write that fails half-way leaves a file that is seen to be broken") {
  const TemporaryFolder folder;
  IndexFlat flat(1024, Metric::kL2);
  const std::vector<float> x(2048 * 1024);
  flat.add(2048, x.data(), nullptr);
  REQUIRE(save_error(folder / "index", flat) == 0);  // an index of the same size, whose end would fit
  int error;
  {
    const FileSizeLimit limit(3 << 20);
    error = save_error(folder / "index", flat);
  }
  CHECK(error == EFBIG);
  CHECK_THROWS_AS(read_index(folder / "index", nullptr), Error);
  CHECK(save_error(folder / "index", flat) == 0);
  CHECK(read_index(folder / "index", nullptr)->ntotal() == 2048);
  CHECK(folder.entries() == 1);
}

TEST_CASE("what a file that cannot be replaced needs is told") {
  if (geteuid() != 0) return;  // root makes a file of another's folder writable to all
  const TemporaryFolder folder;
  write_all(folder / "index", {'o'});
  REQUIRE(chmod((folder / "index").c_str(), 0666) == 0);
  REQUIRE(chmod((folder / "").c_str(), 0755) == 0);
  const auto index = some_index();
  REQUIRE(seteuid(65534) == 0);
  std::string hint;
  try {
    write_index(*index, folder / "index", nullptr);
  } catch (const SystemError& error) {
    hint = error.hint();
  }
  const int in_place = save_error(folder / "index", *index);
  REQUIRE(seteuid(0) == 0);
  CHECK(hint.find("{ atomic: false }") != std::string::npos);
  CHECK(in_place == 0);
  CHECK(read_all(folder / "index") == golden("idmap_flat_l2"));
}

}  // namespace voronode::test
