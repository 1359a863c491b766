// Looking at what is stored. These wait for work that excludes reading, as searches do.
#include "base/checked.h"
#include "binding/args.h"
#include "binding/call.h"
#include "binding/exports.h"
#include "binding/input.h"
#include "ivf/ivf.h"

namespace voronode {
namespace {

// ns to find a row by its id, once there is a table.
constexpr double kLookUp = 500;

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
  double nanoseconds() const noexcept override { return kLookUp; }
  napi_value finish(Napi::Env env) override { return arrays_.settle(env, &vector_); }

 private:
  const Arrays& arrays_;
  idx_t id_;
  Pending<float> vector_;
};

// (index, ids, token)
class ReconstructAll final : public Operation {
 public:
  static constexpr size_t kArgs = 2;
  explicit ReconstructAll(const Call& call)
      : Operation(index_of(call.env, call[0]), Access::kRead),
        arrays_(call.environment.arrays),
        ids_(call.env, "ids", call[1], call.sync ? Taking::kBorrow : Taking::kCopy),
        vectors_(checked_mul(ids_.size(), index()->d())) {}
  void execute(const Cancel* cancel, Listener*) override {
    index()->reconstruct(ids_.size(), ids_.data(), vectors_.data(), cancel);
  }
  double nanoseconds() const noexcept override { return kLookUp * static_cast<double>(ids_.size()); }
  napi_value finish(Napi::Env env) override { return arrays_.settle(env, &vectors_); }

 private:
  const Arrays& arrays_;
  Input<int64_t> ids_;
  Pending<float> vectors_;
};

// (index, id, token)
class Has final : public Operation {
 public:
  static constexpr size_t kArgs = 2;
  explicit Has(const Call& call)
      : Operation(index_of(call.env, call[0]), Access::kRead), id_(id_arg(call.env, "id", call[1])) {}
  void execute(const Cancel*, Listener*) override { found_ = index()->has(id_); }
  double nanoseconds() const noexcept override { return kLookUp; }
  napi_value finish(Napi::Env env) override { return Napi::Boolean::New(env, found_); }

 private:
  idx_t id_;
  bool found_ = false;
};

// (index, token)
class Ids final : public Operation {
 public:
  static constexpr size_t kArgs = 1;
  explicit Ids(const Call& call)
      : Operation(index_of(call.env, call[0]), Access::kRead), arrays_(call.environment.arrays) {}
  void execute(const Cancel*, Listener*) override { ids_ = index()->row_ids(); }
  napi_value finish(Napi::Env env) override { return arrays_.copy(env, ids_.data(), ids_.size()); }

 private:
  const Arrays& arrays_;
  std::vector<idx_t> ids_;
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
    {"reconstruct", entry_async<Reconstruct>},
    {"reconstructSync", entry_sync<Reconstruct>},
    {"reconstructAll", entry_async<ReconstructAll>},
    {"reconstructAllSync", entry_sync<ReconstructAll>},
    {"has", entry_async<Has>},
    {"hasSync", entry_sync<Has>},
    {"ids", entry_async<Ids>},
    {"idsSync", entry_sync<Ids>},
    {"listSizes", entry_async<ListSizes>},
    {"listSizesSync", entry_sync<ListSizes>},
    {"imbalance", entry_async<Imbalance>},
    {"imbalanceSync", entry_sync<Imbalance>},
};

}  // namespace

std::span<const Export> row_exports() noexcept { return kExports; }

}  // namespace voronode
