// A call with every one of its allocations failing, once or from then on: it fails with a proper error or works, what it
// worked on is as it was, nothing leaks.
#pragma once

#include <doctest/doctest.h>

#include <functional>
#include <new>

#include "io/index_io.h"
#include "test/allocations.h"
#include "test/reference.h"

namespace voronode::test {

// How a call with a failing allocation ended.
enum class End { kDone, kNoMemory, kWrongError };

inline End end_of(const std::function<void()>& call, size_t nth, bool for_good, bool* struck) {
  const FailingAllocations failing(nth, for_good);
  End end = End::kDone;
  try {
    call();
  } catch (const std::bad_alloc&) {
    end = End::kNoMemory;
  } catch (const Error& error) {
    end = error.code() == Code::kNoMemory ? End::kNoMemory : End::kWrongError;
  } catch (...) {
    end = End::kWrongError;
  }
  *struck = failing.struck();
  return end;
}

// Everything that can be seen of an index.
struct Looks {
  explicit Looks(const Index& index) : bytes(serialize_index(index, nullptr)) {
    const std::vector<float> query(index.d(), 0.25f);
    answer = search(index, 1, query.data(), index.ntotal() + 1);
  }
  bool operator==(const Looks& other) const { return bytes == other.bytes && answer == other.answer; }
  std::vector<uint8_t> bytes;
  Answer answer;
};

struct Failures {
  size_t failures = 0;  // allocations that were made to fail
  size_t wrong_errors = 0, changed = 0, stuck = 0, leaked = 0;
};

using Step = std::function<void(Index&)>;

// Runs `call` on a fresh index for every failure; then again without one, after which the index must look as after a call
// that never failed.
template <class Make>
Failures fail_each(const Make& make, const Step& call) {
  const auto untouched = make();
  const Looks before(*untouched);
  call(*untouched);
  const Looks after(*untouched);
  Failures result;
  for (const bool for_good : {false, true}) {
    bool struck = true;
    for (size_t nth = 1; struck; ++nth) {
      const size_t live = live_allocations();
      {
        const auto index = make();
        const End end = end_of([&] { call(*index); }, nth, for_good, &struck);
        if (struck) ++result.failures;
        if (end == End::kWrongError) ++result.wrong_errors;
        if (!(Looks(*index) == (end == End::kDone ? after : before))) ++result.changed;
        if (end != End::kDone) {
          call(*index);
          if (!(Looks(*index) == after)) ++result.stuck;
        }
      }
      if (live_allocations() != live) ++result.leaked;
    }
  }
  return result;
}

// make(): a fresh index, always the same.
template <class Make>
void check_failures(const Make& make, const Step& call) {
  const Failures result = fail_each(make, call);
  CHECK(result.failures >= 2);
  CHECK(result.wrong_errors == 0);
  CHECK(result.changed == 0);
  CHECK(result.stuck == 0);
  CHECK(result.leaked == 0);
}

}  // namespace voronode::test
