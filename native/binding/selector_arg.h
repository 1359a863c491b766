// Sets of ids from JavaScript.
//
// Reading a selector may run scripts (getters, proxies), so it is done before anything else is taken hold of. What is
// read is a plain copy; the sets themselves, which for many ids takes a while, are built where the work is done.
#pragma once

#include <napi.h>

#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "index/selector.h"

namespace voronode {

class SelectorSource {
 public:
  virtual ~SelectorSource() = default;
  virtual SelectorPtr build() const = 0;
};

using SelectorSourcePtr = std::unique_ptr<SelectorSource>;

// kInvalidArgType or kInvalidArgValue for what is no selector, kUnsupported for one that nests deeper than 64 or has
// more than 1024 parts (parts that occur twice count twice).
SelectorSourcePtr selector_arg(Napi::Env env, const char* name, napi_value value);

// A selector that several searches under way use: it is built for the first of them, where that one runs. It goes with
// the last of them, not with JavaScript's object, which the collector may keep for long.
class SharedSelector {
 public:
  explicit SharedSelector(SelectorSourcePtr source) noexcept : source_(std::move(source)) {}
  // Any thread.
  const IDSelector& get();

 private:
  std::mutex mutex_;
  SelectorSourcePtr source_;  // null once it is built
  SelectorPtr built_;
};
using SharedSelectorPtr = std::shared_ptr<SharedSelector>;

// A filter; undefined gives null. { by, of }: the selector that searches with this `by` use just now, else
// one of the selector `of`; all other objects as selector_arg.
SharedSelectorPtr filter_arg(Napi::Env env, napi_value value);

// A handle to be used as `by`.
napi_value new_sharing(Napi::Env env);

}  // namespace voronode
