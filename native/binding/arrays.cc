#include "binding/arrays.h"

#include "base/checked.h"
#include "base/copy.h"
#include "base/error.h"
#include "binding/element_type.h"
#include "binding/errors.h"

namespace voronode {
namespace {

Error replaced() {
  return Error(
      Code::kUnsupported,
      "A script has replaced the constructors of typed arrays (Float32Array.prototype.constructor and its like) by "
      "something that makes no such arrays");
}

Error no_memory(size_t bytes) {
  return Error(Code::kNoMemory, format("Cannot allocate %zu bytes for a result", bytes));
}

// The constructor of the realm in which the addon lives, found from an instance rather than by its global name, which
// test frameworks and polyfills replace.
Napi::FunctionReference constructor(Napi::Env env, napi_typedarray_type type) {
  napi_value buffer, array;
  void* data = nullptr;
  check_status(env, napi_create_arraybuffer(env, 0, &data, &buffer));
  check_status(env, napi_create_typedarray(env, type, 0, buffer, 0, &array));
  const Napi::Value found = Napi::Object(env, array).Get("constructor");
  if (!found.IsFunction()) throw replaced();
  return Napi::Persistent(found.As<Napi::Function>());
}

}  // namespace

template <class T>
Pending<T>::Pending(size_t n) : size_(n) {
  const size_t bytes = checked_mul(n, sizeof(T));
  try {
    memory_ = std::make_unique<AlignedArray<T>>(n);
  } catch (const Error&) {
    throw no_memory(bytes);
  }
}

Arrays::Arrays(Napi::Env env)
    : float32_(constructor(env, napi_float32_array)),
      float64_(constructor(env, napi_float64_array)),
      bigint64_(constructor(env, napi_bigint64_array)),
      uint32_(constructor(env, napi_uint32_array)),
      uint8_(constructor(env, napi_uint8_array)) {}

const Napi::FunctionReference& Arrays::constructor_of(napi_typedarray_type type) const noexcept {
  switch (type) {
    case napi_float32_array:
      return float32_;
    case napi_float64_array:
      return float64_;
    case napi_bigint64_array:
      return bigint64_;
    case napi_uint32_array:
      return uint32_;
    default:
      return uint8_;
  }
}

template <class T>
ResultArray<T> Arrays::make(Napi::Env env, size_t n) const {
  const size_t bytes = checked_mul(n, sizeof(T));
  napi_value array;
  try {
    array = constructor_of(ElementType<T>::value).New({Napi::Number::New(env, static_cast<double>(n))});
  } catch (const Napi::Error&) {
    throw no_memory(bytes);
  }
  // A detached array, or one that lost its memory, has the length 0.
  bool is_typed_array = false;
  check_status(env, napi_is_typedarray(env, array, &is_typed_array));
  if (!is_typed_array) throw replaced();
  napi_typedarray_type type;
  size_t length = 0;
  void* data = nullptr;
  check_status(env, napi_get_typedarray_info(env, array, &type, &length, &data, nullptr, nullptr));
  if (type != ElementType<T>::value || length != n || (n != 0 && data == nullptr)) throw replaced();
  return {array, static_cast<T*>(data)};
}

template <class T>
napi_value Arrays::copy(Napi::Env env, const T* values, size_t n) const {
  const ResultArray<T> array = make<T>(env, n);
  copy_bytes(array.data, values, n * sizeof(T));
  return array.value;
}

template <class T>
napi_value Arrays::settle(Napi::Env env, Pending<T>* pending) const {
  const napi_value array = copy<T>(env, pending->data(), pending->size());
  pending->memory_.reset();
  return array;
}

template class Pending<float>;
template class Pending<double>;
template class Pending<int64_t>;
template class Pending<uint32_t>;
template ResultArray<float> Arrays::make(Napi::Env, size_t) const;
template ResultArray<double> Arrays::make(Napi::Env, size_t) const;
template napi_value Arrays::copy(Napi::Env, const float*, size_t) const;
template napi_value Arrays::copy(Napi::Env, const int64_t*, size_t) const;
template napi_value Arrays::copy(Napi::Env, const uint8_t*, size_t) const;
template napi_value Arrays::settle(Napi::Env, Pending<float>*) const;
template napi_value Arrays::settle(Napi::Env, Pending<double>*) const;
template napi_value Arrays::settle(Napi::Env, Pending<int64_t>*) const;
template napi_value Arrays::settle(Napi::Env, Pending<uint32_t>*) const;

napi_property_descriptor property(const char* name, napi_value value) noexcept {
  return {name, nullptr, nullptr, nullptr, nullptr, value, napi_default_jsproperty, nullptr};
}

Napi::Object object_with(Napi::Env env, std::initializer_list<napi_property_descriptor> properties) {
  const Napi::Object object = Napi::Object::New(env);
  check_status(env, napi_define_properties(env, object, properties.size(), properties.begin()));
  return object;
}

}  // namespace voronode
