// A filter that is a function of the caller: `(id: bigint) => boolean`, of an IndexKeyMap `(key: string) => boolean`.
//
// It is called while the search runs, on the environment's thread, which therefore does all of the search itself; about
// each id or key once at the most. Called functions may do what they like, even close the index; what they may not is said in
// base/gate.h.
#pragma once

#include <napi.h>

#include <exception>
#include <memory>
#include <unordered_map>

#include "base/cancel.h"
#include "base/thread_pool.h"
#include "binding/call.h"
#include "filter/selector.h"

namespace voronode {

class FunctionFilter final : public IDSelector {
 public:
  // Null if `value` is no function. kInvalidArgType for a call that is not synchronous. Lives within the call only.
  static std::unique_ptr<FunctionFilter> of(const Call& call, napi_value value);

  // False for everything once the function has failed.
  bool is_member(idx_t id) const noexcept override;

  // Calls the function with keys.
  SelectorPtr by_rows(const RowsOfKeys& rows, const Cancel* cancel) const override;

  // search(cancel), for a search with this filter. Throws what the function threw; kInvalidArgType if it answered
  // something else than a boolean.
  template <class Search>
  void run(const Search& search) {
    const ThreadPool::Alone alone;
    try {
      search(&stop_);
    } catch (...) {
      if (!error_) throw;
    }
    if (error_) std::rethrow_exception(error_);
  }

 private:
  FunctionFilter(Napi::Env env, napi_value function) noexcept : env_(env), function_(function) {}
  class OfKeys;
  // keys: null if the function is one of the id.
  bool ask(idx_t id, const RowsOfKeys* keys) const noexcept;
  bool call(idx_t id, const RowsOfKeys* keys) const;

  Napi::Env env_;
  napi_value function_;
  mutable std::unordered_map<idx_t, bool> answers_;
  mutable std::exception_ptr error_;
  mutable Cancel stop_;  // fired when there is an error: nobody wants the answer
};

}  // namespace voronode
