// A slice of the search fuzzer (differential/run_case.h) in every way of building the tests, drawn from a seed.
//
//   VORONODE_DIFFERENTIAL_SECONDS=3600 VORONODE_DIFFERENTIAL_SEED=7 npm run test:native -- -tc="differential*"
#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <set>
#include <stdexcept>
#include <string>

#include "test/differential/run_case.h"

namespace voronode::test {
namespace {

uint64_t number_of(const char* variable, uint64_t otherwise) {
  const char* const text = std::getenv(variable);
  return text != nullptr ? std::stoull(text) : otherwise;
}

using Bytes = std::array<uint8_t, 32>;

// What a case is drawn from. Mixed: the bytes are the first choices, and those of plain numbers are mostly zeros.
Bytes bytes_of(uint64_t seed, uint64_t number) {
  Random random(seed << 32 | number);
  Bytes bytes;
  for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(random.below(256));
  return bytes;
}

// Case by case of one seed; throws with the number of the case that fails.
struct Run {
  uint64_t seed = number_of("VORONODE_DIFFERENTIAL_SEED", 1);
  uint64_t next = number_of("VORONODE_DIFFERENTIAL_FIRST", 0);
  uint64_t compared = 0;

  void one() {
    const Bytes bytes = bytes_of(seed, next++);
    try {
      compared += run_case(bytes.data(), bytes.size());
    } catch (const std::exception& error) {
      throw std::runtime_error(format("seed %llu, case %llu: %s", static_cast<unsigned long long>(seed),
                                      static_cast<unsigned long long>(next - 1), error.what()));
    }
  }
};

// A few cases where another run does more.
TEST_CASE("differential: every kind of index answers what a plain scan answers") {
  using Clock = std::chrono::steady_clock;
  const uint64_t seconds = number_of("VORONODE_DIFFERENTIAL_SECONDS", 0);
  const uint64_t cases = number_of("VORONODE_DIFFERENTIAL_CASES", seconds > 0 ? ~uint64_t{0} : 100);
  const Clock::time_point end = Clock::now() + std::chrono::seconds(seconds);
  Run run;
  uint64_t done = 0;
  for (; done < cases && (seconds == 0 || Clock::now() < end); ++done) REQUIRE_NOTHROW(run.one());
  CHECK(run.compared > done);
  if (seconds > 0) {
    std::printf("%s: %llu cases, %llu searches compared\n", kernels().name, static_cast<unsigned long long>(done),
                static_cast<unsigned long long>(run.compared));
  }
}

TEST_CASE("differential: a slice draws flat and inverted kinds of every dimension and metric, mapped and not") {
  std::set<std::string> seen;
  std::set<size_t> dimensions;
  for (uint64_t number = 0; number < 2'000; ++number) {
    const Bytes bytes = bytes_of(1, number);
    Choices choices(bytes.data(), bytes.size());
    const Kind kind = Kind::choose(choices);
    dimensions.insert(kind.d);
    seen.insert(std::string(kind.nlist > 0 ? "IVF" : "flat") + " " + traits(kind.metric).name + " " +
                (kind.keyed ? "keys" : std::to_string(kind.maps)) + (kind.refined ? " refined" : ""));
  }
  CHECK(dimensions.size() == 16);
  CHECK(seen.size() == 2 * 4 * 4 * 2);
}

TEST_CASE("differential: the fuzzer draws every code that the factory offers, and knows the other parts") {
  const std::vector<std::string> offered = offered_parts();
  for (const char* part : kOtherParts) CHECK(std::count(offered.begin(), offered.end(), part) == 1);
  CHECK(row_codes().size() == offered.size() - std::size(kOtherParts) + 2);
  for (const std::string& code : row_codes()) {
    Kind kind;
    kind.d = 4;
    kind.code = code;
    CHECK(make_index(kind, {}, {})->inner() == nullptr);
  }
}

}  // namespace
}  // namespace voronode::test
