// libFuzzer target: any bytes are refused as corrupt or unsupported, or are an index that works.
//
//   cmake -S . -B build-fuzz -DCMAKE_CXX_COMPILER=clang++ -DVORONODE_ADDON=OFF -DVORONODE_FUZZ=ON
//   cmake --build build-fuzz && build-fuzz/fuzz_read_index -max_len=4096 -rss_limit_mb=512 corpus test/golden
//
// An exception that escapes ends the run with the input saved.
#include "base/error.h"
#include "io/index_io.h"
#include "test/exercise.h"
#include "test/heap_mapping.h"

namespace {

template <class Read>
void try_to(const Read& read) {
  std::shared_ptr<voronode::Index> index;
  try {
    index = read();
  } catch (const voronode::Error& error) {
    if (error.code() != voronode::Code::kCorrupt && error.code() != voronode::Code::kUnsupported) throw;
    return;
  }
  voronode::test::exercise(*index);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  try_to([&] { return voronode::deserialize_index(data, size, nullptr); });
  try_to([&] { return voronode::test::map_bytes({data, data + size}, true); });
  return 0;
}
