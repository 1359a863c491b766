// Inverted files: making them, looking at them.
#include "base/gate_hold.h"
#include "binding/args.h"
#include "binding/call.h"
#include "binding/exports.h"
#include "index/flat.h"
#include "ivf/ivf_flat.h"
#include "ivf/ivf_scalar_quantizer.h"

namespace voronode {
namespace {

constexpr uint64_t kMaxSafeInteger = (uint64_t{1} << 53) - 1;

napi_value number(const Call& call, size_t value) { return Napi::Number::New(call.env, static_cast<double>(value)); }

// The index of argument 0, held as long as this lives.
class IvfArg {
 public:
  explicit IvfArg(const Call& call) : IvfArg(index_of(call.env, call[0])) {}
  explicit IvfArg(HeldPtr held) : held_(std::move(held)), ivf_(as_ivf(*held_->index)) {}
  Holding holding() const noexcept { return held_->holding; }
  IndexIVF& operator*() const noexcept { return ivf_; }
  IndexIVF* operator->() const noexcept { return &ivf_; }

 private:
  HeldPtr held_;
  IndexIVF& ivf_;
};

napi_value handle_of(const Call& call, std::shared_ptr<Index> index) {
  return new_index_handle(call.env, call.environment.handles, std::move(index));
}

// ---- Making ----

// A handle for make(quantizer), the quantizer being the caller's or, if that is undefined, a new one.
template <class Make>
napi_value with_quantizer(const Call& call, napi_value argument, size_t d, Metric metric, const Make& make) {
  if (is_undefined(call.env, argument)) return handle_of(call, make(std::make_shared<IndexFlat>(d, metric)));
  const HeldPtr quantizer = changeable_index_of(call.env, argument);
  if (quantizer->index->d() != d) {
    throw Error(Code::kDimension,
                format("The quantizer must have the d of the index, %zu. Received %zu", d, quantizer->index->d()));
  }
  // Exclusive: adds that were queued earlier must be through before its vectors are counted.
  const GateHold hold(quantizer->index->gate(), Access::kExclusive);
  return handle_of(call, make(quantizer->index));
}

size_t nlist_arg(const Call& call) {
  return static_cast<size_t>(integer_arg(call.env, "nlist", call[1], 1, kMaxLists));
}

// (d, nlist, metric, sketch, quantizer)
napi_value ivf_flat(const Call& call) {
  const size_t d = dimension_arg(call.env, call[0]);
  const size_t nlist = nlist_arg(call);
  const Metric metric = metric_arg(call.env, call[2]);
  const bool sketch = boolean_arg(call.env, "sketch", call[3]);
  return with_quantizer(call, call[4], d, metric, [&](const std::shared_ptr<Index>& quantizer) {
    return std::make_shared<IndexIVFFlat>(quantizer, nlist, metric, sketch);
  });
}

// (d, nlist, code, metric, byResidual, quantizer)
napi_value ivf_scalar_quantizer(const Call& call) {
  const size_t d = dimension_arg(call.env, call[0]);
  const size_t nlist = nlist_arg(call);
  const ScalarCode code = scalar_code_arg(call.env, call[2]);
  const Metric metric = metric_arg(call.env, call[3]);
  const bool by_residual = boolean_arg(call.env, "byResidual", call[4]);
  return with_quantizer(call, call[5], d, metric, [&](const std::shared_ptr<Index>& quantizer) {
    return std::make_shared<IndexIVFScalarQuantizer>(quantizer, nlist, code, metric, by_residual);
  });
}

// ---- Looking ----

napi_value nlist(const Call& call) { return number(call, IvfArg(call)->nlist()); }
napi_value nprobe(const Call& call) { return number(call, IvfArg(call)->nprobe()); }

napi_value set_nprobe(const Call& call) {
  const IvfArg ivf(changeable_index_of(call.env, call[0]));
  ivf->set_nprobe(static_cast<size_t>(integer_arg(call.env, "nprobe", call[1], 1, kMaxSafeInteger)));
  return call.env.Undefined();
}

napi_value quantizer(const Call& call) {
  const IvfArg ivf(call);
  return new_index_handle(call.env, call.environment.handles, ivf->quantizer(), ivf.holding());
}

constexpr Export kExports[] = {
    {"ivfFlat", entry<ivf_flat>},     {"ivfScalarQuantizer", entry<ivf_scalar_quantizer>},
    {"nlist", entry<nlist>},          {"nprobe", entry<nprobe>},
    {"setNprobe", entry<set_nprobe>}, {"quantizer", entry<quantizer>},
};

}  // namespace

std::span<const Export> ivf_exports() noexcept { return kExports; }

}  // namespace voronode
