#include "binding/clustering_arg.h"

#include <limits>

#include "binding/args.h"
#include "binding/errors.h"

namespace voronode {
namespace {

constexpr uint64_t kMaxCount = std::numeric_limits<int32_t>::max();

// Null if there is none.
napi_value member(Napi::Env env, napi_value object, const char* name) {
  napi_value value = nullptr;
  check_status(env, napi_get_named_property(env, object, name, &value));
  return is_undefined(env, value) ? nullptr : value;
}

std::optional<size_t> count(Napi::Env env, napi_value object, const char* name) {
  const napi_value value = member(env, object, name);
  if (value == nullptr) return std::nullopt;
  return static_cast<size_t>(integer_arg(env, name, value, 1, kMaxCount));
}

}  // namespace

ClusteringChoice::ClusteringChoice(Napi::Env env, const char* name, napi_value value) {
  if (is_undefined(env, value)) return;
  napi_valuetype type;
  check_status(env, napi_typeof(env, value, &type));
  if (type != napi_object) throw wrong_type(env, name, "an object", value);
  niter_ = count(env, value, "niter");
  nredo_ = count(env, value, "nredo");
  min_points_ = count(env, value, "minPointsPerCentroid");
  max_points_ = count(env, value, "maxPointsPerCentroid");
  if (const napi_value seed = member(env, value, "seed")) {
    seed_ = static_cast<uint32_t>(integer_arg(env, "seed", seed, 0, std::numeric_limits<uint32_t>::max()));
  }
  if (const napi_value spherical = member(env, value, "spherical")) {
    spherical_ = boolean_arg(env, "spherical", spherical);
  }
}

ClusteringParams ClusteringChoice::over(ClusteringParams defaults) const noexcept {
  ClusteringParams params;
  params.niter = niter_.value_or(defaults.niter);
  params.nredo = nredo_.value_or(defaults.nredo);
  params.spherical = spherical_.value_or(defaults.spherical);
  params.seed = seed_.value_or(defaults.seed);
  params.min_points_per_centroid = min_points_.value_or(defaults.min_points_per_centroid);
  params.max_points_per_centroid = max_points_.value_or(defaults.max_points_per_centroid);
  return params;
}

}  // namespace voronode
