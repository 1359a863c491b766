// One call from JavaScript: its arguments, and the wall that no C++ exception passes.
#pragma once

#include <napi.h>

#include <memory>
#include <optional>

#include "binding/environment.h"
#include "binding/operation.h"

namespace voronode {

enum class Mode { kSync, kAsync };

class Call {
 public:
  Call(napi_env env, napi_callback_info info, Mode mode);

  // Argument i; undefined if it was not given.
  napi_value operator[](size_t i) const noexcept { return args_[i]; }

  const Napi::Env env;
  Environment& environment;
  const bool sync;

  // What becomes of the typed arrays that are read; token_at: the position of the argument `token`.
  Taking taking(size_t token_at) const;

 private:
  static constexpr size_t kMaxArgs = 7;
  napi_value args_[kMaxArgs];
};

// `body(call)` returns the result. Every exception becomes a JavaScript exception.
using Body = napi_value (*)(const Call& call);
napi_value run_guarded(napi_env env, napi_callback_info info, Mode mode, Body body) noexcept;

// The entries that JavaScript calls.
template <Body body>
napi_value entry(napi_env env, napi_callback_info info) noexcept {
  return run_guarded(env, info, Mode::kSync, body);
}

using MakeOperation = std::unique_ptr<Operation> (*)(const Call& call);
napi_value run_in_place(const Call& call, MakeOperation make);

// token_at: the position of the argument `token`.
napi_value run_as_job(const Call& call, MakeOperation make, size_t token_at);

template <class Op>
std::unique_ptr<Operation> make_operation(const Call& call) {
  return std::make_unique<Op>(call);
}

// The two entries of an operation. Op: constructed from a Call; Op::kArgs: how many arguments it has, the token
// excluded.
template <class Op>
napi_value entry_sync(napi_env env, napi_callback_info info) noexcept {
  return run_guarded(env, info, Mode::kSync, [](const Call& call) { return run_in_place(call, make_operation<Op>); });
}

template <class Op>
napi_value entry_async(napi_env env, napi_callback_info info) noexcept {
  return run_guarded(env, info, Mode::kAsync,
                     [](const Call& call) { return run_as_job(call, make_operation<Op>, Op::kArgs); });
}

}  // namespace voronode
