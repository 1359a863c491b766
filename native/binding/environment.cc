#include "binding/environment.h"

#include "base/staging.h"
#include "base/thread_pool.h"
#include "binding/errors.h"

namespace voronode {

Environment::Environment(Napi::Env env)
    : arrays(env),
      transfer(env),
      handles(std::make_shared<Handles>(env)),
      selectors(std::make_shared<KeptSelectors>()),
      jobs(env) {}

Environment::~Environment() = default;

// Clean-up hooks run last in, first out: ours, added after the queue's thread-safe function was made, runs before that
// is closed, and before handles, references and this environment are finalized.
Environment& Environment::create(Napi::Env env) {
  std::unique_ptr<Environment> environment(new Environment(env));
  Environment* const raw = environment.get();
  const auto finalize = [](napi_env, void* data, void*) noexcept { delete static_cast<Environment*>(data); };
  check_status(env, napi_set_instance_data(env, raw, finalize, nullptr));
  environment.release();
  check_status(env, napi_add_env_cleanup_hook(env, clean_up, raw));
  ThreadPool::instance().retain();
  return *raw;
}

void Environment::clean_up(void* data) noexcept {
  auto* environment = static_cast<Environment*>(data);
  environment->jobs.close();
  environment->handles->close();
  environment->pins.clear();
  StagingPool::instance().clear();
  ThreadPool::instance().release();
}

}  // namespace voronode
