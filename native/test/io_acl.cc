// Access control lists of files that are saved over.
#if defined(__linux__)

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "index/flat.h"
#include "io/index_io.h"
#include "test/golden.h"

namespace voronode::test {
namespace {

constexpr const char* kAccess = "system.posix_acl_access";
constexpr const char* kDefault = "system.posix_acl_default";

// As acl(5) has it in the attribute: user::rw-, user:<reader>:r--, group::---, mask::r--, other::---.
std::string acl(uint32_t reader) {
  struct Entry {
    uint16_t tag, rights;
    uint32_t id;
  };
  constexpr uint32_t kNobody = 0xffffffff;
  const Entry entries[] = {{1, 6, kNobody}, {2, 4, reader}, {4, 0, kNobody}, {16, 4, kNobody}, {32, 0, kNobody}};
  std::string out("\x02\0\0\0", 4);  // the version
  out.append(reinterpret_cast<const char*>(entries), sizeof entries);
  return out;
}

std::string acl_of(const std::string& path) {
  std::string out(1000, '\0');
  const ssize_t size = getxattr(path.c_str(), kAccess, out.data(), out.size());
  out.resize(size < 0 ? 0 : static_cast<size_t>(size));
  return out;
}

bool set(const std::string& path, const char* name, const std::string& value) {
  return setxattr(path.c_str(), name, value.data(), value.size(), 0) == 0;
}

mode_t mode_of(const std::string& path) {
  struct stat st;
  REQUIRE(stat(path.c_str(), &st) == 0);
  return st.st_mode & 07777;
}

const IndexFlat& index() {
  static const IndexFlat flat(4, Metric::kL2);
  return flat;
}

}  // namespace

TEST_CASE("an old file keeps its access control list") {
  const TemporaryFolder folder;
  const std::string path = folder / "index";
  write_all(path, {});
  if (!set(path, kAccess, acl(1234))) return;  // this file system has none
  write_index(index(), path, nullptr);
  CHECK(acl_of(path) == acl(1234));
  CHECK(mode_of(path) == 0640);
}

TEST_CASE("what a folder grants to new files is not granted by saving over an old one") {
  const TemporaryFolder folder;
  const std::string path = folder / "index";
  write_all(path, {});
  REQUIRE(chmod(path.c_str(), 0640) == 0);
  if (!set(folder / "", kDefault, acl(1234))) return;
  write_index(index(), path, nullptr);
  CHECK(acl_of(path).empty());
  CHECK(mode_of(path) == 0640);
  write_index(index(), folder / "new", nullptr);
  CHECK(acl_of(folder / "new") == acl(1234));
}

TEST_CASE("a list that cannot be kept leaves the file to its owner") {
  if (geteuid() != 0) return;
  const TemporaryFolder folder;
  const std::string path = folder / "index";
  REQUIRE(chmod((folder / "").c_str(), 0777) == 0);
  write_all(path, {});
  REQUIRE(chown(path.c_str(), 1234, 4321) == 0);
  std::string writable = acl(65534);
  writable[4 + 8 + 2] = 6;
  writable[4 + 3 * 8 + 2] = 6;
  if (!set(path, kAccess, writable)) return;
  REQUIRE(seteuid(65534) == 0);
  int error = 0;
  try {
    write_index(index(), path, nullptr);
  } catch (const SystemError& e) {
    error = e.err();
  }
  REQUIRE(seteuid(0) == 0);
  CHECK(error == 0);
  CHECK(acl_of(path).empty());
  CHECK(mode_of(path) == 0600);
}

}  // namespace voronode::test

#endif
