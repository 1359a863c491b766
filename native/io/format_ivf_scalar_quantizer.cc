// IndexIVFScalarQuantizer: what all IVF kinds have (format_ivf.h), with the scalar quantizer between the direct map and
// the lists:
//
//   i4 type, i4 how ranges are found, f4 a parameter of that, u8 d, u8 code_size, u8 count, f4[count] vmin, then vdiff
//   u8 code_size
//   b1 by_residual; the tags of old versions have none: it was 1
#include <algorithm>
#include <cmath>
#include <string>

#include "index/ivf_scalar_quantizer.h"
#include "io/format_ivf.h"

namespace voronode {
namespace {

constexpr Tag kTag = make_tag("IwSq");
constexpr Tag kOldTag = make_tag("IwSQ");
constexpr Tag kLegacyTag = make_tag("IvSQ");  // of the legacy layout, its codes counted in bytes

constexpr const char* kTypes[] = {"QT_8bit",        "QT_4bit", "QT_8bit_uniform", "QT_4bit_uniform",      "QT_fp16",
                                  "QT_8bit_direct", "QT_6bit", "QT_bf16",         "QT_8bit_direct_signed"};
constexpr int32_t kLastRangeStat = 3;

ScalarCode read_code(Reader& reader) {
  const int32_t type = reader.number<int32_t>("qtype");
  for (const ScalarCode code : {ScalarCode::k8bit, ScalarCode::kFp16}) {
    if (type == static_cast<int32_t>(code)) return code;
  }
  if (type >= 0 && type < static_cast<int32_t>(std::size(kTypes))) {
    reader.unsupported(std::string("this version does not read codes of ") + kTypes[type]);
  }
  reader.corrupt("the number of a type of scalar quantizer", std::to_string(type));
}

// How ranges are to be found matters to an index that has not got them.
RangeRule read_rule(Reader& reader, bool matters) {
  RangeRule rule;
  rule.stat = reader.number<int32_t>("rangestat");
  if (rule.stat < 0 || rule.stat > kLastRangeStat) {
    reader.corrupt("0 to " + std::to_string(kLastRangeStat), std::to_string(rule.stat));
  }
  if (matters && rule.stat != 0) reader.unsupported("ranges other than RS_minmax to be found in a training");
  rule.arg = reader.number<float>("rangestat_arg");
  if (matters && rule.arg != 0) reader.unsupported("ranges wider than the vectors of a training");
  return rule;
}

void expect(Reader& reader, const char* field, uint64_t expected) {
  const uint64_t found = reader.number<uint64_t>(field);
  if (found != expected) reader.corrupt(std::to_string(expected), std::to_string(found));
}

std::vector<float> read_trained(Reader& reader, size_t d, bool there) {
  const size_t count = there ? 2 * d : 0;
  reader.count("trained", count, there ? "2 * d" : "there are no ranges", sizeof(float));
  std::vector<float> trained(count);
  reader.bytes("trained", trained.data(), count * sizeof(float));
  check_components(reader, "trained", trained.data(), count, 0, d);
  for (size_t j = 0; there && j < d; ++j) {
    if (trained[d + j] >= 0) continue;
    reader.corrupt_at("trained", reader.position() - (d - j) * sizeof(float),
                      "a range of 0 or more of component " + std::to_string(j), format("%g", trained[d + j]));
  }
  return trained;
}

void any_codes(const Reader&, size_t, const uint8_t*, size_t, size_t, size_t) {}

void check_halves(const Reader& reader, size_t d, const uint8_t* codes, size_t n, size_t list, size_t first_row) {
  for (size_t i = 0; i < n * d; ++i) {
    if ((codes[2 * i + 1] & 0x7C) != 0x7C) continue;
    reader.corrupt_at("codes", reader.position() - 2 * (n * d - i),
                      format("a finite number at row %zu, component %zu of list %zu", first_row + i / d, i % d, list),
                      "an infinity or NaN");
  }
}

std::shared_ptr<Index> read_ivf_scalar_quantizer(Reader& reader, Tag tag, const Outer* outer) {
  const IvfFile file = read_ivf(reader, outer, tag == kLegacyTag, Untrained::kMayHaveCentroids);
  const size_t d = file.header.d;
  const ScalarCode code = read_code(reader);
  const bool learns = ScalarQuantizer(d, code).learns();
  const RangeRule rule = read_rule(reader, learns && !file.header.is_trained);
  const size_t code_size = ScalarQuantizer(d, code).code_size();
  expect(reader, "d", d);
  expect(reader, "code_size", code_size);
  std::vector<float> trained = read_trained(reader, d, learns && file.header.is_trained);
  expect(reader, "code_size", code_size);
  const bool by_residual = tag == kTag ? reader.boolean("by_residual") : true;
  auto index =
      std::make_shared<IndexIVFScalarQuantizer>(file.quantizer, file.nlist, code, file.header.metric, by_residual);
  index->restore_trained(std::move(trained), rule);
  const CheckCodes check_codes = code == ScalarCode::kFp16 ? check_halves : any_codes;
  if (tag == kLegacyTag) {
    read_legacy_lists(reader, file, *index, check_codes, 1);
  } else {
    read_lists(reader, file, *index, check_codes);
  }
  return index;
}

bool write_ivf_scalar_quantizer(Writer& writer, const Index& index, const Moment& moment) {
  const auto* ivf = dynamic_cast<const IndexIVFScalarQuantizer*>(&index);
  if (ivf == nullptr) return false;
  write_ivf(writer, kTag, *ivf, moment);
  const ScalarQuantizer& sq = ivf->scalar_quantizer();
  writer.number(static_cast<int32_t>(sq.code()));
  writer.number(ivf->range_rule().stat);
  writer.number(ivf->range_rule().arg);
  writer.number(uint64_t{sq.d()});
  writer.number(uint64_t{sq.code_size()});
  writer.number(uint64_t{sq.trained().size()});
  writer.bytes(sq.trained().data(), sq.trained().size() * sizeof(float));
  writer.number(uint64_t{sq.code_size()});
  writer.number(static_cast<uint8_t>(ivf->by_residual()));
  write_lists(writer, *ivf, moment);
  return true;
}

}  // namespace

extern const Format ivf_scalar_quantizer_format;
const Format ivf_scalar_quantizer_format{
    {kTag, kOldTag, kLegacyTag}, read_ivf_scalar_quantizer, write_ivf_scalar_quantizer};

}  // namespace voronode
