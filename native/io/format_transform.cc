#include "io/format_transform.h"

#include <cmath>
#include <string>

#include "index/index.h"
#include "io/format.h"
#include "transform/plain_transforms.h"
#include "transform/principal_components.h"

namespace voronode {
namespace {

using TransformPtr = std::shared_ptr<const VectorTransform>;

constexpr Tag kNormalization = make_tag("VNrm");
constexpr Tag kCentering = make_tag("VCnt");
constexpr Tag kRemap = make_tag("RmDT");
constexpr Tag kLinear = make_tag("LTra");
constexpr Tag kRotation = make_tag("rrot");
constexpr Tag kComponents = make_tag("Pcam");
constexpr Tag kComponentsWithoutEpsilon = make_tag("PcAm");
constexpr Tag kComponentsWithoutBins = make_tag("PCAm");
constexpr float kEuclidean = 2.0f;  // the norm's order, the only one that Faiss offers

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

// ---- Reading ----

struct End {
  size_t d_out;
  bool is_trained;
};

// What every transform ends with.
End read_end(Reader& reader, size_t d_in, bool may_be_untrained) {
  const int32_t found = reader.number<int32_t>("d_in");
  if (found != static_cast<int32_t>(d_in)) reader.corrupt(std::to_string(d_in), std::to_string(found));
  const int32_t d_out = reader.number<int32_t>("d_out");
  if (d_out < 1 || d_out > static_cast<int32_t>(kMaxDimension)) {
    reader.corrupt("a dimension from 1 to " + std::to_string(kMaxDimension), std::to_string(d_out));
  }
  const bool is_trained = reader.boolean("is_trained");
  if (!is_trained && !may_be_untrained) reader.corrupt("1", "0");
  return {static_cast<size_t>(d_out), is_trained};
}

void expect_d_out(const Reader& reader, size_t expected, const End& end) {
  if (end.d_out == expected) return;
  reader.corrupt_at("d_out", reader.position() - 5, std::to_string(expected), std::to_string(end.d_out));
}

// An array whose length was compared with what remains of the file, and no more.
struct Floats {
  const char* field;
  uint64_t offset;  // of its length
  std::vector<float> values;

