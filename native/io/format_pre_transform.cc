// IndexPreTransform: header, int32 count of transforms, the transforms (format_transform.h), then the wrapped index (of
// transformed vectors).
#include <string>

#include "index/pre_transform.h"
#include "io/format.h"
#include "io/format_transform.h"

namespace voronode {
namespace {

constexpr Tag kTag = make_tag("IxPT");

std::shared_ptr<Index> read_pre_transform(Reader& reader, Tag, const Outer* outer) {
  const Header header = read_header(reader, outer, Training::kNeeded);
  const int32_t nt = reader.number<int32_t>("nt");
  if (nt < 0 || nt > static_cast<int32_t>(kMaxTransforms)) {
    reader.corrupt("0 to " + std::to_string(kMaxTransforms) + " transforms", std::to_string(nt));
  }
  TransformChain chain;
  Outer inner(header);
  for (int32_t i = 0; i < nt; ++i) {
    chain.push_back(read_transform(reader, inner.d, !header.is_trained && header.ntotal == 0));
    inner.d = chain.back()->d_out();
  }
  std::shared_ptr<Index> index = read_any(reader, &inner);
  return std::make_shared<IndexPreTransform>(std::move(chain), std::move(index));
}

bool write_pre_transform(Writer& writer, const Index& index, const Moment& moment) {
  const auto* pre = dynamic_cast<const IndexPreTransform*>(&index);
  if (pre == nullptr) return false;
  writer.number(kTag);
  write_header(writer, index, moment);
  writer.number(static_cast<int32_t>(pre->chain().size()));
  for (const auto& transform : pre->chain()) write_transform(writer, *transform);
  write_any(writer, *pre->inner(), moment);
  return true;
}

}  // namespace

extern const Format pre_transform_format;
const Format pre_transform_format{{kTag, 0, 0}, read_pre_transform, write_pre_transform};

}  // namespace voronode
