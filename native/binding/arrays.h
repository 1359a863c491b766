// Typed arrays for results, and objects of them.
//
// The arrays are made by JavaScript's own constructors, which throw when memory runs out (napi_create_arraybuffer
// aborts the process). Scripts can put functions of their own in the place of these constructors, before the addon is
// loaded, and Node-API has no means to tell. Such a function may keep what it makes, and transfer or shrink it at any
// time. Therefore an array is made when its contents are complete, on the environment's thread, and filled before any
// script can run again. What is written on other threads, or beside other arrays, is written to a Pending first.
#pragma once

#include <napi.h>

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>

#include "base/aligned.h"

namespace voronode {

template <class T>
struct ResultArray {
  napi_value value;
  T* data;  // null if empty. Valid until a script runs, which making another array may do
};

// What will be a result array: memory of the addon, n elements without values.
template <class T>
class Pending {
 public:
  // Throws kNoMemory with the bytes asked for.
  explicit Pending(size_t n);

  T* data() noexcept { return memory_->data(); }
  size_t size() const noexcept { return size_; }

 private:
  friend class Arrays;
  size_t size_;
  std::unique_ptr<AlignedArray<T>> memory_;
};

class Arrays {
 public:
  // Throws kUnsupported if scripts have replaced the constructors by something that makes no typed arrays.
  explicit Arrays(Napi::Env env);

  // n zeros, for T = float, double, int64_t, uint32_t, uint8_t. Throws kNoMemory with the bytes asked for; kUnsupported
  // if scripts have replaced the constructors by something that makes other arrays.
  template <class T>
  ResultArray<T> make(Napi::Env env, size_t n) const;

  // The same with these values.
  template <class T>
  napi_value copy(Napi::Env env, const T* values, size_t n) const;

  // The same with what was pending, whose memory goes.
  template <class T>
  napi_value settle(Napi::Env env, Pending<T>* pending) const;

 private:
  const Napi::FunctionReference& constructor_of(napi_typedarray_type type) const noexcept;

  Napi::FunctionReference float32_, float64_, bigint64_, uint32_, uint8_;
};

napi_property_descriptor property(const char* name, napi_value value) noexcept;

// The properties are defined, not set: a setter on Object.prototype sees nothing of it.
Napi::Object object_with(Napi::Env env, std::initializer_list<napi_property_descriptor> properties);

}  // namespace voronode
