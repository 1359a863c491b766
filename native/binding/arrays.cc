#include "binding/arrays.h"

#include <cstring>
#include <stdexcept>

#include "base/checked.h"
#include "base/error.h"
#include "binding/element_type.h"
#include "binding/errors.h"

namespace voronode {
namespace {

// The constructor of the realm in which the addon lives, found from an instance rather than by its global name, which
// test frameworks and polyfills replace.
Napi::FunctionReference constructor(Napi::Env env, napi_typedarray_type type) {
  napi_value buffer, array;
  void* data = nullptr;
  check_status(env, napi_create_arraybuffer(env, 0, &data, &buffer));
  check_status(env, napi_create_typedarray(env, type, 0, buffer, 0, &array));
  const Napi::Value found = Napi::Object(env, array).Get("constructor");
  if (!found.IsFunction()) throw std::runtime_error("The constructors of typed arrays were replaced");
  return Napi::Persistent(found.As<Napi::Function>());
}

}  // namespace

Arrays::Arrays(Napi::Env env)
    : float32_(constructor(env, napi_float32_array)),
      float64_(constructor(env, napi_float64_array)),
      bigint64_(constructor(env, napi_bigint64_array)),
      uint32_(constructor(env, napi_uint32_array)),
      uint8_(constructor(env, napi_uint8_array)) {}

template <class T>
ResultArray<T> Arrays::make(Napi::Env env, size_t n) const {
  constexpr napi_typedarray_type wanted = ElementType<T>::value;
  const Napi::FunctionReference& constructor = wanted == napi_float32_array    ? float32_
                                               : wanted == napi_float64_array  ? float64_
                                               : wanted == napi_bigint64_array ? bigint64_
                                               : wanted == napi_uint32_array   ? uint32_
                                                                               : uint8_;
  const size_t bytes = checked_mul(n, sizeof(T));
  napi_value array;
  try {
    array = constructor.New({Napi::Number::New(env, static_cast<double>(n))});
  } catch (const Napi::Error&) {
    throw Error(Code::kNoMemory, format("Cannot allocate %zu bytes for a result", bytes));
  }
  napi_typedarray_type type;
  size_t length = 0;
  void* data = nullptr;
  check_status(env, napi_get_typedarray_info(env, array, &type, &length, &data, nullptr, nullptr));
  if (type != wanted || length != n) throw std::runtime_error("The constructors of typed arrays were replaced");
  return {array, static_cast<T*>(data)};
}

template <class T>
napi_value Arrays::copy(Napi::Env env, const T* values, size_t n) const {
  const ResultArray<T> array = make<T>(env, n);
  if (n != 0) std::memcpy(array.data, values, n * sizeof(T));
  return array.value;
}

template ResultArray<float> Arrays::make(Napi::Env, size_t) const;
template ResultArray<double> Arrays::make(Napi::Env, size_t) const;
template ResultArray<int64_t> Arrays::make(Napi::Env, size_t) const;
template ResultArray<uint32_t> Arrays::make(Napi::Env, size_t) const;
template ResultArray<uint8_t> Arrays::make(Napi::Env, size_t) const;
napi_property_descriptor property(const char* name, napi_value value) noexcept {
  return {name, nullptr, nullptr, nullptr, nullptr, value, napi_default_jsproperty, nullptr};
}

Napi::Object object_with(Napi::Env env, std::initializer_list<napi_property_descriptor> properties) {
  const Napi::Object object = Napi::Object::New(env);
  check_status(env, napi_define_properties(env, object, properties.size(), properties.begin()));
  return object;
}

template napi_value Arrays::copy(Napi::Env, const float*, size_t) const;
template napi_value Arrays::copy(Napi::Env, const int64_t*, size_t) const;
template napi_value Arrays::copy(Napi::Env, const uint8_t*, size_t) const;

}  // namespace voronode
