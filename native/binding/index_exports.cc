// Making indexes and looking at them. What only looks never waits, whatever runs on the index.
#include <string>

#include "base/gate_hold.h"
#include "binding/args.h"
#include "binding/arrays.h"
#include "binding/call.h"
#include "binding/errors.h"
#include "binding/exports.h"
#include "binding/search_params_arg.h"
#include "factory/factory.h"
#include "index/flat.h"
#include "index/flat_scalar_quantizer.h"
#include "index/id_map.h"
#include "index/refine.h"

namespace voronode {
namespace {

napi_value handle_of(const Call& call, std::shared_ptr<Index> index) {
  return new_index_handle(call.env, call.environment.handles, std::move(index));
}

Index& index_at_0(const Call& call) { return *index_of(call.env, call[0])->index; }

napi_value flat(const Call& call) {
  const size_t d = dimension_arg(call.env, call[0]);
  const Metric metric = metric_arg(call.env, call[1]);
  return handle_of(call, std::make_shared<IndexFlat>(d, metric, boolean_arg(call.env, "sketch", call[2])));
}

// (d, code, metric)
napi_value scalar_quantizer(const Call& call) {
  const size_t d = dimension_arg(call.env, call[0]);
  const ScalarCode code = scalar_code_arg(call.env, call[1]);
  return handle_of(call, std::make_shared<IndexScalarQuantizer>(d, code, metric_arg(call.env, call[2])));
}

napi_value id_map(const Call& call) {
  const HeldPtr inner = changeable_index_of(call.env, call[0]);
  const bool second = boolean_arg(call.env, "second", call[1]);
  // Exclusive: adds that were queued earlier must be through before the map asks whether the index is empty.
  const GateHold hold(inner->index->gate(), Access::kExclusive);
  return handle_of(call, std::make_shared<IndexIDMap>(inner->index, second));
}

// (base, code); without a code the vectors are kept as float32
napi_value refine(const Call& call) {
  const HeldPtr base = changeable_index_of(call.env, call[0]);
  const GateHold hold(base->index->gate(), Access::kExclusive);  // as above
  if (is_undefined(call.env, call[1])) return handle_of(call, std::make_shared<IndexRefine>(base->index));
  return handle_of(call, std::make_shared<IndexRefine>(base->index, scalar_code_arg(call.env, call[1])));
}

napi_value factory(const Call& call) {
  const size_t d = dimension_arg(call.env, call[0]);
  const std::string description = string_arg(call.env, "description", call[1]);
  return handle_of(call, index_factory(d, description, metric_arg(call.env, call[2])));
}

napi_value removed(const Call& call) {
  return Napi::Number::New(call.env, static_cast<double>(index_at_0(call).removed()));
}

napi_value kind(const Call& call) { return Napi::String::New(call.env, index_at_0(call).kind()); }

napi_value d(const Call& call) { return Napi::Number::New(call.env, static_cast<double>(index_at_0(call).d())); }

napi_value metric(const Call& call) {
  return Napi::Number::New(call.env, static_cast<double>(index_at_0(call).metric()));
}

napi_value ntotal(const Call& call) {
  return Napi::Number::New(call.env, static_cast<double>(index_at_0(call).ntotal()));
}

napi_value is_trained(const Call& call) { return Napi::Boolean::New(call.env, index_at_0(call).is_trained()); }

// The members of MemoryUse.
napi_value memory_use(const Call& call) {
  const MemoryUse use = index_at_0(call).memory_use();
  const auto bytes = [&](const char* name, size_t n) {
    return property(name, Napi::Number::New(call.env, static_cast<double>(n)));
  };
  return object_with(call.env,
                     {bytes("rows", use.rows), bytes("sketches", use.sketches), bytes("ids", use.ids),
                      bytes("lists", use.lists), bytes("centroids", use.centroids), bytes("transforms", use.transforms),
                      bytes("tables", use.tables), bytes("mapped", use.mapped)});
}

napi_value inner(const Call& call) {
  const HeldPtr held = index_of(call.env, call[0]);
  std::shared_ptr<Index> inner = held->index->inner();
  if (inner == nullptr) return call.env.Undefined();
  return new_index_handle(call.env, call.environment.handles, std::move(inner), held->holding);
}

napi_value wrapped(const Call& call) { return Napi::Boolean::New(call.env, index_at_0(call).wrapped()); }

napi_value search_parameters(const Call& call) { return described_parameters(call.env, index_at_0(call)); }

IndexRefine& as_refine(Index& index) {
  if (auto* refine = dynamic_cast<IndexRefine*>(&index)) return *refine;
  throw Error(Code::kInvalidArgType,
              format("The index must be an IndexRefine or IndexRefineFlat. Received %s", index.kind()));
}

napi_value k_factor(const Call& call) {
  return Napi::Number::New(call.env, static_cast<double>(as_refine(index_at_0(call)).k_factor()));
}

napi_value set_k_factor(const Call& call) {
  const HeldPtr held = changeable_index_of(call.env, call[0]);
  IndexRefine& refine = as_refine(*held->index);
  refine.set_k_factor(IndexRefine::checked_factor(number_arg(call.env, "kFactor", call[1])));
  return call.env.Undefined();
}

napi_value close(const Call& call) {
  if (const HeldPtr held = close_index(call.env, call[0])) call.environment.pins.release(held.get());
  return call.env.Undefined();
}

constexpr Export kExports[] = {
    {"flat", entry<flat>},
    {"idMap", entry<id_map>},
    {"refine", entry<refine>},
    {"scalarQuantizer", entry<scalar_quantizer>},
    {"factory", entry<factory>},
    {"kind", entry<kind>},
    {"d", entry<d>},
    {"metric", entry<metric>},
    {"ntotal", entry<ntotal>},
    {"isTrained", entry<is_trained>},
    {"removed", entry<removed>},
    {"memoryUse", entry<memory_use>},
    {"inner", entry<inner>},
    {"wrapped", entry<wrapped>},
    {"searchParameters", entry<search_parameters>},
    {"kFactor", entry<k_factor>},
    {"setKFactor", entry<set_k_factor>},
    {"close", entry<close>},
};

}  // namespace

std::span<const Export> index_exports() noexcept { return kExports; }

}  // namespace voronode
