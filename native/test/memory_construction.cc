// Making indexes and starting threads with every allocation failing; and how much memory operations take.
#include <doctest/doctest.h>

#include <atomic>
#include <functional>
#include <new>
#include <string>

#include "factory/factory.h"
#include "index/flat.h"
#include "index/id_map.h"
#include "index/pre_transform.h"
#include "test/allocations.h"
#include "test/random.h"
#include "test/reference.h"
#include "test/threads.h"
#include "transform/plain_transforms.h"

namespace voronode::test {
namespace {

// Runs call() with each allocation failing; after each, holds() must be true and, if it failed, no more allocations
// live than before. Returns how many were made to fail.
template <class Call, class Holds>
size_t fail_each(Call call, Holds holds) {
  size_t failures = 0;
  for (const bool for_good : {false, true}) {
    bool struck = true;
    for (size_t nth = 1; struck; ++nth) {
      const size_t live = live_allocations();
      bool no_memory = false;
      {
        const FailingAllocations failing(nth, for_good);
        try {
          call();
        } catch (const std::bad_alloc&) {
          no_memory = true;
        } catch (const Error& error) {
          no_memory = error.code() == Code::kNoMemory;
        }
        struck = failing.struck();
      }
      const bool leaked = no_memory && live_allocations() > live;
      INFO("allocation ", nth, std::string(for_good ? " and all later ones" : " alone"));
      CHECK_FALSE(leaked);
      CHECK(holds(no_memory));
      if (struck) ++failures;
    }
  }
  return failures;
}

}  // namespace

TEST_CASE("memory: indexes from descriptions") {
  for (const std::string description :
       {"Flat", "IDMap,Flat", "L2norm,Flat", "IDMap2,L2norm,L2norm,Flat", "Flat,IDMap", "IDMap,IVF16,Flat"}) {
    CAPTURE(description);
    const auto any = [](bool) { return true; };
    CHECK(fail_each([&] { index_factory(8, description, Metric::kL2); }, any) >= 4);
  }
}

TEST_CASE("memory: refusing takes memory too, and its lack is told") {
  const auto refuse = [](const char* description) {
    try {
      index_factory(8, description, Metric::kL2);
    } catch (const Error& error) {
      if (error.code() == Code::kNoMemory) throw;
    }
  };
  for (const char* description : {"nonsense,Flat", "IVF1024,PQ8", "IDMap,Flat,Flat"}) {
    CHECK(fail_each([&] { refuse(description); }, [](bool) { return true; }) >= 2);
  }
}

TEST_CASE("memory: a wrapper that could not be made leaves its index free to be wrapped") {
  std::shared_ptr<Index> flat, wrapper;
  const auto prepare = [&] {
    wrapper.reset();
    flat = std::make_shared<IndexFlat>(8, Metric::kL2);
  };
  const auto holds = [&](bool no_memory) {
    const bool right = flat->wrapped() == !no_memory && (wrapper != nullptr) == !no_memory;
    prepare();
    return right;
  };
  prepare();
  CHECK(fail_each([&] { wrapper = std::make_shared<IndexIDMap>(flat, false); }, holds) >= 4);
  CHECK(fail_each(
            [&] {
              TransformChain chain;
              chain.push_back(std::make_shared<NormalizationTransform>(8));
              wrapper = std::make_shared<IndexPreTransform>(std::move(chain), flat);
            },
            holds) >= 4);
}

TEST_CASE("memory: threads that cannot be had are done without") {
  ThreadPool& pool = ThreadPool::instance();
  const Threads restored;
  const auto works = [&] {
    std::atomic<size_t> sum{0};
    pool.parallel_for(100, nullptr, [&](size_t i) { sum += i; });
    return sum == 4'950;
  };
  size_t failures = 0;
  for (const bool for_good : {false, true}) {
    for (size_t nth = 1; nth <= 8; ++nth) {
      pool.retain();
      pool.release();  // no thread is left
      pool.set_threads(2);
      pool.start();
      {
        const FailingAllocations failing(nth, for_good);
        pool.set_threads(7);
        if (failing.struck()) ++failures;
      }
      CHECK(pool.threads() == 7);
      CHECK(works());
    }
  }
  CHECK(failures >= 10);  // the table of threads, and five threads
}

TEST_CASE("memory: a loop runs though no thread can be started for it") {
  ThreadPool& pool = ThreadPool::instance();
  const Threads restored(5);
  for (size_t nth = 1; nth <= 12; ++nth) {
    pool.retain();
    pool.release();  // no thread is left
    std::atomic<size_t> sum{0};
    const std::function<void(size_t)> body = [&](size_t i) { sum += i; };
    {
      const FailingAllocations failing(nth, true);
      pool.parallel_for(100, nullptr, body);
    }
    CHECK(sum == 4'950);
  }
}

TEST_CASE("memory: adding takes what is stored, and one block") {
  const Threads restored(2);
  constexpr size_t kD = 128;
  const std::vector<float> batch = Random(61).vectors(5'000, kD);
  peak_bytes(true);
  const size_t before = live_bytes();
  IndexFlat index(kD, Metric::kL2);
  for (size_t i = 0; i < 20; ++i) index.add(5'000, batch.data(), nullptr);
  const size_t stored = index.ntotal() * kD * sizeof(float);
  CHECK(peak_bytes(false) - before <= stored * 115 / 100);
}

TEST_CASE("memory: a search takes memory by the size of its answer, however many the threads") {
  constexpr size_t kD = 64;
  constexpr size_t kRows = 50'000;
  IndexFlat index(kD, Metric::kL2);
  const std::vector<float> x = Random(62).vectors(kRows, kD);
  index.add(kRows, x.data(), nullptr);
  for (const size_t threads : {1, 8, 64}) {
    const Threads restored(threads);
    search(index, 1, x.data(), 1);  // starts the threads
    for (const size_t nq : {1, 20}) {
      std::vector<float> distances(nq * kRows);
      std::vector<idx_t> labels(nq * kRows);
      peak_bytes(true);
      const size_t before = live_bytes();
      index.search(nq, x.data(), kRows, {}, distances.data(), labels.data());
      const size_t heaps = nq * kRows * 8;                       // key and label
      const size_t scratch = (threads + 1) * (size_t{1} << 20);  // per thread
      INFO(threads, " threads, ", nq, " queries");
      CHECK(peak_bytes(false) - before <= 4 * heaps + scratch);
    }
  }
}

}  // namespace voronode::test
