// What is read beside changes.
#pragma once

#include <doctest/doctest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "test/random.h"

namespace voronode::test {

// Three threads read (`save`, `look_up`, `search` of `subject` say whether what they saw was right), one compacts, and this one
// makes so many changes.
template <class Subject>
void check_beside(Subject& subject, size_t changes) {
  std::atomic<bool> done{false};
  std::atomic<size_t> wrong{0};
  std::atomic<size_t> read{0};
  std::vector<std::thread> threads;
  for (size_t t = 0; t < 3; ++t) {
    threads.emplace_back([&, t] {
      Random random(100 + t);
      while (!done) {
        const size_t kind = random.below(12);
        const bool right = kind == 0 ? subject.save() : kind < 4 ? subject.look_up(random) : subject.search(random);
        wrong += right ? 0 : 1;
        ++read;
      }
    });
  }
  threads.emplace_back([&] {
    Random random(200);
    while (!done) {
      subject.compact(random);
      std::this_thread::yield();
    }
  });
  Random random(7);
  for (size_t i = 0; i < changes; ++i) subject.change(random);
  done = true;
  for (std::thread& thread : threads) thread.join();
  CHECK(wrong == 0);
  CHECK(read > 0);
}

}  // namespace voronode::test
