// IndexRefine and IndexRefineFlat: header, the base index, an index of its vectors, then the factor as float32. (Faiss
// allows any index in the second place; here it is an IndexFlat or an IndexScalarQuantizer.)
#include "base/error.h"
#include "index/refine.h"
#include "io/format.h"

namespace voronode {
namespace {

constexpr Tag kTag = make_tag("IxRF");

float read_factor(Reader& reader) {
  const float factor = reader.number<float>("k_factor");
  if (factor >= 1 && factor <= static_cast<float>(kKFactor.max)) return factor;
  reader.corrupt(format("a number from 1 to %g", kKFactor.max), std::to_string(factor));
}

std::shared_ptr<Index> read_refine(Reader& reader, Tag, const Outer* outer) {
  const Header header = read_header(reader, outer, Training::kNeeded);
  Outer promised(header);
  std::shared_ptr<Index> base = read_any(reader, &promised);
  if (const Index* obstacle = IndexRefine::obstacle(*base)) {
    reader.unsupported(std::string("an IndexRefine around an ") + obstacle->kind());
  }
  if (!base->numbered_by_position()) {
    reader.unsupported("an IndexRefine around an index whose labels are not 0 to ntotal - 1");
  }
  promised.sketches = false;
  const auto rows = std::dynamic_pointer_cast<IndexFlatCodes>(read_any(reader, &promised));
  if (rows == nullptr) {
    reader.unsupported("an IndexRefine with another second index than an IndexFlat or an IndexScalarQuantizer");
  }
  const float factor = read_factor(reader);
  auto index = IndexRefine::from_parts(base, rows);
  index->set_k_factor(factor);
  return index;
}

bool write_refine(Writer& writer, const Index& index, const Moment& moment) {
  const auto* refine = dynamic_cast<const IndexRefine*>(&index);
  if (refine == nullptr) return false;
  writer.number(kTag);
  write_header(writer, index, moment);
  write_any(writer, *refine->inner(), moment);
  write_any(writer, refine->rows(), moment);
  writer.number(refine->k_factor());
  return true;
}

}  // namespace

extern const Format refine_format;
const Format refine_format{{kTag, 0, 0}, read_refine, write_refine};

}  // namespace voronode
