#include "base/error.h"

#include <cstdarg>
#include <cstdio>
#include <cstring>

namespace voronode {

SystemError::SystemError(int err, const char* syscall, std::string path, const char* hint)
    : Error(Code::kSystem, format("%s, %s '%s'", std::strerror(err), syscall, path.c_str())),
      err_(err),
      syscall_(syscall),
      path_(std::move(path)),
      hint_(hint) {}

std::string format(const char* fmt, ...) {
  va_list args;
  va_start(args, fmt);
  va_list again;
  va_copy(again, args);
  const int n = std::vsnprintf(nullptr, 0, fmt, args);
  va_end(args);
  std::string out(n > 0 ? static_cast<size_t>(n) : 0, '\0');
  if (n > 0) std::vsnprintf(out.data(), out.size() + 1, fmt, again);
  va_end(again);
  return out;
}

}  // namespace voronode
