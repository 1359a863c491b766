// select_not_above and first_nonfinite of every target, with guard pages behind every array.
#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <string>

#include "kernels/kernels.h"
#include "test/guarded.h"
#include "test/random.h"
#include "test/targets.h"

namespace voronode::test {
namespace {

constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();
constexpr float kInfinity = std::numeric_limits<float>::infinity();

float distance_or_nan(Random& random) {
  switch (random.below(6)) {
    case 0:
      return kNaN;
    case 1:
      return -kNaN;
    case 2:
      return random.one_in(2) ? kInfinity : -kInfinity;
    case 3:
      return random.one_in(2) ? 0.0f : -0.0f;
    default:
      return static_cast<float>(random.below(5));
  }
}

}  // namespace

TEST_CASE("select_not_above finds the positions that are not above the threshold, NaN on either side included") {
  Random random(3);
  for (size_t n = 0; n <= 70; ++n) {
    Guarded<float> dis(n);
    Guarded<uint32_t> positions(n);
    for (size_t round = 0; round < 40; ++round) {
      for (size_t i = 0; i < n; ++i) dis.data()[i] = distance_or_nan(random);
      const float threshold = distance_or_nan(random);
      std::vector<uint32_t> expected;
      for (size_t i = 0; i < n; ++i) {
        if (std::isnan(dis.data()[i]) || std::isnan(threshold) || dis.data()[i] <= threshold) {
          expected.push_back(static_cast<uint32_t>(i));
        }
      }
      for (const Kernels* target : runnable_targets()) {
        const size_t found = target->select_not_above(dis.data(), n, threshold, positions.data());
        INFO(std::string(target->name), ", n ", n, ", threshold ", threshold);
        REQUIRE(found <= n);
        CHECK(std::vector<uint32_t>(positions.data(), positions.data() + found) == expected);
      }
    }
  }
}

TEST_CASE("first_nonfinite finds the first NaN or infinity wherever it stands") {
  Random random(4);
  for (size_t n = 0; n <= 70; ++n) {
    Guarded<float> x(n);
    for (size_t i = 0; i < n; ++i) x.data()[i] = random.hostile();
    for (const Kernels* target : runnable_targets()) {
      INFO(std::string(target->name), ", n ", n);
      CHECK(target->first_nonfinite(x.data(), n) == n);
      for (size_t at = 0; at < n; ++at) {
        const float kept = x.data()[at];
        for (const float bad : {kNaN, -kNaN, std::numeric_limits<float>::signaling_NaN(), kInfinity, -kInfinity}) {
          x.data()[at] = bad;
          CHECK(target->first_nonfinite(x.data(), n) == at);
        }
        const float last = x.data()[n - 1];
        x.data()[n - 1] = kNaN;  // a second one, behind
        CHECK(target->first_nonfinite(x.data(), n) == at);
        x.data()[n - 1] = last;
        x.data()[at] = kept;
      }
    }
  }
}

TEST_CASE("the largest and the smallest floats are finite") {
  std::vector<float> x(64, std::numeric_limits<float>::max());
  for (size_t i = 0; i < x.size(); i += 2) x[i] = std::numeric_limits<float>::denorm_min();
  for (const Kernels* target : runnable_targets()) CHECK(target->first_nonfinite(x.data(), x.size()) == x.size());
}

}  // namespace voronode::test
