// Sets of ids from JavaScript.
//
// Reading a selector may run scripts (getters, proxies), so it is done before anything else is taken hold of. What is
// read is a plain copy; the sets themselves, which for many ids takes a while, are built where the work is done.
#pragma once

#include <napi.h>

#include <memory>
#include <vector>

#include "index/selector.h"

namespace voronode {

class SelectorSource {
 public:
  virtual ~SelectorSource() = default;
  // Once only.
  virtual SelectorPtr build() = 0;
};

using SelectorSourcePtr = std::unique_ptr<SelectorSource>;

// kInvalidArgType or kInvalidArgValue for what is no selector, kUnsupported for one that nests deeper than 64 or has
// more than 1024 parts (parts that occur twice count twice).
SelectorSourcePtr selector_arg(Napi::Env env, const char* name, napi_value value);

// The same, but undefined gives null.
SelectorSourcePtr filter_arg(Napi::Env env, napi_value value);

}  // namespace voronode
