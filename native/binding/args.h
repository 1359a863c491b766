// Reading the arguments of a call: types, integrality, ranges. Whatever comes, the answer is a value or an Error; no
// function here but selector_arg (binding/selector_arg.h) can run a script.
//
// `name` is the argument's name in messages, which are worded like Node's. (The TypeScript side checks first and says
// more.)
#pragma once

#include <napi.h>

#include <cstddef>
#include <cstdint>
#include <string>

#include "base/error.h"
#include "index/index.h"

namespace voronode {

class IndexIVF;

Error wrong_type(Napi::Env env, const char* name, const char* expected, napi_value value);

double number_arg(Napi::Env env, const char* name, napi_value value);

// A whole number within [min, max], both at most 2^53.
uint64_t integer_arg(Napi::Env env, const char* name, napi_value value, uint64_t min, uint64_t max);

// The dimension of an index.
size_t dimension_arg(Napi::Env env, napi_value value);

Metric metric_arg(Napi::Env env, napi_value value);
ScalarCode scalar_code_arg(Napi::Env env, napi_value value);
bool boolean_arg(Napi::Env env, const char* name, napi_value value);

// A bigint within int64.
idx_t id_arg(Napi::Env env, const char* name, napi_value value);

std::string string_arg(Napi::Env env, const char* name, napi_value value);

// The bytes of a string in UTF-8, or those of a Uint8Array; without null bytes.
std::string path_arg(Napi::Env env, napi_value value);

// kInvalidArgType unless it is an inverted file.
IndexIVF& as_ivf(Index& index);

bool is_undefined(Napi::Env env, napi_value value);

// How many vectors of d components there are; kDimension if that is not whole.
size_t row_count(const char* name, size_t length, size_t d);

// A typed array of T (float, int64_t, uint8_t) as it is now: any script that runs may shrink, move or free what it
// shows.
template <class T>
struct ArrayView {
  T* data;  // null if empty
  size_t size;
  bool shared;  // in a SharedArrayBuffer: other threads may write to it at any time
};

// Throws kInvalidArgType for other values, kInvalidArgValue if the buffer is detached. An array that a resizable buffer
// was shrunk away from is empty.
template <class T>
ArrayView<T> array_arg(Napi::Env env, const char* name, napi_value value);

}  // namespace voronode
