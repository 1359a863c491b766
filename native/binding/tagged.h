// Objects of JavaScript with a type tag and a C++ object behind them. The tag is checked at every use, so that no other
// object, not even one that inherits from a handle, is ever taken for one.
#pragma once

#include <napi.h>

#include <memory>

#include "binding/errors.h"

namespace voronode {

enum class HandleKind { kIndex, kToken, kSharing, kBytes };

const napi_type_tag& tag_of(HandleKind kind) noexcept;

// The C++ object behind a handle of this kind; null for any other value.
template <class T>
T* handled(Napi::Env env, napi_value value, HandleKind kind) {
  napi_valuetype type;
  check_status(env, napi_typeof(env, value, &type));
  bool tagged = false;
  if (type == napi_object) check_status(env, napi_check_object_type_tag(env, value, &tag_of(kind), &tagged));
  if (!tagged) return nullptr;
  void* object = nullptr;
  check_status(env, napi_unwrap(env, value, &object));
  return static_cast<T*>(object);
}

// A handle that owns the object.
template <class T>
napi_value new_handle(Napi::Env env, HandleKind kind, std::unique_ptr<T> owned) {
  const Napi::Object object = Napi::Object::New(env);
  check_status(env, napi_type_tag_object(env, object, &tag_of(kind)));
  const auto finalize = [](napi_env, void* data, void*) noexcept { delete static_cast<T*>(data); };
  check_status(env, napi_wrap(env, object, owned.get(), finalize, nullptr, nullptr));
  owned.release();
  return object;
}

}  // namespace voronode
