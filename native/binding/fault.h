// A seam for tests: in builds with VORONODE_TEST_HOOKS the addon exports throwAt(place, what), which makes the next
// call that passes the place throw, once. In other builds nothing of it is left.
#pragma once

#if defined(VORONODE_TEST_HOOKS)
#include <atomic>
#include <new>
#include <stdexcept>
#endif

namespace voronode {

enum class Place { kEntry = 1, kExecute = 2, kFinish = 3 };

#if defined(VORONODE_TEST_HOOKS)

enum class Thrown { kBadAlloc = 0, kRuntimeError = 1, kInt = 2 };

struct Fault {
  std::atomic<int> place{0};  // 0: none
  std::atomic<Thrown> thrown{Thrown::kBadAlloc};
};
inline Fault armed_fault;

inline void fault_point(Place place) {
  int expected = static_cast<int>(place);
  if (!armed_fault.place.compare_exchange_strong(expected, 0)) return;
  switch (armed_fault.thrown.load()) {
    case Thrown::kBadAlloc:
      throw std::bad_alloc();
    case Thrown::kRuntimeError:
      throw std::runtime_error("thrown for a test");
    case Thrown::kInt:
      throw 42;
  }
}

#else

inline void fault_point(Place) noexcept {}

#endif

}  // namespace voronode
