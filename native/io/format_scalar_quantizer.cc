// IndexScalarQuantizer: header, the scalar quantizer (format_scalar_quantizer.h), then the codes of all rows as one array
// of bytes.
#include "io/format_scalar_quantizer.h"

#include <algorithm>
#include <string>

#include "base/checked.h"
#include "index/flat_scalar_quantizer.h"

namespace voronode {
namespace {

constexpr Tag kTag = make_tag("IxSQ");
constexpr int32_t kLastRangeStat = 3;

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

std::vector<float> read_trained(Reader& reader, size_t count) {
  const char* const says = count == 0 ? "there are no ranges" : count == 2 ? "a range" : "2 * d";
  reader.count("trained", count, says, sizeof(float));
  std::vector<float> trained(count);
  reader.bytes("trained", trained.data(), count * sizeof(float));
  check_components(reader, "trained", trained.data(), count, 0, std::max<size_t>(1, count / 2));
  for (size_t j = 0; j < count / 2; ++j) {
    const float range = trained[count / 2 + j];
    if (range >= 0) continue;
    reader.corrupt_at("trained", reader.position() - (count / 2 - j) * sizeof(float),
                      "a range of 0 or more of component " + std::to_string(j), format("%g", range));
  }
  return trained;
}

// Around codes that stay in the file.
void adopt_in_place(Reader& reader, size_t ntotal, IndexScalarQuantizer* index) {
  const ScalarQuantizer& sq = index->scalar_quantizer();
  const size_t code_size = sq.code_size();
  uint8_t* const codes = reader.in_place("codes", {ntotal, code_size}, [&](const uint8_t* at, size_t n, size_t row) {
    check_finite_codes(reader, sq, at, n, {row, std::nullopt});
  });
  index->adopt_codes(ntotal, codes, reader.mapping(), reader.spare());
}

std::shared_ptr<Index> read_flat_scalar_quantizer(Reader& reader, Tag, const Outer* outer) {
  const Header header = read_header(reader, outer, Training::kNeeded);
  if (!header.is_trained && header.ntotal != 0) {
    reader.corrupt_at("is_trained", reader.position() - 5, "1, as there are vectors", "0");
  }
  StoredScalarQuantizer stored = read_scalar_quantizer(reader, header);
  auto index = std::make_shared<IndexScalarQuantizer>(header.d, stored.code, header.metric);
  index->restore_trained(std::move(stored.trained), stored.rule);
  const size_t code_size = index->scalar_quantizer().code_size();
  uint64_t bytes;
  if (mul_overflows(header.ntotal, code_size, &bytes)) bytes = UINT64_MAX;  // more than any file holds
  reader.count("codes", bytes, "ntotal * code_size", 1);
  const size_t ntotal = static_cast<size_t>(header.ntotal);
  if (reader.maps()) {
    adopt_in_place(reader, ntotal, index.get());
    return index;
  }
  const size_t rows_a_chunk = std::min(ntotal, std::max<size_t>(1, kChunkBytes / code_size));
  std::vector<uint8_t> chunk(checked_mul(rows_a_chunk, code_size));
  for (size_t row = 0; row < ntotal; row += rows_a_chunk) {
    const size_t rows = std::min(rows_a_chunk, ntotal - row);
    reader.bytes("codes", chunk.data(), rows * code_size);
    check_finite_codes(reader, index->scalar_quantizer(), chunk.data(), rows, {row, std::nullopt});
    index->append_codes(rows, chunk.data());
  }
  return index;
}

bool write_flat_scalar_quantizer(Writer& writer, const Index& index, const Moment& moment) {
  const auto* flat = dynamic_cast<const IndexScalarQuantizer*>(&index);
  if (flat == nullptr) return false;
  writer.number(kTag);
  write_header(writer, index, moment);
  write_scalar_quantizer(writer, flat->scalar_quantizer(), flat->range_rule());
  const size_t code_size = flat->scalar_quantizer().code_size();
  writer.number(moment.ntotal() * code_size);
  write_rows<uint8_t>(writer, flat->codes().view(), moment.rows());
  return true;
}

}  // namespace

StoredScalarQuantizer read_scalar_quantizer(Reader& reader, const Header& header) {
  const int32_t type = reader.number<int32_t>("qtype");
  const ScalarTraits* const known = find_scalar_code(type);
  if (known == nullptr) reader.corrupt("the number of a type of scalar quantizer", std::to_string(type));
  const ScalarQuantizer sq(header.d, known->code);
  StoredScalarQuantizer stored{known->code, read_rule(reader, sq.learns() && !header.is_trained), {}};
  expect(reader, "d", header.d);
  expect(reader, "code_size", sq.code_size());
  stored.trained = read_trained(reader, header.is_trained ? sq.trained_size() : 0);
  const size_t ranges = stored.trained.size() / 2;
  const size_t bad = sq.first_infinite_range(stored.trained);
  if (bad < ranges) {
    reader.corrupt_at("trained", reader.position() - (ranges - bad) * sizeof(float),
                      "a range of component " + std::to_string(bad) + " whose codes are finite",
                      format("%g from %g on", stored.trained[ranges + bad], stored.trained[bad]));
  }
  return stored;
}

void write_scalar_quantizer(Writer& writer, const ScalarQuantizer& sq, const RangeRule& rule) {
  writer.number(static_cast<int32_t>(sq.code()));
  writer.number(rule.stat);
  writer.number(rule.arg);
  writer.number(uint64_t{sq.d()});
  writer.number(uint64_t{sq.code_size()});
  writer.number(uint64_t{sq.trained().size()});
  writer.bytes(sq.trained().data(), sq.trained().size() * sizeof(float));
}

void check_finite_codes(const Reader& reader, const ScalarQuantizer& sq, const uint8_t* codes, size_t n,
                        const CodePlace& place) {
  if (scalar_code_bits(sq.code()) != 16) return;
  const size_t d = sq.d();
  const unsigned exponent = sq.code() == ScalarCode::kFp16 ? 0x7C00 : 0x7F80;  // all ones: an infinity or NaN
  for (size_t i = 0; i < n * d; ++i) {
    const unsigned half = codes[2 * i] | static_cast<unsigned>(codes[2 * i + 1]) << 8;
    if ((half & exponent) != exponent) continue;
    const std::string of_list = place.list ? format(" of list %zu", *place.list) : "";
    reader.corrupt_at(
        "codes", reader.position() - 2 * (n * d - i),
        format("a finite number at row %zu, component %zu%s", place.first_row + i / d, i % d, of_list.c_str()),
        "an infinity or NaN");
  }
}

extern const Format scalar_quantizer_format;
const Format scalar_quantizer_format{{kTag, 0, 0}, read_flat_scalar_quantizer, write_flat_scalar_quantizer};

}  // namespace voronode
