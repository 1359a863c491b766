// Rows where a mapped file has them, at addresses that are no multiple of 4: every target gives the bits that it gives
// for the same rows elsewhere. UBSan sees what reads them as floats.
#include <doctest/doctest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <string>

#include "kernels/kernels.h"
#include "test/guarded.h"
#include "test/random.h"
#include "test/reference.h"
#include "test/targets.h"

namespace voronode::test {
namespace {

constexpr size_t kRows = 37;  // several groups of every target, and some rows more
constexpr size_t kDimensions[] = {1, 2, 3, 5, 8, 15, 16, 17, 31, 33, 64, 67, 100, 129};

// A copy of the rows that ends `behind` bytes before the end of memory.
class Shifted {
 public:
  Shifted(const std::vector<float>& rows, size_t behind) : bytes_(rows.size() * sizeof(float) + behind) {
    if (!rows.empty()) std::memcpy(bytes_.data(), rows.data(), rows.size() * sizeof(float));
  }
  // As Blocks hand it out.
  const float* data() const { return reinterpret_cast<const float*>(bytes_.data()); }

 private:
  Guarded<uint8_t> bytes_;
};

std::vector<float> hostile(Random& random, size_t n) {
  std::vector<float> out(n);
  for (float& x : out) x = random.one_in(2) ? random.hostile() : random.uniform();
  return out;
}

}  // namespace

TEST_CASE("unaligned rows: distances, of batches and of pairs") {
  Random random(71);
  for (const size_t d : kDimensions) {
    constexpr size_t kQueries = 14;
    const std::vector<float> xq = hostile(random, kQueries * d);
    const std::vector<float> rows = hostile(random, kRows * d);
    for (size_t behind = 0; behind < 4; ++behind) {
      const Shifted y(rows, behind);
      REQUIRE(reinterpret_cast<uintptr_t>(y.data()) % 4 == (4 - behind) % 4);
      std::vector<const float*> left, right;
      for (size_t i = 0; i < kRows; ++i) {
        left.push_back(xq.data() + i % kQueries * d);
        right.push_back(y.data() + i * d);
      }
      for (const Kernels* target : runnable_targets()) {
        for (const Metric metric : kAllMetrics) {
          INFO(std::string(target->name), ", d ", d, ", behind ", behind, ", ", std::string(traits(metric).name));
          for (const size_t nq : {size_t{1}, size_t{2}, size_t{5}, kQueries}) {
            std::vector<float> expected(nq * kRows), found(nq * kRows);
            (target->*traits(metric).rows)(xq.data(), nq, rows.data(), kRows, d, expected.data(), kRows);
            (target->*traits(metric).rows)(xq.data(), nq, y.data(), kRows, d, found.data(), kRows);
            CHECK(same(found, expected));
          }
          std::vector<float> pairs(kRows);
          (target->*traits(metric).pairs)(left.data(), right.data(), kRows, d, pairs.data());
          for (size_t i = 0; i < kRows; ++i) {
            REQUIRE(same(pairs[i], reference_key(metric, left[i], rows.data() + i * d, d)));
          }
        }
      }
    }
  }
}

TEST_CASE("unaligned rows: the first that is not finite") {
  Random random(72);
  for (size_t n = 0; n <= 70; ++n) {
    for (size_t behind = 0; behind < 4; ++behind) {
      for (size_t bad = 0; bad <= n; ++bad) {
        std::vector<float> x = hostile(random, n);
        if (bad < n) x[bad] = bad % 2 == 0 ? std::nanf("") : -std::numeric_limits<float>::infinity();
        const Shifted there(x, behind);
        for (const Kernels* target : runnable_targets()) {
          CHECK(target->first_nonfinite(there.data(), n) == bad);
        }
      }
    }
  }
}

TEST_CASE("unaligned rows: sketches of them") {
  Random random(73);
  for (const size_t d : kDimensions) {
    const std::vector<float> centre = random.vectors(1, d);
    const std::vector<float> row = random.vectors(1, d);
    for (size_t behind = 0; behind < 4; ++behind) {
      const Shifted there(row, behind);
      for (const Kernels* target : runnable_targets()) {
        std::vector<int8_t> expected((d + 3) / 4 * 4), found(expected.size());
        const SketchRow a = target->sketch_row(row.data(), centre.data(), d, 127, expected.data());
        const SketchRow b = target->sketch_row(there.data(), centre.data(), d, 127, found.data());
        CHECK(found == expected);
        CHECK(a.scale == b.scale);
        CHECK(a.norm2 == b.norm2);
      }
    }
  }
}

}  // namespace voronode::test
