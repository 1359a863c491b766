// The processor time that Linux allows a group of processes, apart from the cores they may run on: `docker --cpus`, the
// limits of Kubernetes. More threads than that only wait for each other.
#pragma once

#include <cstddef>

namespace voronode {

// In processors, rounded up; SIZE_MAX if there is no limit, it cannot be read, or the system is another.
// root: what stands before /proc and /sys in tests.
size_t cpu_quota(const char* root = "") noexcept;

}  // namespace voronode
