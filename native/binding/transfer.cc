#include "binding/transfer.h"

#include <string>
#include <vector>

#include "base/error.h"
#include "binding/arrays.h"
#include "binding/errors.h"

namespace voronode {
namespace {

using Inputs = std::vector<Transferable*>;

constexpr const char* kNotOurs =
    "others use its ArrayBuffer, too (a pool of Node's that small Buffers share, or the memory of a WebAssembly), or "
    "it "
    "was marked as untransferable; leave options.transfer out";

Error refused(const Inputs& inputs, const char* why) {
  std::string names;
  for (const Transferable* input : inputs) names += std::string(names.empty() ? "'" : " or '") + input->name() + "'";
  return Error(Code::kInvalidArgValue, "The argument " + names + " cannot be transferred: " + why);
}

// Those of the inputs, each once.
std::vector<napi_value> buffers_of(Napi::Env env, const Inputs& inputs) {
  std::vector<napi_value> buffers;
  for (const Transferable* input : inputs) {
    napi_value buffer = nullptr;
    check_status(env, napi_get_typedarray_info(env, input->array(), nullptr, nullptr, nullptr, &buffer, nullptr));
    bool known = false;
    for (size_t i = 0; i < buffers.size() && !known; ++i) {
      check_status(env, napi_strict_equals(env, buffers[i], buffer, &known));
    }
    if (!known) buffers.push_back(buffer);
  }
  return buffers;
}

bool any_detached(Napi::Env env, const std::vector<napi_value>& buffers) {
  bool detached = false;
  for (size_t i = 0; i < buffers.size() && !detached; ++i) {
    check_status(env, napi_is_detached_arraybuffer(env, buffers[i], &detached));
  }
  return detached;
}

// { name: array } of the inputs.
Napi::Object arrays_of(Napi::Env env, const Inputs& inputs) {
  const Napi::Object arrays = Napi::Object::New(env);
  for (const Transferable* input : inputs) {
    const napi_property_descriptor entry = property(input->name(), input->array());
    check_status(env, napi_define_properties(env, arrays, 1, &entry));
  }
  return arrays;
}

// { transfer: buffers }
Napi::Object options_of(Napi::Env env, const std::vector<napi_value>& buffers) {
  const Napi::Array list = Napi::Array::New(env, buffers.size());
  for (size_t i = 0; i < buffers.size(); ++i) list.Set(static_cast<uint32_t>(i), buffers[i]);
  return object_with(env, {property("transfer", list)});
}

}  // namespace

Transfer::Transfer(Napi::Env env) {
  const Napi::Value found = env.Global().Get("structuredClone");
  if (found.IsFunction()) structured_clone_ = Napi::Persistent(found.As<Napi::Function>());
}

void Transfer::move(Napi::Env env, std::initializer_list<Transferable*> candidates) const {
  Inputs inputs;
  for (Transferable* input : candidates) {
    if (input->array() != nullptr) inputs.push_back(input);
  }
  if (inputs.empty()) return;
  if (structured_clone_.IsEmpty()) {
    throw Error(Code::kUnsupported, "This runtime has no structuredClone, which transfers; leave options.transfer out");
  }
  const std::vector<napi_value> buffers = buffers_of(env, inputs);
  Napi::Value moved;
  try {
    moved = structured_clone_.Call(env.Undefined(), {arrays_of(env, inputs), options_of(env, buffers)});
  } catch (const Napi::Error&) {
    throw refused(inputs, kNotOurs);
  }
  // Node 20 does not throw, it copies what it cannot move. Where it moved one and copied another, nobody lost anything:
  // both are out of reach.
  if (!any_detached(env, buffers)) throw refused(inputs, kNotOurs);
  if (!moved.IsObject()) throw refused(inputs, "a script has replaced structuredClone");
  for (Transferable* input : inputs) input->replace(env, moved.As<Napi::Object>().Get(input->name()));
}

}  // namespace voronode
