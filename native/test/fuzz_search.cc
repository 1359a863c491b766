// libFuzzer target: whatever the bytes make of an index and of calls (differential/run_case.h), it answers what a plain
// scan answers.
//
//   npm run test:fuzz -- 60 fuzz_search
//
// A difference ends the run with the input saved.
#include <cstdio>
#include <cstdlib>

#include "test/differential/run_case.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  try {
    voronode::test::run_case(data, size);
  } catch (const voronode::test::Difference& difference) {
    std::fprintf(stderr, "difference: %s\n", difference.what());
    std::abort();
  }
  return 0;
}
