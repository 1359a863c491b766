// Index bytes that are not to be trusted: every truncation, single bytes and whole fields replaced, lengths that
// promise more than there is. Each is refused as corrupt or unsupported, or gives an index that works; none crashes,
// none takes more memory than its size allows, none takes long.
#include <doctest/doctest.h>

#include <chrono>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <new>
#include <type_traits>

#include "index/flat.h"
#include "ivf/ivf_flat.h"
#include "test/exercise.h"
#include "test/golden.h"

#if defined(__GLIBC__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#include <malloc.h>
#include <sys/resource.h>
#include <unistd.h>
#define CAN_LIMIT_MEMORY 1
#endif

namespace voronode::test {
namespace {

// For its life the process may map only `bytes` more; an allocation beyond fails. (Sanitizers map terabytes on their
// own.)
class MemoryLimit {
 public:
#ifdef CAN_LIMIT_MEMORY
  explicit MemoryLimit(size_t bytes) {
    // Large blocks come from the system and go back to it: none is served from what earlier tests freed.
    static const int direct = mallopt(M_MMAP_THRESHOLD, 1 << 17) + malloc_trim(0);
    static_cast<void>(direct);
    getrlimit(RLIMIT_AS, &saved_);
    unsigned long long pages = 0;
    std::ifstream("/proc/self/statm") >> pages;
    rlimit lower = saved_;
    lower.rlim_cur = pages * static_cast<size_t>(sysconf(_SC_PAGESIZE)) + bytes;
    expect(setrlimit(RLIMIT_AS, &lower) == 0, "the limit can be lowered");
  }
  ~MemoryLimit() { setrlimit(RLIMIT_AS, &saved_); }

