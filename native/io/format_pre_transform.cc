// IndexPreTransform: header, int32 count of transforms, the transforms, then the wrapped index (of transformed
// vectors). A transform: tag, its own fields, int32 d_in, int32 d_out, bool is_trained.
#include <string>

#include "index/pre_transform.h"
#include "io/format.h"

namespace voronode {
namespace {

constexpr Tag kTag = make_tag("IxPT");
constexpr Tag kNormalizationTag = make_tag("VNrm");
constexpr float kEuclidean = 2.0f;  // the norm's order, the only one that Faiss offers
constexpr int32_t kMaxChain = 16;   // Faiss's own strings make chains of 1 or 2

struct KnownTag {
  Tag tag;
  const char* name;
};

constexpr KnownTag kKnownTransforms[] = {
#define KNOWN_INDEX(tag, name)
#define KNOWN_TRANSFORM(tag, name) {make_tag(tag), name},
#define KNOWN_LISTS(tag, name)
#include "io/known_tags.inc"
#undef KNOWN_INDEX
#undef KNOWN_TRANSFORM
#undef KNOWN_LISTS
};

void expect_dimension(Reader& reader, const char* field, size_t d) {
  const int32_t found = reader.number<int32_t>(field);
  if (found != static_cast<int32_t>(d)) reader.corrupt(std::to_string(d), std::to_string(found));
}

// d: of the vectors that come in.
std::unique_ptr<VectorTransform> read_transform(Reader& reader, size_t d) {
  const Tag tag = reader.tag("chain");
  if (tag != kNormalizationTag) {
    for (const KnownTag& known : kKnownTransforms) {
      if (known.tag == tag) {
        reader.unsupported(std::string("this version does not read ") + known.name + " (tag " + quoted(tag) + ")");
      }
    }
    reader.corrupt("the tag of a Faiss transform", quoted(tag));
  }
  const Reader::Section section(reader, tag);
  const float norm = reader.number<float>("norm");
  if (!(norm == kEuclidean)) reader.corrupt("2 (the Euclidean norm)", std::to_string(norm));
  expect_dimension(reader, "d_in", d);
  expect_dimension(reader, "d_out", d);
  if (!reader.boolean("is_trained")) reader.corrupt("1", "0");
  return std::make_unique<NormalizationTransform>(d);
}

std::shared_ptr<Index> read_pre_transform(Reader& reader, Tag, const Outer* outer) {
  const Header header = read_header(reader, outer, Training::kNeeded);
  const int32_t nt = reader.number<int32_t>("nt");
  if (nt < 0 || nt > kMaxChain) reader.corrupt("0 to " + std::to_string(kMaxChain) + " transforms", std::to_string(nt));
  std::vector<std::unique_ptr<VectorTransform>> chain;
  Outer inner(header);
  for (int32_t i = 0; i < nt; ++i) {
    chain.push_back(read_transform(reader, inner.d));
    inner.d = chain.back()->d_out();
  }
  std::shared_ptr<Index> index = read_any(reader, &inner);
  return std::make_shared<IndexPreTransform>(std::move(chain), std::move(index));
}

void write_transform(Writer& writer, const VectorTransform& transform) {
  if (dynamic_cast<const NormalizationTransform*>(&transform) == nullptr) {
    throw Error(Code::kUnsupported, std::string("There is no file format for a ") + transform.kind());
  }
  writer.number(kNormalizationTag);
  writer.number(kEuclidean);
  writer.number(static_cast<int32_t>(transform.d_in()));
  writer.number(static_cast<int32_t>(transform.d_out()));
  writer.number(uint8_t{1});
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
