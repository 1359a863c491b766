// The kernels of every target that this machine can run.
#pragma once

#include <vector>

#include "kernels/kernels.h"

namespace voronode::test {

inline std::vector<const Kernels*> runnable_targets() {
  std::vector<const Kernels*> out(voronode::runnable_targets(nullptr, 0));
  voronode::runnable_targets(out.data(), out.size());
  return out;
}

}  // namespace voronode::test
