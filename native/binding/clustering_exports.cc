// k-means for its own sake.
#include <algorithm>
#include <limits>

#include "binding/args.h"
#include "binding/arrays.h"
#include "binding/call.h"
#include "binding/clustering_arg.h"
#include "binding/exports.h"
#include "binding/input.h"
#include "binding/progress.h"
#include "clustering/assigner.h"

namespace voronode {
namespace {

// (vectors, d, k, params, progress, token)
class KMeans final : public Operation {
 public:
  static constexpr size_t kArgs = 5;
  // The choice first: reading it may run scripts.
  explicit KMeans(const Call& call) : KMeans(call, ClusteringChoice(call.env, "params", call[3])) {}

  void move_inputs(Napi::Env env, const Transfer& transfer) override { transfer.move(env, {&vectors_}); }
  void execute(const Cancel* cancel, Listener* listener) override {
    check_finite("vectors", n_, d_, vectors_.data(), cancel);
    found_ = kmeans(n_, d_, vectors_.data(), k_, params_, cancel, progress_.sink(listener));
    const Metric metric = params_.spherical ? Metric::kInnerProduct : Metric::kL2;
    Assigner(k_, d_, metric, found_.centroids.data()).assign(n_, vectors_.data(), assignments_.data(), nullptr, cancel);
  }
  void tell(Napi::Env env) override { progress_.tell(env); }
  double nanoseconds() const noexcept override {
    const double products = static_cast<double>(n_) * static_cast<double>(k_) *
                            static_cast<double>(std::min(params_.niter, kUsualIterations));
    return products * static_cast<double>(d_) / kWorkPerNanosecond;
  }
  napi_value finish(Napi::Env env) override {
    const ResultArray<double> objective = arrays_.make<double>(env, found_.iterations.size());
    for (size_t i = 0; i < found_.iterations.size(); ++i) objective.data[i] = found_.iterations[i].objective;
    const napi_value centroids = arrays_.copy(env, found_.centroids.data(), found_.centroids.size());
    const napi_value assignments = arrays_.settle(env, &assignments_);
    const Napi::Value few = Napi::Boolean::New(env, found_.few_points);
    return object_with(env, {property("centroids", centroids), property("assignments", assignments),
                             property("objective", objective.value), property("fewPoints", few)});
  }

 private:
  KMeans(const Call& call, const ClusteringChoice& choice)
      : Operation(nullptr, Access::kRead),
        arrays_(call.environment.arrays),
        d_(dimension_arg(call.env, call[1])),
        k_(static_cast<size_t>(integer_arg(call.env, "k", call[2], 1, std::numeric_limits<uint32_t>::max()))),
        vectors_(call.env, "vectors", call[0], call.taking(kArgs)),
        n_(row_count("vectors", vectors_.size(), d_)),
        params_(choice.over({})),
        progress_(call, 4),
        assignments_(n_) {}

  const Arrays& arrays_;
  size_t d_, k_;
  Input<float> vectors_;
  size_t n_;
  ClusteringParams params_;
  Progress progress_;
  Clustering found_;
  Pending<uint32_t> assignments_;
};

constexpr Export kExports[] = {
    {"kmeans", entry_async<KMeans>},
    {"kmeansSync", entry_sync<KMeans>},
};

}  // namespace

std::span<const Export> clustering_exports() noexcept { return kExports; }

}  // namespace voronode
