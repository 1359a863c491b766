// What is refused when it is mapped: what is refused when it is read, in the same words.
#include <doctest/doctest.h>
#include <sys/stat.h>

#include <cmath>
#include <cstring>
#include <limits>

#include "index/flat.h"
#include "test/mapped.h"
#include "test/reference.h"

namespace voronode::test {
namespace {

// The whole error, so that mapping and reading can be compared.
template <class F>
std::string refusal_of(const F& call) {
  try {
    call();
    return "";
  } catch (const Error& error) {
    return std::to_string(static_cast<int>(error.code())) + " " + error.what();
  }
}

bool same_refusal(const std::string& path) {
  std::shared_ptr<Index> read, mapped;
  const std::string expected = refusal_of([&] { read = read_index(path, nullptr); });
  const std::string found = refusal_of([&] { mapped = map_index(path, true, nullptr); });
  if (found != expected) FAIL_CHECK("mapped: " << found << "\nread: " << expected);
  if (!expected.empty()) return false;
  CHECK(serialize_index(*mapped, nullptr) == serialize_index(*read, nullptr));
  return true;
}

}  // namespace

TEST_CASE("mapping: every truncation of every golden file is refused as it is when the file is read") {
  const TemporaryFolder folder;
  const std::string path = folder / "index";
  size_t refused = 0;
  for (const Golden& file : golden_files()) {
    CAPTURE(file.name);
    write_old(path, file.bytes);
    const auto time = std::filesystem::last_write_time(path);
    for (size_t size = file.bytes.size(); size-- > 0;) {
      std::filesystem::resize_file(path, size);
      std::filesystem::last_write_time(path, time);
      refused += same_refusal(path) ? 0 : 1;
    }
  }
  CHECK(refused > 5'000);
}

TEST_CASE("mapping: mutated files of several blocks are refused as they are when they are read") {
  const TemporaryFolder folder;
  const std::string path = folder / "index";
  for (const char* kind : {"IDMap,Flat", "L2norm,Flat", "SQfp16", "IDMap,SQ8,RFlat"}) {
    CAPTURE(kind);
    const Bytes bytes = serialize_index(*filled(kind, Metric::kL2, 700, 88), nullptr);
    for (size_t at = 0; at + 8 <= 180; at += 3) {
      uint64_t word;
      std::memcpy(&word, bytes.data() + at, sizeof word);
      for (const uint64_t put : {uint64_t{0}, ~uint64_t{0}, word + 1, word - 1, word << 1, uint64_t{1} << 62}) {
        Bytes changed = bytes;
        std::memcpy(changed.data() + at, &put, sizeof put);
        write_old(path, changed);
        same_refusal(path);
      }
    }
    for (size_t size = bytes.size(); size > 0; size -= std::min<size_t>(size, 997)) {
      write_old(path, Bytes(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size)));
      CHECK(same_refusal(path) == (size == bytes.size()));
    }
  }
}

TEST_CASE("mapping: what is not finite is found where reading finds it, if that is asked for") {
  const TemporaryFolder folder;
  const std::string path = folder / "index";
  Random random(89);
  constexpr size_t kMany = 40'000;  // more than are gone over at a time
  IndexFlat flat(kD, Metric::kL2, false);
  flat.add(kMany, random.vectors(kMany, kD).data(), nullptr);
  const Bytes bytes = serialize_index(flat, nullptr);
  const Bytes halves = serialize_index(*filled("SQfp16", Metric::kL2, kRows, 90), nullptr);
  for (const size_t at : {size_t{0}, size_t{23}, size_t{24 * 10'922}, size_t{24 * 10'922 + 23}, kMany * kD - 1}) {
    Bytes changed = bytes;
    const float bad = at % 2 == 0 ? std::nanf("") : std::numeric_limits<float>::infinity();
    std::memcpy(changed.data() + 45 + at * sizeof bad, &bad, sizeof bad);
    write_old(path, changed);
    CHECK_FALSE(same_refusal(path));
    const auto mapped = map_index(path, false, nullptr);
    CHECK(mapped->ntotal() == kMany);
    // Like a vector that is far from all.
    const std::vector<float> query(kD, 0.25f);
    const Answer answer = search(*mapped, 1, query.data(), kMany);
    CHECK(answer.labels[kMany - 1] == static_cast<idx_t>(at / kD));
    CHECK(std::all_of(answer.distances.begin(), answer.distances.end() - 1, [](float x) { return std::isfinite(x); }));
  }
  Bytes changed = halves;
  changed[halves.size() - 1] = 0x7C;
  write_old(path, changed);
  CHECK_FALSE(same_refusal(path));
  CHECK_NOTHROW(map_index(path, false, nullptr));
}

TEST_CASE("mapping: what is no file that can be mapped gives the error that reading it gives") {
  const TemporaryFolder folder;
  REQUIRE(mkfifo((folder / "pipe").c_str(), 0600) == 0);
  write_all(folder / "empty", {});
  for (const std::string& path : {folder / "", folder / "missing", folder / "pipe", folder / "empty",
                                  std::string("/dev/null"), std::string("/proc/self/status"), std::string()}) {
    CAPTURE(path);
    const std::string expected = refusal_of([&] { read_index(path, nullptr); });
    CHECK(!expected.empty());
    CHECK(refusal_of([&] { map_index(path, false, nullptr); }) == expected);
  }
}

TEST_CASE("mapping: a change of the file is seen, however soon and however small") {
  const TemporaryFolder folder;
  const std::string path = folder / "index";
  const Bytes bytes = serialize_index(*filled("Flat", Metric::kL2, kRows, 91), nullptr);
  for (size_t round = 0; round < 30; ++round) {
    write_all(path, bytes);  // just now
    const auto index = map_index(path, false, nullptr);
    CHECK_NOTHROW(index->check_backing());
    {
      std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
      file.seekp(100);
      file.put('x');
    }
    CHECK_THROWS_AS(index->check_backing(), Error);
  }
}

}  // namespace voronode::test
