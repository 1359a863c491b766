// The one exception type of the core. Every failure that a caller can provoke is an Error with a Code; the binding
// maps the code to a JavaScript class and `err.code`, one to one (docs: the table "Errors" of the API page).
#pragma once

#include <exception>
#include <string>
#include <utility>

namespace voronode {

enum class Code {
  kInvalidArgType,   // TypeError   ERR_INVALID_ARG_TYPE
  kInvalidArgValue,  // TypeError   ERR_INVALID_ARG_VALUE
  kOutOfRange,       // RangeError  ERR_OUT_OF_RANGE
  kDimension,        // RangeError  ERR_VORONODE_DIMENSION
  kNotTrained,       // Error       ERR_VORONODE_NOT_TRAINED
  kClosed,           // Error       ERR_VORONODE_CLOSED
  kUnsupported,      // Error       ERR_VORONODE_UNSUPPORTED
  kCorrupt,          // Error       ERR_VORONODE_CORRUPT
  kNoMemory,         // RangeError  ERR_VORONODE_NO_MEMORY
  kAborted,          // AbortError  ABORT_ERR
  kSystem,           // Error       ENOENT, EACCES, … (a SystemError)
};

class Error : public std::exception {
 public:
  Error(Code code, std::string message) : code_(code), message_(std::move(message)) {}
  Code code() const noexcept { return code_; }
  const char* what() const noexcept override { return message_.c_str(); }

 private:
  Code code_;
  std::string message_;
};

// A failed call to the operating system. what() is only "ENOENT"-free detail; the binding composes Node's message
// ("ENOENT: no such file or directory, open '/x'") from its parts.
class SystemError : public Error {
 public:
  // err: an errno value (> 0). syscall: "open", "read", "fsync", … path: as the caller gave it. hint: what else to say,
  // behind Node's message; "" for nothing. The two texts are string literals.
  SystemError(int err, const char* syscall, std::string path, const char* hint = "");
  int err() const noexcept { return err_; }
  const char* syscall() const noexcept { return syscall_; }
  const std::string& path() const noexcept { return path_; }
  const char* hint() const noexcept { return hint_; }

 private:
  int err_;
  const char* syscall_;
  std::string path_;
  const char* hint_;
};

// printf into a std::string; for error messages.
#if defined(__GNUC__)
__attribute__((format(printf, 1, 2)))
#endif
std::string
format(const char* fmt, ...);

}  // namespace voronode
