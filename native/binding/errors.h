// C++ exceptions as JavaScript errors: the class and `err.code` of the table "Errors" of the API page, one to one.
#pragma once

#include <napi.h>

namespace voronode {

// The JavaScript error for the exception being handled. Null if the environment can make none, because it shuts down.
// REQUIRES: called in a catch block, on the environment's thread.
napi_value current_error(napi_env env) noexcept;

// Rejects with that error. Fails only if the environment shuts down; then nobody waits any more. REQUIRES: as above.
void reject_with_current_error(napi_env env, napi_deferred promise) noexcept;

// Throws what Node-API reports, be it a JavaScript exception (which is then no longer pending) or a failure of its own.
inline void check_status(napi_env env, napi_status status) {
  if (status != napi_ok) throw Napi::Error::New(env);
}

}  // namespace voronode
