#include "binding/args.h"

#include <cmath>
#include <cstring>
#include <limits>

#include "binding/element_type.h"
#include "binding/errors.h"
#include "codec/scalar_quantizer.h"
#include "ivf/ivf.h"

namespace voronode {
namespace {

napi_valuetype type_of(Napi::Env env, napi_value value) {
  napi_valuetype type;
  check_status(env, napi_typeof(env, value, &type));
  return type;
}

const char* described(napi_valuetype type) noexcept {
  switch (type) {
    case napi_undefined:
      return "undefined";
    case napi_null:
      return "null";
    case napi_boolean:
      return "type boolean";
    case napi_number:
      return "type number";
    case napi_string:
      return "type string";
    case napi_symbol:
      return "type symbol";
    case napi_bigint:
      return "type bigint";
    case napi_function:
      return "a function";
    default:
      return "an object";
  }
}

Error out_of_range(const char* name, const std::string& rule, const std::string& received) {
  return Error(Code::kOutOfRange, std::string("The value of \"") + name + "\" is out of range. It must be " + rule +
                                      ". Received " + received);
}

void require_type(Napi::Env env, const char* name, napi_value value, napi_valuetype type, const char* expected) {
  if (type_of(env, value) != type) throw wrong_type(env, name, expected, value);
}

}  // namespace

Error wrong_type(Napi::Env env, const char* name, const char* expected, napi_value value) {
  return Error(Code::kInvalidArgType, std::string("The \"") + name + "\" argument must be " + expected + ". Received " +
                                          described(type_of(env, value)));
}

double number_arg(Napi::Env env, const char* name, napi_value value) {
  require_type(env, name, value, napi_number, "of type number");
  double number = 0;
  check_status(env, napi_get_value_double(env, value, &number));
  return number;
}

uint64_t integer_arg(Napi::Env env, const char* name, napi_value value, uint64_t min, uint64_t max) {
  const double number = number_arg(env, name, value);
  // NaN fails the first comparison; what passes both fits a uint64_t.
  if (!(number >= static_cast<double>(min)) || number > static_cast<double>(max) || number != std::trunc(number)) {
    const std::string rule = "an integer >= " + std::to_string(min) + " && <= " + std::to_string(max);
    throw out_of_range(name, rule, Napi::Number(env, value).ToString().Utf8Value());
  }
  return static_cast<uint64_t>(number);
}

size_t dimension_arg(Napi::Env env, napi_value value) {
  return static_cast<size_t>(integer_arg(env, "d", value, 1, kMaxDimension));
}

Metric metric_arg(Napi::Env env, napi_value value) {
  const uint64_t number = integer_arg(env, "metric", value, 0, std::numeric_limits<int32_t>::max());
  if (const MetricTraits* found = find_metric(static_cast<int32_t>(number))) return found->metric;
  throw Error(Code::kOutOfRange,
              format("The value of \"metric\" is out of range. It must be the number of a metric that "
                     "is offered. Received %llu",
                     static_cast<unsigned long long>(number)));
}

ScalarCode scalar_code_arg(Napi::Env env, napi_value value) {
  const uint64_t number = integer_arg(env, "code", value, 0, std::numeric_limits<int32_t>::max());
  if (const ScalarTraits* found = find_scalar_code(static_cast<int64_t>(number))) return found->code;
  throw Error(Code::kOutOfRange,
              format("The value of \"code\" is out of range. It must be the number of a type of scalar quantizer. "
                     "Received %llu",
                     static_cast<unsigned long long>(number)));
}

bool boolean_arg(Napi::Env env, const char* name, napi_value value) {
  require_type(env, name, value, napi_boolean, "of type boolean");
  bool out = false;
  check_status(env, napi_get_value_bool(env, value, &out));
  return out;
}

idx_t id_arg(Napi::Env env, const char* name, napi_value value) {
  require_type(env, name, value, napi_bigint, "of type bigint");
  int64_t id = 0;
  bool lossless = false;
  check_status(env, napi_get_value_bigint_int64(env, value, &id, &lossless));
  if (!lossless) throw out_of_range(name, ">= -(2n ** 63n) and < 2n ** 63n", "a longer bigint");
  return id;
}

std::string string_arg(Napi::Env env, const char* name, napi_value value) {
  require_type(env, name, value, napi_string, "of type string");
  return Napi::String(env, value).Utf8Value();
}

IndexIVF& as_ivf(Index& index) {
  if (auto* ivf = dynamic_cast<IndexIVF*>(&index)) return *ivf;
  throw Error(Code::kInvalidArgType, format("The index must be an inverted file (IVF). Received %s", index.kind()));
}

bool is_undefined(Napi::Env env, napi_value value) { return type_of(env, value) == napi_undefined; }

size_t row_count(const char* name, size_t length, size_t d) {
  if (length % d != 0) {
    throw Error(Code::kDimension,
                format("The length of \"%s\" must be a multiple of d = %zu. Received length %zu, remainder %zu", name,
                       d, length, length % d));
  }
  return length / d;
}

template <class T>
ArrayView<T> array_arg(Napi::Env env, const char* name, napi_value value) {
  bool is_typed_array = false;
  check_status(env, napi_is_typedarray(env, value, &is_typed_array));
  napi_typedarray_type type = napi_int8_array;
  size_t size = 0;
  void* data = nullptr;
  napi_value buffer = nullptr;
  if (is_typed_array) check_status(env, napi_get_typedarray_info(env, value, &type, &size, &data, &buffer, nullptr));
  if (!is_typed_array || type != ElementType<T>::value) throw wrong_type(env, name, ElementType<T>::array_name, value);

  bool owned = false;  // false for a SharedArrayBuffer
  check_status(env, napi_is_arraybuffer(env, buffer, &owned));
  bool detached = false;
  if (owned) check_status(env, napi_is_detached_arraybuffer(env, buffer, &detached));
  if (detached) {
    throw Error(Code::kInvalidArgValue,
                std::string("The argument '") + name + "' must not be detached: its ArrayBuffer was transferred");
  }
  return {size == 0 ? nullptr : static_cast<T*>(data), size, !owned};
}

std::string path_arg(Napi::Env env, napi_value value) {
  std::string path;
  bool is_bytes = false;
  check_status(env, napi_is_typedarray(env, value, &is_bytes));
  if (is_bytes) {
    const auto bytes = array_arg<uint8_t>(env, "path", value);
    if (bytes.size != 0) path.assign(reinterpret_cast<const char*>(bytes.data), bytes.size);
  } else {
    path = string_arg(env, "path", value);
  }
  if (path.find('\0') != std::string::npos) {
    throw Error(Code::kInvalidArgValue, "The argument 'path' must be a string, Uint8Array, or URL without null bytes");
  }
  return path;
}

template ArrayView<float> array_arg(Napi::Env, const char*, napi_value);
template ArrayView<int64_t> array_arg(Napi::Env, const char*, napi_value);
template ArrayView<uint8_t> array_arg(Napi::Env, const char*, napi_value);

}  // namespace voronode
