// How many threads work at once as long as nobody calls setThreads.
#pragma once

#include <cstddef>

namespace voronode {

// The cores this process may run on, or fewer by a quota of processor time; at least 1.
size_t usable_cores() noexcept;

// What the environment variable VORONODE_THREADS says; 0 if it is unset or empty. Throws kInvalidArgValue unless it is
// an integer of 1 to max.
size_t threads_in_environment(size_t max);

// The same or else usable_cores(): 1 to max. A wrong variable counts as unset; the addon refuses it before anything
// runs.
size_t default_threads(size_t max) noexcept;

}  // namespace voronode
