// Files on Windows. What differs from POSIX: the new file gets the folder's default permissions, a link whose target
// does not exist is itself replaced, and the rename is made durable by MOVEFILE_WRITE_THROUGH, as folders cannot be
// synced.
#include "io/file.h"

#ifdef _WIN32

#include <windows.h>

#include <algorithm>
#include <cerrno>
#include <random>
#include <utility>

#include "base/error.h"

namespace voronode {
namespace {

constexpr size_t kMaxCall = size_t{1} << 30;  // calls take 32-bit lengths

// The errno that Node reports for a Windows error.
int to_errno(DWORD error) noexcept {
  switch (error) {
    case ERROR_FILE_NOT_FOUND:
    case ERROR_PATH_NOT_FOUND:
    case ERROR_INVALID_NAME:
    case ERROR_DIRECTORY:
      return ENOENT;
    case ERROR_ACCESS_DENIED:
    case ERROR_WRITE_PROTECT:
      return EPERM;
    case ERROR_SHARING_VIOLATION:
    case ERROR_LOCK_VIOLATION:
      return EBUSY;
    case ERROR_FILE_EXISTS:
    case ERROR_ALREADY_EXISTS:
      return EEXIST;
    case ERROR_DISK_FULL:
    case ERROR_HANDLE_DISK_FULL:
      return ENOSPC;
    case ERROR_TOO_MANY_OPEN_FILES:
      return EMFILE;
    case ERROR_NOT_ENOUGH_MEMORY:
    case ERROR_OUTOFMEMORY:
      return ENOMEM;
    case ERROR_FILENAME_EXCED_RANGE:
      return ENAMETOOLONG;
    default:
      return EIO;
  }
}

[[noreturn]] void fail(const char* syscall, const std::string& path) {
  throw SystemError(to_errno(GetLastError()), syscall, path);
}

// UTF-8 to UTF-16.
std::wstring wide(const std::string& path) {
  if (path.find('\0') != std::string::npos) {
    throw Error(Code::kInvalidArgValue, "The argument 'path' must be a string, Uint8Array, or URL without null bytes");
  }
  if (path.empty()) throw SystemError(ENOENT, "open", path);
  const int bytes = static_cast<int>(std::min(path.size(), kMaxCall));
  const int n = MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, path.data(), bytes, nullptr, 0);
  if (n == 0) throw SystemError(ENOENT, "open", path);
  std::wstring out(static_cast<size_t>(n), L'\0');
  MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, path.data(), bytes, out.data(), n);
  return out;
}

class Handle {
 public:
  explicit Handle(HANDLE handle = INVALID_HANDLE_VALUE) noexcept : handle_(handle) {}
  ~Handle() {
    if (valid()) CloseHandle(handle_);
  }
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;
  bool valid() const noexcept { return handle_ != INVALID_HANDLE_VALUE; }
  HANDLE get() const noexcept { return handle_; }
  void reset(HANDLE handle) noexcept { handle_ = handle; }
  HANDLE release() noexcept { return std::exchange(handle_, INVALID_HANDLE_VALUE); }

 private:
  HANDLE handle_;
};

HANDLE open_existing(const std::wstring& path, DWORD access) noexcept {
  constexpr DWORD kShareAll = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE;
  // FILE_FLAG_BACKUP_SEMANTICS: folders open too, so that they can be told from files that may not be read.
  return CreateFileW(path.c_str(), access, kShareAll, nullptr, OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS, nullptr);
}

bool is_folder(HANDLE handle) noexcept {
  BY_HANDLE_FILE_INFORMATION information;
  return GetFileInformationByHandle(handle, &information) != 0 &&
         (information.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY) != 0;
}

void write_fully(HANDLE file, const void* data, size_t n, const std::string& path) {
  const char* p = static_cast<const char*>(data);
  while (n != 0) {
    DWORD done = 0;
    if (WriteFile(file, p, static_cast<DWORD>(std::min(n, kMaxCall)), &done, nullptr) == 0) fail("write", path);
    if (done == 0) throw SystemError(EIO, "write", path);
    p += done;
    n -= done;
  }
}

// Sees that what was opened for writing is a file.
void check_target(HANDLE file, const std::string& path) {
  if (is_folder(file)) throw SystemError(EISDIR, "open", path);
  if (GetFileType(file) != FILE_TYPE_DISK) throw SystemError(EINVAL, "open", path);
}

}  // namespace

struct InputFile::State {
  std::string path;
  Handle file;
  uint64_t size = 0;
};

InputFile::InputFile(const std::string& path) : state_(std::make_unique<State>()) {
  state_->path = path;
  state_->file.reset(open_existing(wide(path), GENERIC_READ));
  const HANDLE file = state_->file.get();
  if (!state_->file.valid()) fail("open", path);
  if (is_folder(file)) throw SystemError(EISDIR, "read", path);
  if (GetFileType(file) != FILE_TYPE_DISK) throw SystemError(ESPIPE, "read", path);
  LARGE_INTEGER size;
  if (GetFileSizeEx(file, &size) == 0) fail("fstat", path);
  state_->size = static_cast<uint64_t>(size.QuadPart);
}

