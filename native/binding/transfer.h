// Moving the memory of typed arrays out of the caller's reach, as postMessage does with its transfer list: the caller's
// arrays, and all others on the same buffers, are detached, and work on other threads reads the memory in place.
//
// Node-API can detach a buffer but not keep its memory, so JavaScript's own structuredClone does it. That is taken when
// the addon is loaded: what scripts put in its place later is not called. (A script that had replaced it before, kept
// what it made, and transferred that again while work reads it would take memory away: nothing here can tell.)
#pragma once

#include <napi.h>

#include <initializer_list>

#include "binding/input.h"

namespace voronode {

class Transfer {
 public:
  explicit Transfer(Napi::Env env);

  // Those that are to be transferred, all or none: throws kInvalidArgValue if a buffer cannot be moved, and everything
  // is as it was. May run scripts, where they have replaced what JavaScript does here.
  void move(Napi::Env env, std::initializer_list<Transferable*> inputs) const;

 private:
  napi_value clone(Napi::Env env, napi_value arrays, napi_value buffers) const;

  Napi::FunctionReference structured_clone_;
};

}  // namespace voronode
