// The caller's choices for a clustering, from JavaScript.
#pragma once

#include <napi.h>

#include <cstdint>
#include <optional>

#include "clustering/kmeans.h"

namespace voronode {

class ClusteringChoice {
 public:
  // An object with any of niter, nredo, spherical, seed, minPointsPerCentroid, maxPointsPerCentroid, or undefined.
  // Reading it may run scripts, so it is done before anything else is taken hold of.
  ClusteringChoice(Napi::Env env, const char* name, napi_value value);

  // The defaults where nothing was chosen.
  ClusteringParams over(ClusteringParams defaults) const noexcept;

 private:
  std::optional<size_t> niter_, nredo_, min_points_, max_points_;
  std::optional<uint32_t> seed_;
  std::optional<bool> spherical_;
};

}  // namespace voronode
