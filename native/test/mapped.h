// One file, mapped and read.
#pragma once

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <memory>
#include <string>

#include "factory/factory.h"
#include "io/index_io.h"
#include "test/golden.h"
#include "test/random.h"

namespace voronode::test {

inline constexpr size_t kD = 24;
inline constexpr size_t kRows = 2'100;  // several blocks of each kind, and rows behind them

inline bool takes_ids(const Index& index) { return index.maps_ids(); }

inline std::shared_ptr<Index> filled(const std::string& description, Metric metric, size_t n, uint64_t seed) {
  Random random(seed);
  const std::vector<float> x = random.vectors(std::max<size_t>(n, 400), kD);
  auto index = index_factory(kD, description, metric);
  index->train(x.size() / kD, x.data(), nullptr);
  if (!takes_ids(*index)) {
    index->add(n, x.data(), nullptr);
    return index;
  }
  std::vector<idx_t> ids(n);
  for (size_t i = 0; i < n; ++i) ids[i] = static_cast<idx_t>(i * 7 % n * 3 + 5);
  index->add_with_ids(n, x.data(), ids.data(), nullptr);
  return index;
}

// A file that is old enough for its next change to be seen.
inline void write_old(const std::string& path, const Bytes& bytes) {
  write_all(path, bytes);
  std::filesystem::last_write_time(path, std::filesystem::file_time_type::clock::now() - std::chrono::hours(1));
}

struct Both {
  std::shared_ptr<Index> mapped, read;
};

inline Both open_both(const std::string& path, const Bytes& bytes) {
  write_old(path, bytes);
  return {map_index(path, false, nullptr), read_index(path, nullptr)};
}

}  // namespace voronode::test
