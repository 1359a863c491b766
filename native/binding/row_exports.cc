// Looking at what is stored. These wait for work that excludes reading, as searches do.
#include "binding/args.h"
#include "binding/call.h"
#include "binding/exports.h"
#include "index/ivf.h"

namespace voronode {
namespace {

// (index, id, token)
class Reconstruct final : public Operation {
 public:
  static constexpr size_t kArgs = 2;
  explicit Reconstruct(const Call& call)
      : Operation(index_of(call.env, call[0]), Access::kRead),
        arrays_(call.environment.arrays),
        id_(id_arg(call.env, "id", call[1])),
        vector_(index()->d()) {}
  void execute(const Cancel*, Listener*) override { index()->reconstruct(id_, vector_.data()); }
  napi_value finish(Napi::Env env) override { return arrays_.settle(env, &vector_); }

 private:
  const Arrays& arrays_;
  idx_t id_;
  Pending<float> vector_;
};

// (index, token)
class ListSizes final : public Operation {
 public:
  static constexpr size_t kArgs = 1;
  explicit ListSizes(const Call& call)
      : Operation(index_of(call.env, call[0]), Access::kRead),
        arrays_(call.environment.arrays),
        ivf_(as_ivf(*index())),
        sizes_(ivf_.nlist()) {}
  void execute(const Cancel*, Listener*) override {
    double* out = sizes_.data();
    for (size_t size : ivf_.list_sizes()) *out++ = static_cast<double>(size);
  }
  napi_value finish(Napi::Env env) override { return arrays_.settle(env, &sizes_); }

 private:
  const Arrays& arrays_;
  const IndexIVF& ivf_;
  Pending<double> sizes_;
};

// (index, token)
class Imbalance final : public Operation {
 public:
  static constexpr size_t kArgs = 1;
  explicit Imbalance(const Call& call)
      : Operation(index_of(call.env, call[0]), Access::kRead), ivf_(as_ivf(*index())) {}
  void execute(const Cancel*, Listener*) override { imbalance_ = ivf_.imbalance(); }
  napi_value finish(Napi::Env env) override { return Napi::Number::New(env, imbalance_); }

 private:
  const IndexIVF& ivf_;
  double imbalance_ = 0;
};

constexpr Export kExports[] = {
    {"reconstruct", entry_async<Reconstruct>}, {"reconstructSync", entry_sync<Reconstruct>},
    {"listSizes", entry_async<ListSizes>},     {"listSizesSync", entry_sync<ListSizes>},
    {"imbalance", entry_async<Imbalance>},     {"imbalanceSync", entry_sync<Imbalance>},
};

}  // namespace

std::span<const Export> row_exports() noexcept { return kExports; }

}  // namespace voronode
