// sketch_bounds and lowest, on every target of this machine.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "base/aligned.h"
#include "test/random.h"
#include "test/targets.h"

namespace voronode::test {
namespace {

TEST_CASE("sketch_bounds gives the left side of the test that sketch_filter makes") {
  Random random(81);
  for (const Kernels* target : runnable_targets()) {
    for (const size_t steps : {1, 2, 7, 32}) {
      const size_t groups = 3, nq = 14, ldo = groups * kGroupRows + 5;
      const size_t stride = steps * kGroupLine + kGroupTail;
      AlignedArray<uint8_t> bytes(groups * stride);
      for (size_t i = 0; i < groups * stride; ++i) bytes.data()[i] = static_cast<uint8_t>(random.bits());
      for (size_t g = 0; g < groups; ++g) {
        float* const tail = reinterpret_cast<float*>(bytes.data() + g * stride + steps * kGroupLine);
        for (size_t r = 0; r < 2 * kGroupRows + 4; ++r) tail[r] = 1 + random.uniform();
        tail[kGroupRows + 3] = -std::numeric_limits<float>::infinity();  // a row without a sketch
        tail[kGroupRows + 7 + g] = std::nanf("");
        if (g == 2) tail[2 * kGroupRows] = std::nanf("");  // rho: no bound is a number
      }
      std::vector<int8_t> codes(nq * ((steps + 3) / 4 * 16));
      std::vector<SketchQuery> queries;
      for (size_t q = 0; q < nq; ++q) {
        int8_t* const own = codes.data() + q * ((steps + 3) / 4 * 16);
        int32_t sum = 0;
        for (size_t j = 0; j < steps * 4; ++j) {
          own[j] = static_cast<int8_t>(static_cast<int>(random.below(2 * static_cast<size_t>(target->query_levels))) -
                                       target->query_levels);
          sum += own[j];
        }
        queries.push_back({own, -128 * sum, 1e-4f, 0.5f, 0.25f, -2 * random.uniform()});
      }
      std::vector<float> bounds(nq * ldo, 77.0f);
      std::vector<uint64_t> masks(nq * groups);
      std::vector<float> least(nq * groups);
      target->sketch_bounds(queries.data(), nq, bytes.data(), groups, steps, bounds.data(), ldo, least.data());
      target->sketch_filter(queries.data(), nq, bytes.data(), groups, steps, masks.data());
      size_t kept = 0;
      for (size_t q = 0; q < nq; ++q) {
        for (size_t r = 0; r < groups * kGroupRows; ++r) {
          const bool survives = (masks[q * groups + r / kGroupRows] >> r % kGroupRows & 1) != 0;
          REQUIRE(survives == !(bounds[q * ldo + r] > queries[q].base));
          kept += survives ? 1 : 0;
        }
        for (size_t r = groups * kGroupRows; r < ldo; ++r) REQUIRE(bounds[q * ldo + r] == 77.0f);
        for (size_t g = 0; g < groups; ++g) {
          const auto first = bounds.begin() + static_cast<ptrdiff_t>(q * ldo + g * kGroupRows);
          float expected = std::numeric_limits<float>::infinity();
          std::for_each(first, first + kGroupRows,
                        [&](float bound) { expected = bound < expected ? bound : expected; });
          REQUIRE(least[q * groups + g] == expected);
        }
      }
      CHECK(kept > 0);
      CHECK(kept < nq * groups * kGroupRows);
    }
  }
}

TEST_CASE("lowest passes over NaNs and reads nothing behind its end") {
  Random random(82);
  for (const Kernels* target : runnable_targets()) {
    for (size_t n = 0; n < 200; ++n) {
      std::vector<float> x(n + 1);
      for (float& value : x) value = random.one_in(5) ? std::nanf("") : random.uniform();
      x[n] = -1e9f;
      float expected = std::numeric_limits<float>::infinity();
      for (size_t i = 0; i < n; ++i) {
        if (x[i] < expected) expected = x[i];
      }
      REQUIRE(target->lowest(x.data(), n) == expected);
      const std::vector<float> nothing(n, std::nanf(""));
      REQUIRE(target->lowest(nothing.data(), n) == std::numeric_limits<float>::infinity());
    }
  }
}

}  // namespace
}  // namespace voronode::test
