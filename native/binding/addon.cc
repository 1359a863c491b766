// The addon's entry: makes the environment's data and the exports.
#include <napi.h>

#include <cstdlib>
#include <vector>

#include "base/default_threads.h"
#include "base/error.h"
#include "base/thread_pool.h"
#include "binding/environment.h"
#include "binding/errors.h"
#include "binding/exports.h"
#include "kernels/kernels.h"

namespace voronode {
namespace {

// A target was asked for by name: to run another one silently would spoil whatever it was asked for.
void check_forced_target() {
  if (!forced_target_is_unknown()) return;
  throw Error(Code::kInvalidArgValue,
              std::string("The environment variable VORONODE_SIMD names a target that this machine "
                          "cannot run: '") +
                  std::getenv("VORONODE_SIMD") + "'");
}

void define_exports(Napi::Env env, napi_value exports) {
  std::vector<napi_property_descriptor> properties;
  for (const auto& group :
       {index_exports(), change_exports(), search_exports(), row_exports(), key_exports(), ivf_exports(),
        clustering_exports(), file_exports(), process_exports(), share_exports(), vector_exports()}) {
    for (const Export& e : group) {
      properties.push_back({e.name, nullptr, e.function, nullptr, nullptr, nullptr, napi_enumerable, nullptr});
    }
  }
  check_status(env, napi_define_properties(env, exports, properties.size(), properties.data()));
}

napi_value initialize(napi_env env, napi_value exports) noexcept {
  try {
    check_forced_target();
    threads_in_environment(ThreadPool::kMaxThreads);  // likewise
    Environment::create(env);
    define_exports(env, exports);
    return exports;
  } catch (...) {
    if (const napi_value error = current_error(env)) napi_throw(env, error);
    return nullptr;
  }
}

}  // namespace
}  // namespace voronode

NAPI_MODULE_INIT() { return voronode::initialize(env, exports); }
