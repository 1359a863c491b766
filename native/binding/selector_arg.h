// Sets of ids from JavaScript.
//
// Reading a selector may run scripts (getters, proxies), so it is done before anything else is taken hold of. What is
// read is a plain copy; the sets themselves, which for many ids takes a while, are built where the work is done.
#pragma once

#include <napi.h>

#include "binding/shared_selector.h"
#include "index/index.h"

namespace voronode {

// kInvalidArgType or kInvalidArgValue for what is no selector, kUnsupported for one that nests deeper than 64 or has
// more than 1024 parts (parts that occur twice count twice).
SelectorSourcePtr selector_arg(Napi::Env env, const char* name, napi_value value);

// A filter; undefined gives null. { by, of }: the selector of the last search with this `by` if that search is under way
// or `kept` has it, else one of the selector `of`; all other objects as selector_arg.
// kUnsupported if keys are a part of it, and the index has none.
void check_selector(const Index& index, const IDSelector& selector);

SharedSelectorPtr filter_arg(Napi::Env env, const std::shared_ptr<KeptSelectors>& kept, napi_value value);

// A handle to be used as `by`.
napi_value new_sharing(Napi::Env env);

}  // namespace voronode
