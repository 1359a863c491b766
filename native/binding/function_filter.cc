#include "binding/function_filter.h"

#include "base/error.h"
#include "binding/args.h"

namespace voronode {

std::unique_ptr<FunctionFilter> FunctionFilter::of(const Call& call, napi_value value) {
  napi_valuetype type;
  if (napi_typeof(call.env, value, &type) != napi_ok || type != napi_function) return nullptr;
  if (!call.sync) throw wrong_type(call.env, "filter", "a selector where it is asked off this thread", value);
  return std::unique_ptr<FunctionFilter>(new FunctionFilter(call.env, value));
}

class FunctionFilter::OfKeys final : public IDSelector {
 public:
  OfKeys(const FunctionFilter& function, const RowsOfKeys& rows) noexcept : function_(function), rows_(rows) {}
  bool is_member(idx_t row) const noexcept override { return function_.ask(row, &rows_); }

 private:
  const FunctionFilter& function_;
  const RowsOfKeys& rows_;
};

SelectorPtr FunctionFilter::by_rows(const RowsOfKeys& rows, const Cancel*) const {
  return std::make_unique<OfKeys>(*this, rows);
}

bool FunctionFilter::is_member(idx_t id) const noexcept { return ask(id, nullptr); }

bool FunctionFilter::ask(idx_t id, const RowsOfKeys* keys) const noexcept {
  if (error_) return false;
  try {
    const auto [answer, is_new] = answers_.try_emplace(id, false);
    if (is_new) answer->second = call(id, keys);
    return answer->second;
  } catch (...) {
    error_ = std::current_exception();
    stop_.fire();
    return false;
  }
}

// napi_call_function itself: node-addon-api takes the end of the environment for something that a script threw.
bool FunctionFilter::call(idx_t id, const RowsOfKeys* keys) const {
  const Napi::HandleScope scope(env_);
  const ThreadPool::Alone not_alone(false);  // what the function does has all threads
  napi_value argument, self, result;
  bool answer = false;
  const std::string_view key = keys == nullptr ? std::string_view() : keys->key_of(id);
  const napi_status made = keys == nullptr ? napi_create_bigint_int64(env_, id, &argument)
                                           : napi_create_string_utf8(env_, key.data(), key.size(), &argument);
  if (made != napi_ok || napi_get_undefined(env_, &self) != napi_ok) {
    throw Error(Code::kAborted, "The operation was aborted");
  }
  if (napi_call_function(env_, self, function_, 1, &argument, &result) != napi_ok) {
    bool threw = false;
    napi_value thrown = nullptr;
    const bool cleared = napi_is_exception_pending(env_, &threw) == napi_ok && threw &&
                         napi_get_and_clear_last_exception(env_, &thrown) == napi_ok;
    if (cleared) throw Napi::Error(env_, thrown);
    throw Error(Code::kAborted, "The operation was aborted");  // the environment ends
  }
  if (napi_get_value_bool(env_, result, &answer) != napi_ok) {
    throw Error(Code::kInvalidArgType, "The 'filter' function must return a boolean");
  }
  return answer;
}

}  // namespace voronode