InputFile::~InputFile() = default;
InputFile::InputFile(InputFile&&) noexcept = default;

uint64_t InputFile::size() const noexcept { return state_->size; }

size_t InputFile::read_at(uint64_t offset, void* out, size_t n) {
  size_t done = 0;
  while (done < n) {
    OVERLAPPED at = {};
    at.Offset = static_cast<DWORD>(offset + done);
    at.OffsetHigh = static_cast<DWORD>((offset + done) >> 32);
    DWORD got = 0;
    const DWORD piece = static_cast<DWORD>(std::min(n - done, kMaxCall));
    if (ReadFile(state_->file.get(), static_cast<char*>(out) + done, piece, &got, &at) == 0) {
      if (GetLastError() == ERROR_HANDLE_EOF) break;
      fail("read", state_->path);
    }
    if (got == 0) break;
    done += got;
  }
  return done;
}

struct AtomicFile::State {
  std::string path;  // as the caller gave it, for messages
  std::wstring target;
  std::wstring temporary;  // empty when there is none to remove
  Handle file;

  ~State() {
    if (file.valid()) CloseHandle(file.release());
    if (!temporary.empty()) DeleteFileW(temporary.c_str());
  }

  // Sees that an existing target is a file, and follows links to it.
  void resolve() {
    const Handle old(open_existing(target, 0));
    if (!old.valid()) {
      if (to_errno(GetLastError()) != ENOENT) fail("open", path);
      return;
    }
    check_target(old.get(), path);
    const DWORD length = GetFinalPathNameByHandleW(old.get(), nullptr, 0, FILE_NAME_NORMALIZED);
    if (length == 0) fail("open", path);
    std::wstring final_path(length, L'\0');
    final_path.resize(GetFinalPathNameByHandleW(old.get(), final_path.data(), length, FILE_NAME_NORMALIZED));
    target = std::move(final_path);
  }

  void create_temporary() {
    const size_t slash = target.find_last_of(L"\\/:");
    const std::wstring folder = slash == std::wstring::npos ? L"" : target.substr(0, slash + 1);
    std::random_device random;
    constexpr int kAttempts = 100;
    for (int i = 0; i < kAttempts && !file.valid(); ++i) {
      const std::string name = format(".voronode-%08x%08x.tmp", random(), random());
      std::wstring candidate = folder + std::wstring(name.begin(), name.end());
      file.reset(CreateFileW(candidate.c_str(), GENERIC_WRITE, 0, nullptr, CREATE_NEW, FILE_ATTRIBUTE_NORMAL, nullptr));
      if (file.valid()) {
        temporary = std::move(candidate);
      } else if (to_errno(GetLastError()) != EEXIST) {
        fail("open", path);
      }
    }
    if (!file.valid()) fail("open", path);
  }
};

AtomicFile::AtomicFile(const std::string& path) : state_(std::make_unique<State>()) {
  state_->path = path;
  state_->target = wide(path);
  state_->resolve();
  state_->create_temporary();
}

AtomicFile::~AtomicFile() = default;

void AtomicFile::write(const void* data, size_t n) { write_fully(state_->file.get(), data, n, state_->path); }

void AtomicFile::sync() {
  if (FlushFileBuffers(state_->file.get()) == 0) fail("fsync", state_->path);
}

void AtomicFile::commit() {
  State& s = *state_;
  if (CloseHandle(s.file.release()) == 0) fail("close", s.path);
  constexpr DWORD kFlags = MOVEFILE_REPLACE_EXISTING | MOVEFILE_WRITE_THROUGH;
  if (MoveFileExW(s.temporary.c_str(), s.target.c_str(), kFlags) == 0) fail("rename", s.path);
  s.temporary.clear();
}

struct InPlaceFile::State {
  std::string path;
  Handle file;
  bool emptied = false;
};

InPlaceFile::InPlaceFile(const std::string& path) : state_(std::make_unique<State>()) {
  state_->path = path;
  const std::wstring target = wide(path);
  // A folder opens for reading its attributes only, and must be told from a file that may not be written.
  const Handle old(open_existing(target, 0));
  if (old.valid()) check_target(old.get(), path);
  state_->file.reset(CreateFileW(target.c_str(), GENERIC_WRITE, FILE_SHARE_READ, nullptr, OPEN_ALWAYS,
                                 FILE_ATTRIBUTE_NORMAL, nullptr));
  if (!state_->file.valid()) fail("open", path);
}

InPlaceFile::~InPlaceFile() = default;

void InPlaceFile::write(const void* data, size_t n) {
  State& s = *state_;
  // An empty file is seen to be broken; old bytes behind new ones might be taken for an index.
  if (!s.emptied && SetEndOfFile(s.file.get()) == 0) fail("ftruncate", s.path);
  s.emptied = true;
  write_fully(s.file.get(), data, n, s.path);
}

void InPlaceFile::sync() {
  if (FlushFileBuffers(state_->file.get()) == 0) fail("fsync", state_->path);
}

void InPlaceFile::commit() {
  if (CloseHandle(state_->file.release()) == 0) fail("close", state_->path);
}

}  // namespace voronode

#endif