 private:
  rlimit saved_;
#else
  explicit MemoryLimit(size_t) {}
#endif
};

struct Tally {
  size_t refused = 0;
  size_t accepted = 0;
  double slowest = 0;  // seconds
};

// True if the bytes made an index.
bool try_bytes(const Bytes& bytes, Tally& tally) {
  const auto start = std::chrono::steady_clock::now();
  std::shared_ptr<Index> index;
  try {
    const MemoryLimit limit(4 * bytes.size() + (size_t{64} << 20));
    index = deserialize_index(bytes.data(), bytes.size(), nullptr);
  } catch (const Error& error) {
    const bool expected = error.code() == Code::kCorrupt || error.code() == Code::kUnsupported;
    if (!expected) FAIL(error.what());
    if (std::strstr(error.what(), "<buffer>") == nullptr) FAIL(error.what());
  }
  if (index != nullptr) exercise(*index);
  ++(index != nullptr ? tally.accepted : tally.refused);
  tally.slowest =
      std::max(tally.slowest, std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  return index != nullptr;
}

// Only every so many-th place of a file is tried: sanitizers are slow, and the places are alike to them.
size_t places_step() {
  const char* text = std::getenv("VORONODE_HOSTILE_STEP");
  return text != nullptr ? std::stoul(text) : 1;
}

constexpr double kSlow = 5;  // seconds, for one input, under any sanitizer

template <class T>
void try_fields(const Bytes& original, Tally& tally) {
  for (size_t at = 0; at + sizeof(T) <= original.size(); at += places_step()) {
    T value;
    std::memcpy(&value, original.data() + at, sizeof value);
    using Unsigned = std::make_unsigned_t<T>;
    const T hostile[] = {0,
                         1,
                         -1,
                         std::numeric_limits<T>::max(),
                         std::numeric_limits<T>::min(),
                         T{1} << 20,
                         static_cast<T>(static_cast<Unsigned>(value) + 1),
                         static_cast<T>(static_cast<Unsigned>(value) - 1),
                         static_cast<T>(static_cast<Unsigned>(value) * 2),
                         static_cast<T>(std::numeric_limits<T>::max() / 4)};
    for (const T put : hostile) {
      Bytes bytes = original;
      std::memcpy(bytes.data() + at, &put, sizeof put);
      try_bytes(bytes, tally);
    }
  }
}

}  // namespace

TEST_CASE("every truncation of every golden file is refused") {
  Tally tally;
  for (const Golden& file : golden_files()) {
    CAPTURE(file.name);
    // The trailer is no part of the index: cutting it changes nothing.
    const size_t whole = file.name == "flat_l2_trailer" ? golden("flat_l2").size() : file.bytes.size();
    for (size_t size = 0; size < file.bytes.size(); ++size) {
      CAPTURE(size);
      Bytes bytes(file.bytes.begin(), file.bytes.begin() + static_cast<std::ptrdiff_t>(size));
      bytes.shrink_to_fit();  // so that a read beyond the end is seen by sanitizers
      CHECK(try_bytes(bytes, tally) == (size >= whole));
    }
    CHECK(try_bytes(file.bytes, tally) == !file.refused());
  }
  CHECK(tally.refused > 5000);
  CHECK(tally.slowest < kSlow);
}

TEST_CASE("golden files with one byte changed are refused or work") {
  Tally tally;
  for (const Golden& file : golden_files()) {
    CAPTURE(file.name);
    for (size_t at = 0; at < file.bytes.size(); at += places_step()) {
      CAPTURE(at);
      Bytes bytes = file.bytes;
      for (int bit = 0; bit < 8; ++bit) {
        bytes[at] = static_cast<uint8_t>(file.bytes[at] ^ (1 << bit));
        try_bytes(bytes, tally);
      }
      for (const int value : {0x00, 0x01, 0x02, 0x7f, 0x80, 0xff, file.bytes[at] + 1, file.bytes[at] - 1}) {
        bytes[at] = static_cast<uint8_t>(value);
        try_bytes(bytes, tally);
      }
    }
  }
  CHECK(tally.refused * places_step() > 30000);
  CHECK(tally.accepted * places_step() > 10000);
  CHECK(tally.slowest < kSlow);
}

TEST_CASE("golden files with a hostile number at any place are refused or work") {
  Tally tally;
  for (const Golden& file : golden_files()) {
    CAPTURE(file.name);
    try_fields<int32_t>(file.bytes, tally);
    try_fields<int64_t>(file.bytes, tally);
  }
  CHECK(tally.refused * places_step() > 20000);
  CHECK(tally.slowest < kSlow);
}

#ifdef CAN_LIMIT_MEMORY
TEST_CASE("the memory limit of these tests is one") {
  const MemoryLimit limit(size_t{64} << 20);
  rlimit now;
  getrlimit(RLIMIT_AS, &now);
  if (now.rlim_cur == RLIM_INFINITY) return;  // qemu's user mode takes the limit and does not keep it
  CHECK_NOTHROW(Bytes(size_t{1} << 20));
  CHECK_THROWS_AS(Bytes(size_t{80} << 20), std::bad_alloc);
}
#endif

TEST_CASE("a length that promises more than there is allocates nothing for it") {
  Bytes bytes = golden("flat_l2_empty");
  const int64_t ntotal = int64_t{1} << 40;  // times d = 4, 16 TiB
  const int64_t components = 4 * ntotal;
  std::memcpy(bytes.data() + 8, &ntotal, sizeof ntotal);
  std::memcpy(bytes.data() + 37, &components, sizeof components);
  Tally tally;
  CHECK_FALSE(try_bytes(bytes, tally));
}

TEST_CASE("an index of megabytes is read within four times its size") {
  Tally tally;
  for (const char* name : {"flat_l2_empty", "flat_l2_d1"}) {
    Bytes bytes = golden(name);
    const int32_t d = bytes[4];
    const uint64_t components =
        (uint64_t{24} << 20) / sizeof(float) / static_cast<uint64_t>(d) * static_cast<uint64_t>(d);
    const uint64_t ntotal = components / static_cast<uint64_t>(d);
    std::memcpy(bytes.data() + 8, &ntotal, sizeof ntotal);
    std::memcpy(bytes.data() + 37, &components, sizeof components);
    bytes.resize(45 + components * sizeof(float));
    CHECK(try_bytes(bytes, tally));
    bytes.pop_back();
    CHECK_FALSE(try_bytes(bytes, tally));
  }
}

TEST_CASE("an IVF of megabytes is read within four times its size") {
  struct Shape {
    size_t d, lists, rows;
  };
  for (const auto& [d, lists, rows] : {Shape{1, 1000, 400'000}, Shape{64, 100, 60'000}, Shape{64, 20'000, 20'000}}) {
    CAPTURE(d);
    CAPTURE(lists);
    std::vector<float> x(std::max(lists, rows) * d);
    for (size_t i = 0; i < x.size(); ++i) x[i] = static_cast<float>(i * 2654435761 % 65521);
    auto quantizer = std::make_shared<IndexFlat>(d, Metric::kL2);
    quantizer->add(lists, x.data(), nullptr);
    IndexIVFFlat index(quantizer, lists, Metric::kL2);
    index.add(rows, x.data(), nullptr);
    for (const DirectMapType type : {DirectMapType::kNone, DirectMapType::kArray, DirectMapType::kHashtable}) {
      index.set_direct_map_type(type);
      Bytes bytes = serialize_index(index, nullptr);
      Tally tally;
      {
        const MemoryLimit limit(4 * bytes.size() + (size_t{64} << 20));
        CHECK(deserialize_index(bytes.data(), bytes.size(), nullptr)->ntotal() == rows);
      }
      bytes.pop_back();
      CHECK_FALSE(try_bytes(bytes, tally));
    }
  }
}

TEST_CASE("parts nest only so deep") {
  // "IxPT" with no transforms around "IxPT" around …: 41 bytes each.
  const Bytes inner = golden("flat_l2_empty");
  Bytes shell = {'I', 'x', 'P', 'T'};
  shell.insert(shell.end(), inner.begin() + 4, inner.begin() + 37);
  shell.insert(shell.end(), {0, 0, 0, 0});
  Tally tally;
  for (const size_t depth : {size_t{7}, size_t{8}, size_t{100000}}) {
    Bytes bytes;
    for (size_t i = 0; i < depth; ++i) bytes.insert(bytes.end(), shell.begin(), shell.end());
    bytes.insert(bytes.end(), inner.begin(), inner.end());
    CHECK(try_bytes(bytes, tally) == (depth < 8));
  }
}

}  // namespace voronode::test
