// A call with every one of its allocations failing, once or from then on: it fails with a proper error or works, what it
// worked on is as it was, nothing leaks.
#pragma once

#include <doctest/doctest.h>

#include <functional>
#include <new>
#include <utility>

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
    if (!index.is_trained()) return;
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

// Runs a call on a fresh index for every failure; then again without one, after which the index must look as after a call
// that never failed.
template <class Make>
class EachFailure {
 public:
  EachFailure(const Make& make, const Step& call)
      : make_(make), call_(call), untouched_(make()), before_(*untouched_), after_((call(*untouched_), *untouched_)) {}

  Failures run() {
    for (const bool for_good : {false, true}) {
      size_t nth = 1;
      while (fails(nth, for_good)) ++nth;
    }
    return result_;
  }

 private:
  // Threads of the pool keep some memory for their next task, which may begin at any time: what leaks does so each time.
  static constexpr size_t kTries = 4;

  // Whether there was an nth allocation.
  bool fails(size_t nth, bool for_good) {
    bool struck = false;
    size_t tries = 0;
    for (; tries < kTries; ++tries) {
      const size_t live = live_allocations();
      once(nth, for_good, &struck);
      if (live_allocations() == live) break;
    }
    if (tries == kTries) ++result_.leaked;
    return struck;
  }

  void once(size_t nth, bool for_good, bool* struck) {
    const auto index = make_();
    const End end = end_of([&] { call_(*index); }, nth, for_good, struck);
    if (*struck) ++result_.failures;
    if (end == End::kWrongError) ++result_.wrong_errors;
    if (!(Looks(*index) == (end == End::kDone ? after_ : before_))) ++result_.changed;
    if (end == End::kDone) return;
    call_(*index);
    if (!(Looks(*index) == after_)) ++result_.stuck;
  }

  const Make& make_;
  const Step& call_;
  decltype(std::declval<Make>()()) untouched_;
  Looks before_;
  Looks after_;
  Failures result_;
};

// make(): a fresh index, always the same.
template <class Make>
void check_failures(const Make& make, const Step& call) {
  const Failures result = EachFailure<Make>(make, call).run();
  CHECK(result.failures >= 2);
  CHECK(result.wrong_errors == 0);
  CHECK(result.changed == 0);
  CHECK(result.stuck == 0);
  CHECK(result.leaked == 0);
}

}  // namespace voronode::test
