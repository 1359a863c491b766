// Files of IndexScalarQuantizer: what is refused, and where. That the bytes are Faiss's is the golden files' to show.
#include <doctest/doctest.h>

#include <cstring>
#include <limits>

#include "index/flat_scalar_quantizer.h"
#include "index/refine.h"
#include "io/index_io.h"
#include "test/refusal.h"

namespace voronode::test {
namespace {

// Where the fields begin, in files of d = 4.
constexpr size_t kNtotal = 8, kIsTrained = 32, kType = 37, kRange = kType + 4, kD = kType + 12, kCodeSize = kD + 8;
constexpr size_t kTrained = kCodeSize + 8;

template <class T>
Bytes with(Bytes bytes, size_t at, T value) {
  std::memcpy(bytes.data() + at, &value, sizeof value);
  return bytes;
}

std::string corrupt(const Bytes& bytes) { return refusal(Code::kCorrupt, bytes); }
bool names(const std::string& message, const std::string& part) { return message.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("scalar quantizer files: refusals name the field") {
  const Bytes bytes = golden("sq8_l2");
  const auto field = [&](size_t at, auto value) { return corrupt(with(bytes, at, value)); };
  CHECK(names(field(kType, int32_t{9}),
              "IxSQ.qtype, byte 37: expected the number of a type of scalar quantizer, found 9"));
  CHECK(names(field(kType, int32_t{-1}), "IxSQ.qtype"));
  CHECK(names(field(kType, int32_t{4}), "IxSQ.code_size, byte 57: expected 8, found 4"));
  CHECK(names(field(kType, int32_t{2}), "IxSQ.trained, byte 65: expected 2 items (a range), found 8"));
  CHECK(names(field(kRange, int32_t{7}), "IxSQ.rangestat"));
  CHECK(names(field(kD, uint64_t{5}), "IxSQ.d"));
  CHECK(names(field(kCodeSize, uint64_t{1} << 60), "IxSQ.code_size"));
  CHECK(names(field(kTrained, uint64_t{1} << 60), "IxSQ.trained"));
  CHECK(names(field(kTrained + 8, std::numeric_limits<float>::quiet_NaN()), "IxSQ.trained"));
  CHECK(names(field(kTrained + 8 + 16, -1.0f), "a range of 0 or more of component 0, found -1"));
  CHECK(names(field(kTrained + 8 + 16 + 4, 3.4e38f), "a range of component 1 whose codes are finite"));
  CHECK(names(field(kNtotal, int64_t{8}), "IxSQ.codes"));
  CHECK(names(field(kNtotal, int64_t{1} << 62), "IxSQ.codes"));
  CHECK(names(field(kIsTrained, uint8_t{0}), "IxSQ.is_trained, byte 32: expected 1, as there are vectors, found 0"));
  const size_t codes = kTrained + 8 + 32;
  CHECK(names(field(codes, uint64_t{35}), "IxSQ.codes"));
  CHECK(names(corrupt(Bytes(bytes.begin(), bytes.end() - 1)), "IxSQ.codes"));
}

TEST_CASE("scalar quantizer files: halves that are no numbers are refused where they stand") {
  struct Half {
    const char* file;
    uint16_t bad[3], good;
  };
  const Half halves[] = {{"sqfp16_l2", {0x7C00, 0xFC00, 0x7C01}, 0x7BFF},
                         {"sqbf16_l2", {0x7F80, 0xFF80, 0x7FC1}, 0x7F7F}};
  for (const Half& half : halves) {
    const Bytes bytes = golden(half.file);
    const size_t at = kTrained + 8 + 8 + 2 * (2 * 4 + 1);  // row 2, component 1
    for (const uint16_t bad : half.bad) {
      CHECK(names(corrupt(with(bytes, at, bad)), "byte " + std::to_string(at) +
                                                     ": expected a finite number at row 2, component 1, found an "
                                                     "infinity or NaN"));
    }
    std::vector<float> row(4);
    read(with(bytes, at, half.good))->reconstruct(2, row.data());
    CHECK(row[1] > 65000);
  }
}

TEST_CASE("scalar quantizer files: bits that no component uses are kept") {
  Bytes bytes = golden("sq4_l2");  // d = 5: the upper half of each third byte
  const size_t last = bytes.size() - 1;
  const auto before = read(bytes);
  bytes[last] |= 0xF0;
  const auto index = read(bytes);
  CHECK(serialize_index(*index, nullptr) == bytes);
  std::vector<float> x(5), y(5);
  before->reconstruct(8, x.data());
  index->reconstruct(8, y.data());
  CHECK(x == y);
}

TEST_CASE("refine files: the codes of a refinement agree with the base") {
  const Bytes bytes = golden("refine_sq8");  // IxRF header, IxF2 of 9 rows, IxSQ of 9 rows, factor
  const auto index = read(bytes);
  CHECK(std::string(index->kind()) == "IndexRefine");
  const size_t second = 37 + 37 + 8 + 9 * 4 * sizeof(float);
  CHECK(names(corrupt(with(bytes, second + kNtotal, int64_t{8})), "IxRF/IxSQ.ntotal"));
  CHECK(names(corrupt(with(bytes, second + kIsTrained, uint8_t{0})), "IxRF/IxSQ.is_trained"));
  CHECK(serialize_index(*index, nullptr) == bytes);
}

}  // namespace voronode::test
