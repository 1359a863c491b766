// IndexIVFFlat: what all IVF kinds have (format_ivf.h); a code is the vector.
#include "io/format_ivf.h"
#include "ivf/ivf_flat.h"

namespace voronode {
namespace {

constexpr Tag kTag = make_tag("IwFl");
constexpr Tag kLegacyTag = make_tag("IvFL");
constexpr Tag kLegacyFloatsTag = make_tag("IvFl");  // counts components where the other counts bytes

void check_rows(const Reader& reader, size_t d, const uint8_t* codes, size_t n, size_t list, size_t first_row) {
  check_components(reader, "codes", reinterpret_cast<const float*>(codes), n * d, first_row, d, list);
}

std::shared_ptr<Index> read_ivf_flat(Reader& reader, Tag tag, const Outer* outer) {
  const IvfFile file = read_ivf(reader, outer, tag != kTag);
  const auto quantizer = CoarseQuantizer::restored(file.quantizer, file.nlist);
  // Sketches of rows that stay in the file would have to be made of all of them.
  const bool sketch = tag != kTag || !reader.maps();
  auto index = std::make_shared<IndexIVFFlat>(quantizer, file.header.metric, sketch);
  if (tag == kTag) {
    read_lists(reader, file, *index, check_rows);
  } else {
    read_legacy_lists(reader, file, *index, check_rows, tag == kLegacyTag ? 1 : sizeof(float));
  }
  return index;
}

bool write_ivf_flat(Writer& writer, const Index& index, const Moment& moment) {
  const auto* ivf = dynamic_cast<const IndexIVFFlat*>(&index);
  if (ivf == nullptr) return false;
  write_ivf(writer, kTag, *ivf, moment);
  write_lists(writer, *ivf, moment);
  return true;
}

}  // namespace

extern const Format ivf_flat_format;
const Format ivf_flat_format{{kTag, kLegacyTag, kLegacyFloatsTag}, read_ivf_flat, write_ivf_flat};

}  // namespace voronode
