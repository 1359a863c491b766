// Every operation with every one of its allocations failing, once or from then on: it fails with a proper error or
// works, what it worked on is as it was, nothing leaks. And how much memory the operations take.
#include <doctest/doctest.h>

#include <functional>
#include <new>
#include <stdexcept>

#include "factory/factory.h"
#include "index/flat.h"
#include "index/id_map.h"
#include "io/index_io.h"
#include "test/allocations.h"
#include "test/failing_calls.h"
#include "test/random.h"
#include "test/reference.h"
#include "test/threads.h"

namespace voronode::test {
namespace {

constexpr size_t kD = 64;
constexpr size_t kRows = 1'200;
constexpr size_t kQueries = 28;  // with so many rows just enough work for more than one thread
constexpr size_t kThreads = 3;

// Runs before main(): in the first use of the pool there is nothing that can fail.
const bool first_use_allocates_nothing = [] {
  const FailingAllocations failing(1, true);
  ThreadPool::instance();
  return !failing.struck();
}();

std::vector<idx_t> ids_from(idx_t first, size_t n) {
  std::vector<idx_t> ids(n);
  for (size_t i = 0; i < n; ++i) ids[i] = first + static_cast<idx_t>(i) * 3;
  return ids;
}

// The vectors that all tests add.
const std::vector<float>& vectors() {
  static const std::vector<float> x = Random(60).vectors(3 * kRows, kD);
  return x;
}

void add(Index& index, size_t n) {
  const bool maps = std::string(index.kind()).find("IDMap") != std::string::npos;
  if (!maps) return index.add(n, vectors().data(), nullptr);
  static const std::vector<idx_t> ids = ids_from(1'000, 3 * kRows);
  index.add_with_ids(n, vectors().data(), ids.data(), nullptr);
}

void check_each(
    const std::string& description, const Step& call, const Step& prepare = [](Index&) {}) {
  const Threads restored(kThreads);
  CAPTURE(description);
  check_failures(
      [&] {
        auto index = index_factory(kD, description, Metric::kL2);
        add(*index, kRows);
        prepare(*index);
        return index;
      },
      call);
}

#if defined(__SANITIZE_THREAD__)
constexpr const char* kDescriptions[] = {"IDMap2,L2norm,Flat"};  // all in one: what is failed here are not threads
#else
constexpr const char* kDescriptions[] = {"Flat", "IDMap,Flat", "L2norm,Flat", "IDMap2,L2norm,Flat"};
#endif

}  // namespace

TEST_CASE("memory: the pool's first use") { CHECK(first_use_allocates_nothing); }

TEST_CASE("memory: the fault strikes where it is told to") {
  for (const size_t nth : {1, 2, 3}) {
    bool struck = false;
    size_t made = 0;
    const auto call = [&] {
      for (size_t i = 0; i < 3; ++i, ++made) ::operator delete(::operator new(4));
    };
    CHECK(end_of(call, nth, false, &struck) == End::kNoMemory);
    CHECK(struck);
    CHECK(made == nth - 1);
  }
  const FailingAllocations failing(1, true);
  for (size_t i = 0; i < 3; ++i) CHECK(::operator new(8, std::align_val_t(64), std::nothrow) == nullptr);
}

TEST_CASE("memory: add") {
  for (const char* description : kDescriptions) {
    check_each(description, [](Index& index) { add(index, 2 * kRows); });
    check_each(
        description, [](Index& index) { add(index, 3 * kRows); }, [](Index& index) { add(index, 1); });
  }
}

TEST_CASE("memory: search, small, spread over threads, and with a huge k") {
  for (const char* description : kDescriptions) {
    struct Size {
      size_t nq, k;
    };
    for (const Size size : {Size{1, 5}, Size{kQueries, 10}, Size{2, 2 * kRows}}) {
      check_each(description, [&](Index& index) { search(index, size.nq, vectors().data(), size.k); });
    }
  }
}

TEST_CASE("memory: range search") {
  for (const char* description : kDescriptions) {
    const auto index = index_factory(kD, description, Metric::kL2);
    add(*index, kRows);
    // The distance of the tenth: few results, so few allocations to fail.
    const float radius = search(*index, 1, vectors().data() + kD * kRows, 10).distances[9];
    check_each(description, [&](Index& one) {
      RangeResult result;
      one.range_search(kQueries, vectors().data() + kD * kRows, radius, {}, &result);
      if (result.labels.size() < 9) throw std::logic_error("the radius finds nothing");
    });
  }
}

TEST_CASE("memory: remove_ids") {
  for (const char* description : kDescriptions) {
    check_each(description, [](Index& index) { index.remove_ids(IDSelectorRange(0, 3'000), nullptr); });
  }
}

TEST_CASE("memory: upsert, with and without a table of ids, and steps of compacting") {
  const auto upsert = [](Index& index) {
    std::vector<idx_t> ids = ids_from(1'000, 60);
    for (size_t i = 1; i < ids.size(); i += 2) ids[i] = -ids[i];
    index.upsert({ids.size(), vectors().data() + kRows * kD, ids.data()}, Index::Missing::kAdd, nullptr);
  };
  const auto look = [](Index& index) { index.has(1'003); };
  const auto remove = [](Index& index) { index.remove_ids(IDSelectorRange(1'000, 1'100), nullptr); };
  for (const char* description : {"IDMap,Flat", "IDMap,SQfp16,RFlat", "IDMap2,L2norm,Flat"}) {
    check_each(description, upsert);
    check_each(description, upsert, look);
    check_each(
        description, [](Index& index) { index.compact(); }, remove);
  }
  for (const char* description : {"IDMap,Flat", "IDMap2,L2norm,Flat"}) {
    check_each(
        description, [](Index& index) { index.compact_some(5'000); },
        [&](Index& index) {
          look(index);
          remove(index);
        });
  }
}

TEST_CASE("memory: reconstruct: the first time, after growth, after removal") {
  const auto reconstruct = [](Index& index) {
    std::vector<float> x(kD);
    index.reconstruct(1'003, x.data());
  };
  for (const char* description : {"IDMap,Flat", "IDMap2,L2norm,Flat"}) {
    check_each(description, reconstruct);
    check_each(description, reconstruct, [&](Index& index) {
      reconstruct(index);
      add(index, 2 * kRows);
    });
    check_each(description, reconstruct, [&](Index& index) {
      reconstruct(index);
      index.remove_ids(IDSelectorRange(1'000, 1'001), nullptr);
    });
  }
}

TEST_CASE("memory: save to bytes and read from bytes") {
  for (const char* description : kDescriptions) {
    check_each(description, [](Index& index) { serialize_index(index, nullptr); });
    const auto index = index_factory(kD, description, Metric::kL2);
    add(*index, kRows);
    const std::vector<uint8_t> bytes = serialize_index(*index, nullptr);
    check_each(description, [&](Index&) { deserialize_index(bytes.data(), bytes.size(), nullptr); });
  }
}

}  // namespace voronode::test
