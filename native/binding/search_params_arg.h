// What the caller chose of an index's search parameters.
#pragma once

#include <napi.h>

#include "index/index.h"

namespace voronode {

// An array with the values of the index's parameters, in the order of described_parameters and undefined for what is
// not chosen; or undefined. Reading it may run scripts, so it is done before anything else is taken hold of.
SearchParams search_params_arg(Napi::Env env, const Index& index, napi_value value);

// The parameters that an index has: an array of { name, integer, min, max }.
napi_value described_parameters(Napi::Env env, const Index& index);

}  // namespace voronode
