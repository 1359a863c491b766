// IndexIVFScalarQuantizer: what all IVF kinds have (format_ivf.h), with the scalar quantizer (format_scalar_quantizer.h)
// and this between the direct map and the lists:
//
//   u8 bytes per code
//   b1 by_residual; the tags of old versions have none: it was 1
#include <string>

#include "io/format_ivf.h"
#include "io/format_scalar_quantizer.h"
#include "ivf/ivf_scalar_quantizer.h"

namespace voronode {
namespace {

constexpr Tag kTag = make_tag("IwSq");
constexpr Tag kOldTag = make_tag("IwSQ");
constexpr Tag kLegacyTag = make_tag("IvSQ");  // of the legacy layout, its codes counted in bytes

template <ScalarCode kCode>
void check_codes(const Reader& reader, size_t d, const uint8_t* codes, size_t n, size_t list, size_t first_row) {
  check_finite_codes(reader, ScalarQuantizer(d, kCode), codes, n, {first_row, list});
}

void any_codes(const Reader&, size_t, const uint8_t*, size_t, size_t, size_t) {}

CheckCodes check_of(ScalarCode code) noexcept {
  if (code == ScalarCode::kFp16) return check_codes<ScalarCode::kFp16>;
  return code == ScalarCode::kBf16 ? check_codes<ScalarCode::kBf16> : any_codes;
}

std::shared_ptr<Index> read_ivf_scalar_quantizer(Reader& reader, Tag tag, const Outer* outer) {
  const IvfFile file = read_ivf(reader, outer, tag == kLegacyTag);
  StoredScalarQuantizer stored = read_scalar_quantizer(reader, file.header);
  const size_t code_size = ScalarQuantizer(file.header.d, stored.code).code_size();
  const uint64_t again = reader.number<uint64_t>("code_size");
  if (again != code_size) reader.corrupt(std::to_string(code_size), std::to_string(again));
  const bool by_residual = tag == kTag ? reader.boolean("by_residual") : true;
  const auto quantizer = CoarseQuantizer::restored(file.quantizer, file.nlist);
  auto index = std::make_shared<IndexIVFScalarQuantizer>(quantizer, stored.code, file.header.metric, by_residual);
  index->restore_trained(std::move(stored.trained), stored.rule);
  if (tag == kLegacyTag) {
    read_legacy_lists(reader, file, *index, check_of(stored.code), 1);
  } else {
    read_lists(reader, file, *index, check_of(stored.code));
  }
  return index;
}

bool write_ivf_scalar_quantizer(Writer& writer, const Index& index, const Moment& moment) {
  const auto* ivf = dynamic_cast<const IndexIVFScalarQuantizer*>(&index);
  if (ivf == nullptr) return false;
  write_ivf(writer, kTag, *ivf, moment);
  write_scalar_quantizer(writer, ivf->scalar_quantizer(), ivf->range_rule());
  writer.number(uint64_t{ivf->scalar_quantizer().code_size()});
  writer.number(static_cast<uint8_t>(ivf->by_residual()));
  write_lists(writer, *ivf, moment);
  return true;
}

}  // namespace

extern const Format ivf_scalar_quantizer_format;
const Format ivf_scalar_quantizer_format{
    {kTag, kOldTag, kLegacyTag}, read_ivf_scalar_quantizer, write_ivf_scalar_quantizer};

}  // namespace voronode
