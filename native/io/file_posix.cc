#include "io/file.h"

#ifndef _WIN32

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/error.h"
#include "io/file_attributes.h"
#include "io/file_calls_posix.h"
#include "io/file_descriptor.h"
#include "io/file_temporary.h"

namespace voronode {

struct InputFile::State {
  std::string path;
  Descriptor fd;
  uint64_t size = 0;
};

InputFile::InputFile(const std::string& path) : state_(std::make_unique<State>()) {
  state_->path = path;
  struct stat st;
  open_regular(path, &state_->fd, &st);
  state_->size = static_cast<uint64_t>(st.st_size);
}

InputFile::~InputFile() = default;
InputFile::InputFile(InputFile&&) noexcept = default;

uint64_t InputFile::size() const noexcept { return state_->size; }

size_t InputFile::read_at(uint64_t offset, void* out, size_t n) {
  return read_fully(state_->fd.get(), offset, out, n, state_->path);
}

namespace {

// What a file that may be written, but not replaced, needs. The option is writeIndex's.
constexpr const char* kUnwritableFolder =
    "the file may be written, but not its folder, into which the new file must be put; make the folder writable, or "
    "save "
    "with { atomic: false }";
constexpr const char* kMounted =
    "the file is a mount of its own (or another program holds it), so that no new file can take its place; mount its "
    "folder, or save with { atomic: false }";

}  // namespace

struct AtomicFile::State {
  std::string path;  // as the caller gave it, for messages
  std::string name;  // of the target, in the directory
  Descriptor directory;
  TemporaryFile file;

  [[noreturn]] void fail(const char* syscall, const char* hint = "") const {
    throw SystemError(errno, syscall, path, hint);
  }

  void create_temporary(mode_t mode, const char* hint) {
    if (!file.create(directory.get(), name, mode)) fail("open", errno == EACCES || errno == EROFS ? hint : "");
  }
};

AtomicFile::AtomicFile(const std::string& path) : state_(std::make_unique<State>()) {
  check_path(path);
  State& s = *state_;
  s.path = path;
  if (path.empty()) throw SystemError(ENOENT, "open", path);
  const std::string target = follow_links(path);
  s.name = target.substr(target.rfind('/') + 1);  // npos + 1 == 0
  if (s.name.empty()) throw SystemError(EISDIR, "open", path);
  s.directory.reset(open_retrying(AT_FDCWD, directory_of(target).c_str(), O_RDONLY | O_DIRECTORY));
  if (s.directory.get() < 0) s.fail("open");

  struct stat old;
  if (::fstatat(s.directory.get(), s.name.c_str(), &old, AT_SYMLINK_NOFOLLOW) != 0) {
    if (errno != ENOENT) s.fail("stat");
    s.create_temporary(0666, "");  // less the umask
    return;
  }
  if (S_ISDIR(old.st_mode)) throw SystemError(EISDIR, "open", path);
  if (!S_ISREG(old.st_mode)) throw SystemError(EINVAL, "open", path);
  // A rename would replace a file that is write-protected; the protection is meant.
  if (::faccessat(s.directory.get(), s.name.c_str(), W_OK, AT_EACCESS) != 0) s.fail("open");
  s.create_temporary(0600, kUnwritableFolder);
  if (!take_over_attributes(s.file.get(), target, old)) s.fail("fchmod");
}

AtomicFile::~AtomicFile() = default;

void AtomicFile::write(const void* data, size_t n) { write_fully(state_->file.get(), data, n, state_->path); }

void AtomicFile::sync() {
  if (sync_retrying(state_->file.get()) != 0) state_->fail("fsync");
}

void AtomicFile::commit() {
  State& s = *state_;
  if (!s.file.close()) s.fail("close");
  if (!s.file.rename(s.name)) s.fail("rename", errno == EBUSY ? kMounted : "");
  if (!sync_directory(s.directory.get())) s.fail("fsync");
}

}  // namespace voronode

#endif
