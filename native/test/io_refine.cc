// Files of IndexRefine: what is refused, and where.
#include <doctest/doctest.h>

#include <cmath>
#include <cstring>

#include "index/refine.h"
#include "test/refusal.h"

namespace voronode::test {
namespace {

constexpr size_t kD = 4;
constexpr size_t kHeader = 4 + 33;
constexpr size_t kNtotalAt = 4 + 4;  // in an index that begins at 0
constexpr size_t kTrainedAt = 4 + 28;

template <class T>
Bytes with(Bytes bytes, size_t at, T value) {
  std::memcpy(bytes.data() + at, &value, sizeof value);
  return bytes;
}

// bytes[begin, end) behind `to`. One by one: g++ 12 takes a range of a known size for one beyond its array.
void append(Bytes& to, const Bytes& bytes, size_t begin, size_t end) {
  for (size_t i = begin; i < end; ++i) to.push_back(bytes[i]);
}

std::string factor_refused(float k_factor) {
  const Bytes bytes = golden("refine_flat_l2");
  return refusal(Code::kCorrupt, with(bytes, bytes.size() - 4, k_factor));
}

}  // namespace

TEST_CASE("refine flat files: the factor is one that Faiss reads") {
  const Bytes bytes = golden("refine_flat_l2");
  for (const float good : {1.0f, 1.5f, 1000.0f}) {
    const auto index = read(with(bytes, bytes.size() - 4, good));
    CHECK(dynamic_cast<const IndexRefine&>(*index).k_factor() == good);
  }
  const std::string at = "section IxRF.k_factor, byte " + std::to_string(bytes.size() - 4);
  CHECK(factor_refused(0.5f) ==
        "Corrupt index in '<buffer>', " + at + ": expected a number from 1 to 1000, found " + std::to_string(0.5f));
  for (const float bad : {0.0f, -1.0f, 1001.0f, HUGE_VALF, -HUGE_VALF, std::nanf("")}) {
    CHECK(factor_refused(bad).find(at) != std::string::npos);
  }
}

TEST_CASE("refine flat files: the parts agree") {
  const Bytes bytes = golden("refine_flat_l2");  // IxRF header, IxF2 of 9 rows, IxF2 of 9 rows, factor
  const size_t flat = kHeader + 8 + 9 * kD * sizeof(float);
  REQUIRE(bytes.size() == kHeader + 2 * flat + 4);
  const auto refused = [&](size_t at, auto value) { return refusal(Code::kCorrupt, with(bytes, at, value)); };
  CHECK(refused(kHeader + kNtotalAt, int64_t{8}).find("IxRF/IxF2.ntotal") != std::string::npos);
  CHECK(refused(kHeader + flat + kNtotalAt, int64_t{8}).find("IxRF/IxF2.ntotal") != std::string::npos);
  CHECK(refused(kHeader + flat + 4, int32_t{2}).find("IxRF/IxF2.d") != std::string::npos);
  CHECK(refused(kHeader + flat + 4 + 29, int32_t{0}).find("IxRF/IxF2.metric_type") != std::string::npos);
  CHECK(refused(kHeader + flat + kHeader, uint64_t{8}).find("IxRF/IxF2.codes") != std::string::npos);
  CHECK(refused(kHeader + flat + kHeader + 8, std::nanf("")).find("row 0, component 0") != std::string::npos);

  // A refinement that Faiss made before its base was trained says "untrained" for ever.
  CHECK(read(with(bytes, kTrainedAt, uint8_t{0}))->is_trained());
  Bytes other;
  append(other, bytes, 0, kHeader + flat);
  const Bytes ivf = golden("ivf_flat_l2");  // of the same 9 rows
  append(other, ivf, 0, ivf.size());
  append(other, bytes, bytes.size() - 4, bytes.size());
  CHECK(refusal(Code::kUnsupported, other).find("another second index than an IndexFlat") != std::string::npos);
}

TEST_CASE("refine flat files: the base's labels must be positions") {
  const Bytes refine = golden("refine_flat_l2");
  const Bytes ivf = golden("ivf_flat_l2");
  const auto with_base = [&](const Bytes& base) {
    Bytes bytes;
    append(bytes, refine, 0, kHeader);
    append(bytes, base, 0, base.size());
    append(bytes, refine, 2 * kHeader + 8 + 9 * kD * sizeof(float), refine.size());
    return bytes;
  };
  CHECK(std::string(read(with_base(ivf))->inner()->kind()) == "IndexIVFFlat");
  const Bytes twice = with(ivf, ivf.size() - 8, idx_t{0});  // the last id of the last list
  CHECK(refusal(Code::kUnsupported, with_base(twice)).find("labels are not 0 to ntotal - 1") != std::string::npos);
}

}  // namespace voronode::test
