#include "binding/call.h"

#include "base/gate_hold.h"
#include "base/thread_pool.h"
#include "binding/args.h"
#include "binding/errors.h"
#include "binding/fault.h"

namespace voronode {
namespace {

Environment& environment_of(napi_env env) {
  void* data = nullptr;
  check_status(env, napi_get_instance_data(env, &data));
  return *static_cast<Environment*>(data);
}

// A job holds two gates at once; while it waits for one that this thread holds, whoever waits for the other waits for
// this thread.
void refuse_if_held_here(const Operation& operation) {
  if (operation.other() == nullptr) return;
  for (const Gate* gate : operation.gates()) {
    if (gate == nullptr || !GateHold::here(*gate)) continue;
    throw Error(Code::kUnsupported, "A filter function cannot merge the index that it is asked for; merge after it");
  }
}

}  // namespace

Call::Call(napi_env env_, napi_callback_info info, Mode mode)
    : env(env_), environment(environment_of(env_)), sync(mode == Mode::kSync) {
  size_t count = kMaxArgs;  // Node-API fills up with undefined
  check_status(env, napi_get_cb_info(env, info, &count, args_, nullptr, nullptr));
}

Taking Call::taking(size_t token_at) const {
  if (sync) return Taking::kBorrow;
  const napi_value token = (*this)[token_at];
  return !is_undefined(env, token) && token_of(env, token)->transfers ? Taking::kTransfer : Taking::kCopy;
}

napi_value run_guarded(napi_env env, napi_callback_info info, Mode mode, Body body) noexcept {
  try {
    const Call call(env, info, mode);
    if (call.sync) fault_point(Place::kEntry);
    return body(call);
  } catch (...) {
    if (const napi_value error = current_error(env)) napi_throw(env, error);
    return nullptr;
  }
}

napi_value run_in_place(const Call& call, MakeOperation make) {
  const std::unique_ptr<Operation> operation = make(call);
  operation->check_allowed();
  {
    const GateHold hold(operation->gates(), operation->access());
    operation->check_allowed();  // again: an index may have been wrapped while this waited at its gate
    fault_point(Place::kExecute);
    operation->perform(nullptr, nullptr);
  }
  fault_point(Place::kFinish);
  return operation->finish(call.env);
}

napi_value run_as_job(const Call& call, MakeOperation make, size_t token_at) {
  napi_deferred deferred;
  napi_value promise;
  check_status(call.env, napi_create_promise(call.env, &deferred, &promise));
  try {
    fault_point(Place::kEntry);
    std::unique_ptr<Operation> operation = make(call);
    operation->check_allowed();
    refuse_if_held_here(*operation);
    const napi_value token = call[token_at];
    TokenPtr wanted = is_undefined(call.env, token) ? std::make_shared<Token>() : token_of(call.env, token);
    check(&wanted->cancel);
    operation->move_inputs(call.env, call.environment.transfer);
    operation->check_allowed();  // again: that may have run scripts
    call.environment.jobs.start(std::move(operation), std::move(wanted), deferred);
  } catch (...) {
    reject_with_current_error(call.env, deferred);
  }
  return promise;
}

}  // namespace voronode
