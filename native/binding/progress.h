// Reports of a clustering under way to a function of JavaScript.
//
// The work does not wait for it: reports pile up until the JavaScript thread comes round to them. (If the work waited,
// that thread could meanwhile wait for the work, at the gate of the same index.)
#pragma once

#include <napi.h>

#include <mutex>
#include <vector>

#include "binding/call.h"
#include "binding/operation.h"
#include "clustering/kmeans.h"

namespace voronode {

class Progress {
 public:
  // Argument `at`: a function, or undefined. In place there are no reports, the thread being busy with the work.
  Progress(const Call& call, size_t at);

  // What the clustering calls; null if nobody asked.
  ClusteringProgress sink(Listener* listener);

  // Calls the function with (run, runs, iteration, iterations, objective, imbalance, splits) for each report since the
  // last time; throws what it throws.
  void tell(Napi::Env env);

 private:
  Napi::FunctionReference function_;
  std::mutex mutex_;
  std::vector<ClusteringStep> reports_;
};

}  // namespace voronode
