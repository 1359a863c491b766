// A slice of the search fuzzer (differential/run_case.h) in every way of building the tests, drawn from a seed.
//
//   VORONODE_DIFFERENTIAL_SECONDS=3600 VORONODE_DIFFERENTIAL_SEED=7 npm run test:native -- -tc="differential*"
#include <doctest/doctest.h>

#include <chrono>
#include <cstdio>
#include <set>

#include "test/differential/run_case.h"

namespace voronode::test {
namespace {

uint64_t number_of(const char* variable, uint64_t otherwise) {
  const char* const text = std::getenv(variable);
  return text != nullptr ? std::stoull(text) : otherwise;
}

TEST_CASE("differential: every kind of index answers what a plain scan answers") {
  using Clock = std::chrono::steady_clock;
  const uint64_t seconds = number_of("VORONODE_DIFFERENTIAL_SECONDS", 0);
  const uint64_t cases = number_of("VORONODE_DIFFERENTIAL_CASES", seconds > 0 ? ~uint64_t{0} : 150);
  const uint64_t first = number_of("VORONODE_DIFFERENTIAL_SEED", 1) << 32;
  const Clock::time_point end = Clock::now() + std::chrono::seconds(seconds > 0 ? seconds : 3600);
  uint64_t done = 0;
  uint64_t compared = 0;
  for (; done < cases && Clock::now() < end; ++done) {
    const uint64_t seed = first + done;
    uint8_t bytes[sizeof seed];
    std::memcpy(bytes, &seed, sizeof seed);
    std::string failure;
    try {
      compared += run_case(bytes, sizeof bytes);
    } catch (const std::exception& error) {
      failure = error.what();
    }
    INFO("case ", done, " of the seed");
    REQUIRE(failure == "");
  }
  if (seconds > 0)
    std::printf("%s: %llu cases, %llu searches compared\n", kernels().name, static_cast<unsigned long long>(done),
                static_cast<unsigned long long>(compared));
  CHECK(compared > done / 2);
}

TEST_CASE("differential: the fuzzer knows every part that the factory offers") {
  std::set<std::string> known;
  for (const KnownPart& part : kKnownParts) known.insert(part.name);
  for (const std::string& name : offered_parts()) CHECK_MESSAGE(known.count(name) == 1, name);
  CHECK(offered_parts().size() == std::size(kKnownParts));
}

}  // namespace
}  // namespace voronode::test
