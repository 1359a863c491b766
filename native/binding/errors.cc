#include "binding/errors.h"

#include <cerrno>
#include <cstring>
#include <new>
#include <stdexcept>
#include <string>

#include "base/error.h"

namespace voronode {
namespace {

using CreateError = napi_status(NAPI_CDECL*)(napi_env, napi_value, napi_value, napi_value*);

struct Kind {
  CreateError create;
  const char* code;
};

Kind kind_of(Code code) noexcept {
  switch (code) {
    case Code::kInvalidArgType:
      return {napi_create_type_error, "ERR_INVALID_ARG_TYPE"};
    case Code::kInvalidArgValue:
      return {napi_create_type_error, "ERR_INVALID_ARG_VALUE"};
    case Code::kOutOfRange:
      return {napi_create_range_error, "ERR_OUT_OF_RANGE"};
    case Code::kDimension:
      return {napi_create_range_error, "ERR_VORONODE_DIMENSION"};
    case Code::kNotTrained:
      return {napi_create_error, "ERR_VORONODE_NOT_TRAINED"};
    case Code::kClosed:
      return {napi_create_error, "ERR_VORONODE_CLOSED"};
    case Code::kUnsupported:
      return {napi_create_error, "ERR_VORONODE_UNSUPPORTED"};
    case Code::kCorrupt:
      return {napi_create_error, "ERR_VORONODE_CORRUPT"};
    case Code::kNoMemory:
      return {napi_create_range_error, "ERR_VORONODE_NO_MEMORY"};
    case Code::kAborted:
      return {napi_create_error, "ABORT_ERR"};
    case Code::kSystem:
      break;  // a SystemError, which has a code of its own
  }
  return {napi_create_error, "ERR_VORONODE_INTERNAL"};
}

napi_value string(napi_env env, const char* text) {
  napi_value value;
  check_status(env, napi_create_string_utf8(env, text, NAPI_AUTO_LENGTH, &value));
  return value;
}

// Allocates nothing of its own: it also reports that memory ran out.
napi_value make_error(napi_env env, Kind kind, const char* message) {
  napi_value error;
  check_status(env, kind.create(env, string(env, kind.code), string(env, message), &error));
  return error;
}

// As assignment in JavaScript would, but past any setter of a prototype.
void set(napi_env env, napi_value object, const char* name, napi_value value) {
  const napi_property_descriptor property = {name,   nullptr, nullptr, nullptr, nullptr, value, napi_default_jsproperty,
                                             nullptr};
  check_status(env, napi_define_properties(env, object, 1, &property));
}

napi_value abort_error(napi_env env, const Error& error) {
  const napi_value value = make_error(env, kind_of(Code::kAborted), error.what());
  set(env, value, "name", string(env, "AbortError"));
  return value;
}

struct SystemErrorName {
  const char* code;
  int number;  // err.errno
  const char* text;
};

SystemErrorName name_of(int err) {
  switch (err) {
#if defined(_WIN32)
#define SYSTEM_ERROR(name, windows, text) \
  case name:                              \
    return {#name, windows, text};
#else
#define SYSTEM_ERROR(name, windows, text) \
  case name:                              \
    return {#name, -name, text};
#endif
#include "binding/system_errors.inc"
#undef SYSTEM_ERROR
    default:
      return {"UNKNOWN", -err, std::strerror(err)};
  }
}

// As node:fs words it: "ENOENT: no such file or directory, open '/x'"; and then the hint, if there is one.
napi_value system_error(napi_env env, const SystemError& error) {
  const SystemErrorName name = name_of(error.err());
  std::string message = std::string(name.code) + ": " + name.text + ", " + error.syscall() + " '" + error.path() + "'";
  if (*error.hint() != '\0') message += std::string(": ") + error.hint();
  const napi_value value = make_error(env, {napi_create_error, name.code}, message.c_str());
  napi_value number;
  check_status(env, napi_create_int32(env, name.number, &number));
  set(env, value, "errno", number);
  set(env, value, "syscall", string(env, error.syscall()));
  set(env, value, "path", string(env, error.path().c_str()));
  return value;
}

napi_value no_memory(napi_env env) {
  return make_error(env, kind_of(Code::kNoMemory), "Memory ran out; the index is as it was");
}

}  // namespace

napi_value current_error(napi_env env) noexcept {
  try {
    try {
      throw;
    } catch (const Napi::Error& error) {
      return error.Value();
    } catch (const SystemError& error) {
      return system_error(env, error);
    } catch (const Error& error) {
      if (error.code() == Code::kAborted) return abort_error(env, error);
      return make_error(env, kind_of(error.code()), error.what());
    } catch (const std::bad_alloc&) {
      return no_memory(env);
    } catch (const std::length_error&) {  // what the standard containers throw before they would ask for too much
      return make_error(env, kind_of(Code::kNoMemory), "A size is beyond this machine's address space");
    } catch (const std::exception& error) {
      return make_error(env, {napi_create_error, "ERR_VORONODE_INTERNAL"}, error.what());
    } catch (...) {
      return make_error(env, {napi_create_error, "ERR_VORONODE_INTERNAL"}, "An unknown C++ exception was thrown");
    }
  } catch (...) {
    // The message did not fit into memory, or the environment shuts down.
  }
  try {
    return no_memory(env);
  } catch (...) {
    return nullptr;
  }
}

void reject_with_current_error(napi_env env, napi_deferred promise) noexcept {
  napi_value error = current_error(env);
  if (error == nullptr && napi_get_undefined(env, &error) != napi_ok) return;
  napi_reject_deferred(env, promise, error);
}

}  // namespace voronode