  Floats(Reader& reader, const char* name, size_t row) : field(name), offset(reader.position()) {
    values.resize(static_cast<size_t>(reader.count(name, sizeof(float))));
    reader.bytes(name, values.data(), values.size() * sizeof(float));
    check_components(reader, name, values.data(), values.size(), 0, row);
  }
  void expect(const Reader& reader, size_t size, const char* why) const {
    if (values.size() == size) return;
    reader.corrupt_at(field, offset, std::to_string(size) + " items (" + why + ")", std::to_string(values.size()));
  }
};

float read_finite(Reader& reader, const char* field) {
  const float value = reader.number<float>(field);
  if (!std::isfinite(value)) reader.corrupt("a finite number", std::to_string(value));
  return value;
}

TransformPtr read_normalization(Reader& reader, Tag, size_t d_in, bool) {
  const float norm = reader.number<float>("norm");
  if (!(norm == kEuclidean)) reader.corrupt("2 (the Euclidean norm)", std::to_string(norm));
  expect_d_out(reader, d_in, read_end(reader, d_in, false));
  return std::make_shared<NormalizationTransform>(d_in);
}

TransformPtr read_centering(Reader& reader, Tag, size_t d_in, bool may_be_untrained) {
  Floats mean(reader, "mean", d_in);
  const End end = read_end(reader, d_in, may_be_untrained);
  expect_d_out(reader, d_in, end);
  mean.expect(reader, end.is_trained ? d_in : 0, end.is_trained ? "d_in" : "not trained");
  if (!end.is_trained) return std::make_shared<CenteringTransform>(d_in);
  return std::make_shared<CenteringTransform>(d_in, std::move(mean.values));
}

TransformPtr read_remap(Reader& reader, Tag, size_t d_in, bool) {
  std::vector<int32_t> map(static_cast<size_t>(reader.count("map", sizeof(int32_t))));
  reader.bytes("map", map.data(), map.size() * sizeof(int32_t));
  for (size_t j = 0; j < map.size(); ++j) {
    if (map[j] >= -1 && map[j] < static_cast<int32_t>(d_in)) continue;
    reader.corrupt_at("map", reader.position() - (map.size() - j) * sizeof(int32_t),
                      "a component from 0 to " + std::to_string(d_in - 1) + ", or -1", std::to_string(map[j]));
  }
  expect_d_out(reader, map.size(), read_end(reader, d_in, false));
  return std::make_shared<RemapDimensionsTransform>(d_in, std::move(map));
}

PrincipalComponents read_components(Reader& reader, Tag tag, size_t d_in) {
  PrincipalComponents components;
  components.eigen_power = read_finite(reader, "eigen_power");
  if (tag == kComponents) components.epsilon = read_finite(reader, "epsilon");
  components.random_rotation = reader.boolean("random_rotation");
  if (tag != kComponentsWithoutBins) components.balanced_bins = reader.number<int32_t>("balanced_bins");
  if (components.balanced_bins < 0) reader.corrupt("0 or more", std::to_string(components.balanced_bins));
  components.mean = Floats(reader, "mean", d_in).values;
  components.eigenvalues = Floats(reader, "eigenvalues", d_in).values;
  components.directions = Floats(reader, "PCAMat", d_in).values;
  return components;
}

TransformPtr read_linear(Reader& reader, Tag tag, size_t d_in, bool may_be_untrained) {
  PrincipalComponents components;
  if (tag != kLinear && tag != kRotation) components = read_components(reader, tag, d_in);
  LinearMap map;
  map.has_bias = reader.boolean("have_bias");
  Floats A(reader, "A", d_in);
  Floats b(reader, "b", d_in);
  // Nothing tells how to train a matrix of no kind (Faiss's OPQ is stored as one).
  const End end = read_end(reader, d_in, may_be_untrained);
  if (!end.is_trained && tag == kLinear) reader.unsupported("this version does not train a LinearTransform");
  A.expect(reader, end.is_trained ? d_in * end.d_out : 0, end.is_trained ? "d_in * d_out" : "not trained");
  if (map.has_bias || !b.values.empty()) {
    b.expect(reader, end.is_trained ? end.d_out : 0, end.is_trained ? "d_out" : "not trained");
  }
  map.A = std::move(A.values);
  map.b = std::move(b.values);
  const Cancel* const cancel = reader.cancel();
  if (tag == kLinear) return std::make_shared<LinearTransform>(d_in, end.d_out, std::move(map), cancel);
  if (tag == kRotation) return std::make_shared<RandomRotationMatrix>(d_in, end.d_out, std::move(map), cancel);
  return std::make_shared<PCAMatrix>(d_in, end.d_out, std::move(components), std::move(map), cancel);
}

struct TransformFormat {
  Tag tag;
  TransformPtr (*read)(Reader& reader, Tag tag, size_t d_in, bool may_be_untrained);
};

constexpr TransformFormat kFormats[] = {
    {kNormalization, read_normalization},
    {kCentering, read_centering},
    {kRemap, read_remap},
    {kLinear, read_linear},
    {kRotation, read_linear},
    {kComponents, read_linear},
    {kComponentsWithoutEpsilon, read_linear},
    {kComponentsWithoutBins, read_linear},
};

// ---- Writing ----

void write_floats(Writer& writer, const std::vector<float>& values) {
  writer.number(uint64_t{values.size()});
  writer.bytes(values.data(), values.size() * sizeof(float));
}

void write_linear(Writer& writer, const LinearTransform& linear) {
  if (const auto* pca = dynamic_cast<const PCAMatrix*>(&linear)) {
    const PrincipalComponents& components = pca->components();
    writer.number(kComponents);
    writer.number(components.eigen_power);
    writer.number(components.epsilon);
    writer.number(static_cast<uint8_t>(components.random_rotation));
    writer.number(components.balanced_bins);
    write_floats(writer, components.mean);
    write_floats(writer, components.eigenvalues);
    write_floats(writer, components.directions);
  } else {
    writer.number(dynamic_cast<const RandomRotationMatrix*>(&linear) != nullptr ? kRotation : kLinear);
  }
  writer.number(static_cast<uint8_t>(linear.map().has_bias));
  write_floats(writer, linear.map().A);
  write_floats(writer, linear.map().b);
}

void write_own(Writer& writer, const VectorTransform& transform) {
  if (dynamic_cast<const NormalizationTransform*>(&transform) != nullptr) {
    writer.number(kNormalization);
    writer.number(kEuclidean);
  } else if (const auto* centering = dynamic_cast<const CenteringTransform*>(&transform)) {
    writer.number(kCentering);
    write_floats(writer, centering->mean());
  } else if (const auto* remap = dynamic_cast<const RemapDimensionsTransform*>(&transform)) {
    writer.number(kRemap);
    writer.number(uint64_t{remap->map().size()});
    writer.bytes(remap->map().data(), remap->map().size() * sizeof(int32_t));
  } else if (const auto* linear = dynamic_cast<const LinearTransform*>(&transform)) {
    write_linear(writer, *linear);
  } else {
    throw Error(Code::kUnsupported, std::string("There is no file format for a ") + transform.kind());
  }
}

}  // namespace

std::shared_ptr<const VectorTransform> read_transform(Reader& reader, size_t d_in, bool may_be_untrained) {
  const Tag tag = reader.tag("chain");
  for (const TransformFormat& format : kFormats) {
    if (format.tag != tag) continue;
    const Reader::Section section(reader, tag);
    return format.read(reader, tag, d_in, may_be_untrained);
  }
  for (const KnownTag& known : kKnownTransforms) {
    if (known.tag == tag) {
      reader.unsupported(std::string("this version does not read ") + known.name + " (tag " + quoted(tag) + ")");
    }
  }
  reader.corrupt("the tag of a Faiss transform", quoted(tag));
}

void write_transform(Writer& writer, const VectorTransform& transform) {
  write_own(writer, transform);
  writer.number(static_cast<int32_t>(transform.d_in()));
  writer.number(static_cast<int32_t>(transform.d_out()));
  writer.number(static_cast<uint8_t>(transform.is_trained()));
}

}  // namespace voronode
