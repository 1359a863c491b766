// What the addon keeps for one JavaScript environment (the main thread or a worker): its instance data. There is
// nothing else but the thread pool, the table of kernels and the registry of shared indexes (shared_indexes.h), which all
// environments share.
#pragma once

#include <napi.h>

#include <memory>

#include "binding/arrays.h"
#include "binding/handles.h"
#include "binding/jobs.h"
#include "binding/pins.h"
#include "binding/shared_selector.h"
#include "binding/transfer.h"

namespace voronode {

class Environment {
 public:
  // Makes the environment's instance data. It goes when the environment does.
  static Environment& create(Napi::Env env);
  ~Environment();
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;

  const Arrays arrays;
  const Transfer transfer;
  const std::shared_ptr<Handles> handles;
  const std::shared_ptr<KeptSelectors> selectors;
  Pins pins;
  JobQueue jobs;

 private:
  explicit Environment(Napi::Env env);
  static void clean_up(void* environment) noexcept;
};

}  // namespace voronode
