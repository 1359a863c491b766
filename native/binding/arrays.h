// Typed arrays for results, and objects of them.
//
// The arrays are made by JavaScript's own constructors, which throw when memory runs out (napi_create_arraybuffer
// aborts the process), and of which the addon fetches the originals when it is loaded: work that runs on other threads
// writes into these arrays, so no script may get hold of one before it is complete.
#pragma once

#include <napi.h>

#include <cstddef>
#include <cstdint>
#include <initializer_list>

namespace voronode {

template <class T>
struct ResultArray {
  napi_value value;
  T* data;  // null if empty
};

class Arrays {
 public:
  explicit Arrays(Napi::Env env);

  // n zeros, for T = float, double, int64_t, uint32_t, uint8_t. Throws kNoMemory with the bytes asked for.
  template <class T>
  ResultArray<T> make(Napi::Env env, size_t n) const;

  // The same with these values.
  template <class T>
  napi_value copy(Napi::Env env, const T* values, size_t n) const;

 private:
  Napi::FunctionReference float32_, float64_, bigint64_, uint32_, uint8_;
};

napi_property_descriptor property(const char* name, napi_value value) noexcept;

// The properties are defined, not set: a setter on Object.prototype sees nothing of it.
Napi::Object object_with(Napi::Env env, std::initializer_list<napi_property_descriptor> properties);

}  // namespace voronode
