// One index in several environments: sharing it, adopting what another one shares.
#include "binding/args.h"
#include "binding/call.h"
#include "binding/exports.h"
#include "binding/shared_indexes.h"

namespace voronode {
namespace {

using Rights = SharedIndexes::Rights;

napi_value addon_copy(const Call& call) { return Napi::String::New(call.env, SharedIndexes::instance().copy()); }

// (index, readonly): [id, readonly]; who may only read shares it only so.
napi_value share_index(const Call& call) {
  const HeldPtr held = index_of(call.env, call[0]);
  const bool readonly = boolean_arg(call.env, "readonly", call[1]) || held->holding == Holding::kReadOnly;
  const std::string id = call.environment.pins.pin(held, readonly ? Rights::kRead : Rights::kAll);
  const Napi::Array out = Napi::Array::New(call.env, 2);
  out.Set(uint32_t{0}, Napi::String::New(call.env, id));
  out.Set(uint32_t{1}, Napi::Boolean::New(call.env, readonly));
  return out;
}

napi_value unshare_index(const Call& call) {
  call.environment.pins.release(index_of(call.env, call[0]).get());
  return call.env.Undefined();
}

// (copy, id)
napi_value adopt_index(const Call& call) {
  SharedIndexes& shared = SharedIndexes::instance();
  const std::string copy = string_arg(call.env, "copy", call[0]);
  const std::string id = string_arg(call.env, "id", call[1]);
  if (copy != shared.copy()) {
    throw Error(
        Code::kUnsupported,
        "The index was shared in another process, or by another copy of the addon: write it to a file, and read "
        "that here");
  }
  SharedIndexes::Found found = shared.find(id);
  return new_index_handle(call.env, call.environment.handles, std::move(found.index),
                          found.rights == Rights::kAll ? Holding::kAdopted : Holding::kReadOnly);
}

constexpr Export kExports[] = {
    {"addonCopy", entry<addon_copy>},
    {"shareIndex", entry<share_index>},
    {"unshareIndex", entry<unshare_index>},
    {"adoptIndex", entry<adopt_index>},
};

}  // namespace

std::span<const Export> share_exports() noexcept { return kExports; }

}  // namespace voronode
