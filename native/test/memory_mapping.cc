// Mapping a file, and changing what is mapped, with every one of the allocations failing.
#include <doctest/doctest.h>

#include "factory/factory.h"
#include "index/id_map.h"
#include "test/failing_calls.h"
#include "test/golden.h"
#include "test/random.h"
#include "test/threads.h"

namespace voronode::test {
namespace {

constexpr size_t kD = 16;
constexpr size_t kRows = 900;

constexpr const char* kDescriptions[] = {"Flat", "IDMap,Flat", "L2norm,Flat", "IDMap2,SQfp16,RFlat"};

const std::vector<float>& vectors() {
  static const std::vector<float> x = Random(62).vectors(2 * kRows, kD);
  return x;
}

void add(Index& index, size_t n, idx_t first) {
  if (!index.maps_ids()) return index.add(n, vectors().data(), nullptr);
  std::vector<idx_t> ids(n);
  for (size_t i = 0; i < n; ++i) ids[i] = first + static_cast<idx_t>(i);
  index.add_with_ids(n, vectors().data(), ids.data(), nullptr);
}

std::shared_ptr<Index> filled(const char* description) {
  auto index = index_factory(kD, description, Metric::kL2);
  add(*index, kRows, 0);
  return index;
}

size_t open_files() {
  size_t n = 0;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) n += entry.exists() ? 1 : 0;
  return n;
}

}  // namespace

TEST_CASE("memory: mapping a file") {
  const TemporaryFolder folder;
  for (const char* description : kDescriptions) {
    CAPTURE(description);
    write_index(*filled(description), folder / "index", nullptr);
    for (const bool verify : {false, true}) {
      const size_t files = std::filesystem::exists("/proc/self/fd") ? open_files() : 0;
      check_failures([&] { return filled(description); },
                     [&](Index&) { map_index(folder / "index", verify, nullptr); });
      if (files != 0) CHECK(open_files() == files);
    }
  }
}

TEST_CASE("memory: changes of what is mapped") {
  const Threads restored(3);
  const TemporaryFolder folder;
  for (const char* description : kDescriptions) {
    CAPTURE(description);
    write_index(*filled(description), folder / "index", nullptr);
    const auto make = [&] { return map_index(folder / "index", false, nullptr); };
    REQUIRE(make()->memory_use().mapped > 0);
    check_failures(make, [](Index& index) { add(index, 2 * kRows, 10'000); });
    check_failures(make, [](Index& index) { index.remove_ids(IDSelectorRange(0, 300), nullptr); });
    check_failures(
        [&] {
          auto index = make();
          index->remove_ids(IDSelectorRange(0, 300), nullptr);
          return index;
        },
        [](Index& index) { index.compact(); });
  }
}

}  // namespace voronode::test
