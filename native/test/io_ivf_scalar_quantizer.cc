// Files of IndexIVFScalarQuantizer: the same bytes as Faiss, what a refusal says, half-trained indexes.
#include <doctest/doctest.h>

#include <cstring>
#include <limits>
#include <string>

#include "index/flat.h"
#include "io/index_io.h"
#include "ivf/ivf_scalar_quantizer.h"
#include "test/golden.h"
#include "test/ivf_model.h"
#include "test/random.h"
#include "test/refusal.h"

namespace voronode::test {
namespace {

// Where the fields begin in files of 3 lists of 9 vectors of 4 components without a direct map.
constexpr size_t kHeaderTrained = 32, kQuantizer = 155, kTrained = kQuantizer + 36;
constexpr size_t kBytesEnd = kTrained + 8 * 4, kHalvesEnd = kTrained;  // the second code_size
constexpr size_t kHalves = kHalvesEnd + 9 + 20 + 4 + 32;               // the first list's codes

const IndexIVFScalarQuantizer& scalar(const Index& index) {
  return dynamic_cast<const IndexIVFScalarQuantizer&>(index);
}

template <class T>
Bytes with(Bytes bytes, size_t at, T value) {
  std::memcpy(bytes.data() + at, &value, sizeof value);
  return bytes;
}

std::string corruption(const std::string& where, const std::string& what) {
  return "Corrupt index in '<buffer>', section IwSq" + where + ": expected " + what;
}

std::string unsupported(const std::string& where, const std::string& what) {
  return "Unsupported index in '<buffer>', section IwSq" + where + ": " + what;
}

}  // namespace

TEST_CASE("an IVF with scalar codes made here has the bytes of the same one made by Faiss") {
  for (const char* name : {"ivf_sq8_l2", "ivf_sq8_ip", "ivf_sq8_sparse", "ivf_sq8_direct", "ivf_sq8_array",
                           "ivf_fp16_l2", "ivf_fp16_ip"}) {
    CAPTURE(name);
    const Bytes bytes = golden(name);
    const auto index = read(bytes);
    const auto& theirs = scalar(*index);
    const size_t d = theirs.d();
    auto quantizer = std::make_shared<IndexFlat>(d, theirs.metric());
    quantizer->add(theirs.nlist(), centroids_of(*theirs.quantizer()).data(), nullptr);
    const ScalarQuantizer& sq = theirs.scalar_quantizer();
    IndexIVFScalarQuantizer ours(quantizer, theirs.nlist(), sq.code(), theirs.metric(), theirs.by_residual());
    ours.restore_trained(sq.trained(), {});
    ours.set_nprobe(theirs.nprobe());
    ours.set_direct_map_type(theirs.direct_map_type());
    std::vector<float> x(d);
    for (size_t i = 0; i < theirs.ntotal(); ++i) {
      theirs.reconstruct(static_cast<idx_t>(i), x.data());
      ours.add(1, x.data(), nullptr);
    }
    CHECK(serialize_index(ours, nullptr) == bytes);
  }
}

TEST_CASE("refusals of scalar quantizers name the field") {
  const Bytes bytes = golden("ivf_sq8_l2");
  const auto field = [&](size_t at, auto value) { return refusal(Code::kCorrupt, with(bytes, at, value)); };
  CHECK(field(kQuantizer, int32_t{9}) ==
        corruption(".qtype, byte 155", "the number of a type of scalar quantizer, found 9"));
  CHECK(field(kQuantizer, int32_t{-1}) ==
        corruption(".qtype, byte 155", "the number of a type of scalar quantizer, found -1"));
  CHECK(field(kQuantizer + 4, int32_t{4}) == corruption(".rangestat, byte 159", "0 to 3, found 4"));
  CHECK(field(kQuantizer + 12, uint64_t{5}) == corruption(".d, byte 167", "4, found 5"));
  CHECK(field(kQuantizer + 20, uint64_t{5}) == corruption(".code_size, byte 175", "4, found 5"));
  CHECK(field(kQuantizer + 28, uint64_t{7}) == corruption(".trained, byte 183", "8 items (2 * d), found 7"));
  CHECK(field(kTrained + 4, std::numeric_limits<float>::infinity()) ==
        corruption(".trained, byte 195", "a finite number at row 0, component 1, found Infinity"));
  CHECK(field(kTrained + 24, -1.0f) ==
        corruption(".trained, byte 215", "a range of 0 or more of component 2, found -1"));
  CHECK(field(kBytesEnd, uint64_t{16}) == corruption(".code_size, byte 223", "4, found 16"));
  CHECK(field(kBytesEnd + 8, uint8_t{2}) == corruption(".by_residual, byte 231", "0 or 1, found 2"));
  CHECK(field(kQuantizer, int32_t{7}) == corruption(".code_size, byte 175", "8, found 4"));
  const Bytes halves = golden("ivf_fp16_l2");
  CHECK(refusal(Code::kCorrupt, with(halves, kQuantizer + 28, uint64_t{8})) ==
        corruption(".trained, byte 183", "0 items (there are no ranges), found 8"));
  CHECK(refusal(Code::kCorrupt, with(halves, kHalves + 10, uint16_t{0xFC00})) ==
        corruption("/ilar.codes, byte " + std::to_string(kHalves + 10),
                   "a finite number at row 1, component 1 of list 0, found an infinity or NaN"));
}

TEST_CASE("how the ranges were found is kept for the next file, and forgotten with a new training") {
  const Bytes bytes = with(with(golden("ivf_sq8_l2"), kQuantizer + 4, int32_t{2}), kQuantizer + 8, 0.25f);
  const auto index = read(bytes);
  CHECK(serialize_index(*index, nullptr) == bytes);
  index->reset();
  index->train(20, Random(1).vectors(20, 4).data(), nullptr);
  const Bytes again = serialize_index(*index, nullptr);
  CHECK(again[kQuantizer + 4] == 0);
}

TEST_CASE("given centroids, and ranges still to be learned, survive") {
  auto quantizer = std::make_shared<IndexFlat>(4, Metric::kL2);
  quantizer->add(3, Random(2).vectors(3, 4).data(), nullptr);
  const IndexIVFScalarQuantizer index(quantizer, 3, ScalarCode::k8bit, Metric::kL2);
  const Bytes bytes = serialize_index(index, nullptr);
  CHECK(bytes[kHeaderTrained] == 0);
  const auto again = read(bytes);
  CHECK(!again->is_trained());
  CHECK(scalar(*again).quantizer()->ntotal() == 3);
  CHECK(serialize_index(*again, nullptr) == bytes);
  again->train(9, Random(3).vectors(9, 4).data(), nullptr);
  CHECK(again->is_trained());
  CHECK(same(centroids_of(*scalar(*again).quantizer()), centroids_of(*quantizer)));
  // Without ranges, a rule for finding them counts.
  CHECK(refusal(Code::kUnsupported, with(bytes, kQuantizer + 4, int32_t{1})) ==
        unsupported(".rangestat, byte 159", "ranges other than RS_minmax to be found in a training"));
  CHECK(refusal(Code::kUnsupported, with(bytes, kQuantizer + 8, 0.5f)) ==
        unsupported(".rangestat_arg, byte 163", "ranges wider than the vectors of a training"));
}

}  // namespace voronode::test
