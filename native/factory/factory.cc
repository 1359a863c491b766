// The grammar, a part of Faiss's:
//
//   [IDMap|IDMap2 ","] {transform ","} code ["," refinement] ["," IDMap|IDMap2]
//   code = name | "IVF" lists ["k"|"M"] "," name
//   transform = name [components]
//
// with the transforms, codes and refinements of the tables below. As in Faiss the map goes around all the rest wherever
// it stands, and the refinement around the transforms: it compares vectors as they came. k and M are 1024 and 1024 *
// 1024.
#include "factory/factory.h"

#include <algorithm>
#include <optional>
#include <string_view>

#include "index/flat.h"
#include "index/flat_scalar_quantizer.h"
#include "index/id_map.h"
#include "index/pre_transform.h"
#include "index/refine.h"
#include "ivf/ivf_flat.h"
#include "ivf/ivf_scalar_quantizer.h"
#include "transform/plain_transforms.h"
#include "transform/principal_components.h"

namespace voronode {
namespace {

struct Part {
  std::string_view text;
  size_t at;  // position in the description
};

std::vector<Part> split(std::string_view description) {
  std::vector<Part> parts;
  size_t begin = 0;
  while (true) {
    const size_t comma = std::min(description.find(',', begin), description.size());
    parts.push_back({description.substr(begin, comma - begin), begin});
    if (comma == description.size()) return parts;
    begin = comma + 1;
  }
}

bool begins_with(std::string_view text, std::string_view beginning) noexcept {
  return text.substr(0, beginning.size()) == beginning;
}

template <class Entry, size_t N>
const Entry* find(const Entry (&table)[N], std::string_view name) noexcept {
  for (const Entry& entry : table) {
    if (entry.name == name) return &entry;
  }
  return nullptr;
}

// ---- What is offered ----

constexpr std::string_view kMaps[] = {"IDMap", "IDMap2"};

bool names_map(std::string_view text) noexcept {
  return std::find(std::begin(kMaps), std::end(kMaps), text) != std::end(kMaps);
}

// What stands behind the name: how many components come out; kAtMost: no more than go in.
enum class Number { kNone, kMayStand, kMustStand, kAtMost };

using TransformPtr = std::shared_ptr<const VectorTransform>;

struct Transform {
  std::string_view name;
  Number number;
  TransformPtr (*make)(size_t d_in, size_t d_out);  // d_out = d_in if there is no number
};

template <bool kWhiten, bool kRotate>
TransformPtr principal_components(size_t d_in, size_t d_out) {
  PrincipalComponents components;
  components.eigen_power = kWhiten ? -0.5f : 0.0f;
  components.random_rotation = kRotate;
  return std::make_shared<PCAMatrix>(d_in, d_out, std::move(components));
}

constexpr Transform kTransforms[] = {
    {"L2norm", Number::kNone,
     [](size_t d, size_t) -> TransformPtr { return std::make_shared<NormalizationTransform>(d); }},
    {"PCA", Number::kAtMost, principal_components<false, false>},
    {"PCAW", Number::kAtMost, principal_components<true, false>},
    {"PCAR", Number::kAtMost, principal_components<false, true>},
    {"PCAWR", Number::kAtMost, principal_components<true, true>},
    {"RR", Number::kMayStand,
     [](size_t d_in, size_t d_out) -> TransformPtr { return std::make_shared<RandomRotationMatrix>(d_in, d_out); }},
    {"Pad", Number::kMustStand,
     [](size_t d_in, size_t d_out) -> TransformPtr { return RemapDimensionsTransform::pad(d_in, d_out); }},
};

// A code of rows: "Flat", or one of Faiss's scalar quantizer.
struct RowCode {
  const ScalarTraits* scalar;  // null: Flat
};

constexpr std::string_view kFlat = "Flat";

// Faiss's descriptions have no names for the uniform ones.
bool has_name(const ScalarTraits& code) noexcept { return code.ranges != ScalarTraits::Ranges::kOne; }

std::optional<RowCode> find_code(std::string_view name) noexcept {
  if (name == kFlat) return RowCode{nullptr};
  for (const ScalarTraits& code : scalar_traits()) {
    if (has_name(code) && name == code.name) return RowCode{&code};
  }
  return std::nullopt;
}

// What stands alone, without lists: these, and the codes of the scalar quantizer.
struct Kind {
  std::string_view name;
  std::shared_ptr<Index> (*make)(size_t d, Metric metric);
};

constexpr Kind kKinds[] = {
    {kFlat, [](size_t d, Metric metric) -> std::shared_ptr<Index> { return std::make_shared<IndexFlat>(d, metric); }},
};

// Null if there is none of that name.
std::shared_ptr<Index> make_alone(std::string_view name, size_t d, Metric metric) {
  if (const Kind* kind = find(kKinds, name)) return kind->make(d, metric);
  const auto code = find_code(name);
  return code ? std::make_shared<IndexScalarQuantizer>(d, code->scalar->code, metric) : nullptr;
}

std::shared_ptr<Index> make_ivf(RowCode code, size_t d, size_t nlist, Metric metric) {
  if (code.scalar == nullptr) return std::make_shared<IndexIVFFlat>(d, nlist, metric);
  const bool by_residual = codes_differences(code.scalar->code);
  return std::make_shared<IndexIVFScalarQuantizer>(d, nlist, code.scalar->code, metric, by_residual);
}

// "RFlat" or "Refine(code)": how the vectors are kept that put candidates in order.
std::optional<RowCode> find_refinement(std::string_view text) noexcept {
  constexpr std::string_view kBegin = "Refine(";
  if (text == "RFlat") return RowCode{nullptr};
  if (!begins_with(text, kBegin) || text.back() != ')') return std::nullopt;
  return find_code(text.substr(kBegin.size(), text.size() - kBegin.size() - 1));
}

std::shared_ptr<Index> refine(RowCode code, const std::shared_ptr<Index>& base) {
  if (code.scalar == nullptr) return std::make_shared<IndexRefine>(base);
  return std::make_shared<IndexRefine>(base, code.scalar->code);
}

constexpr char kOffered[] =
    "Flat, SQ8, SQ6, SQ4, SQfp16, SQbf16, SQ8_direct and SQ8_direct_signed, IVF<nlist> with one of these, L2norm, "
    "PCA<d>, PCAW<d>, PCAR<d>, PCAWR<d>, RR, RR<d>, Pad<d>, RFlat, Refine(<one of these>), IDMap and IDMap2";

// Beginnings of the parts that Faiss knows and this version does not offer.
constexpr std::string_view kFaissOnly[] = {
    "IMI", "HNSW", "NSG",  "PQ",        "OPQ",       "ITQ",      "LSH",      "Refine",       "RaBitQ",   "RQ",
    "LSQ", "PRQ",  "PLSQ", "ZnLattice", "NNDescent", "Panorama", "Residual", "FlatPanorama", "FlatDedup"};

[[noreturn]] void malformed(const std::string& description, size_t at, const char* expected) {
  throw Error(Code::kInvalidArgValue,
              format("The argument 'description' is malformed at position %zu: expected %s. Received '%s'", at,
                     expected, description.substr(0, 256).c_str()));
}

[[noreturn]] void not_offered(const Part& part) {
  throw Error(Code::kUnsupported, format("The index description part \"%s\" is known to Faiss but not offered by this "
                                         "version; offered are %s",
                                         std::string(part.text.substr(0, 64)).c_str(), kOffered));
}

[[noreturn]] void refuse(const std::string& description, const Part& part, const char* expected = kOffered) {
  for (std::string_view known : kFaissOnly) {
    if (begins_with(part.text, known) && !find_refinement(part.text)) not_offered(part);
  }
  malformed(description, part.at, expected);
}

// The decimal number that `text` begins with, which goes from it; more than `most` if it is too large.
size_t read_number(std::string_view* text, size_t most) {
  const size_t digits = std::min(text->find_first_not_of("0123456789"), text->size());
  size_t number = 0;
  for (char digit : text->substr(0, digits)) {
    if (number <= most) number = number * 10 + static_cast<size_t>(digit - '0');
  }
  text->remove_prefix(digits);
  return number;
}

// The transform that a part names, of vectors of d components; null if it names none.
TransformPtr make_transform(const std::string& description, const Part& part, size_t d) {
  const size_t digits = part.text.size() - (part.text.find_last_not_of("0123456789") + 1);
  std::string_view number = part.text.substr(part.text.size() - digits);
  const std::string_view name = part.text.substr(0, part.text.size() - digits);
  const Transform* const transform = find(kTransforms, name);
  if (transform == nullptr || (digits > 0 && transform->number == Number::kNone)) return nullptr;
  if (digits == 0) {
    if (transform->number <= Number::kMayStand) return transform->make(d, d);
    malformed(description, part.at + name.size(), "a number of components");
  }
  const size_t most = transform->number == Number::kAtMost ? d : kMaxDimension;
  const size_t d_out = read_number(&number, most);
  if (d_out >= 1 && d_out <= most) return transform->make(d, d_out);
  malformed(description, part.at + name.size(), format("a number of components from 1 to %zu", most).c_str());
}

// The number of lists in "IVF1024", "IVF4k", "IVF1M". An IVF with another than a flat quantizer, as "IVF1024_HNSW32"
// and "IVF1024(…)", is refused by name.
size_t read_nlist(const std::string& description, const Part& part) {
  constexpr char kExpected[] = "IVF and a number of lists";
  std::string_view rest = part.text.substr(3);
  const size_t size = rest.size();
  size_t nlist = read_number(&rest, kMaxLists);
  if (rest.size() == size) malformed(description, part.at + 3, kExpected);
  if (!rest.empty() && (rest[0] == 'k' || rest[0] == 'M')) {
    nlist *= rest[0] == 'k' ? size_t{1} << 10 : size_t{1} << 20;
    rest.remove_prefix(1);
  }
  if (!rest.empty() && (rest[0] == '_' || rest[0] == '(')) not_offered(part);
  if (!rest.empty()) malformed(description, part.at + part.text.size() - rest.size(), kExpected);
  if (nlist < 1 || nlist > kMaxLists) {
    malformed(description, part.at + 3, format("a number of lists from 1 to %zu", kMaxLists).c_str());
  }
  return nlist;
}

// What parts[at, …) describe: a code, or an IVF and the code of its lists.
std::shared_ptr<Index> make_code(const std::string& description, const std::vector<Part>& parts, size_t at, size_t d,
                                 Metric metric) {
  if (at == parts.size()) malformed(description, parts.back().at, "an index behind the transforms, as in L2norm,Flat");
  std::shared_ptr<Index> index;
  if (begins_with(parts[at].text, "IVF")) {
    constexpr char kExpected[] = "the code of the lists, as in IVF1024,Flat";
    const Part& ivf = parts[at];
    const size_t nlist = read_nlist(description, ivf);
    if (++at == parts.size()) malformed(description, ivf.at + ivf.text.size(), kExpected);
    const auto code = find_code(parts[at].text);
    if (!code && begins_with(parts[at].text, "PCA")) not_offered(parts[at]);  // "IVF64,PCA16,SH"
    if (!code) refuse(description, parts[at], kExpected);
    index = make_ivf(*code, d, nlist, metric);
  } else {
    index = make_alone(parts[at].text, d, metric);
    if (index == nullptr) refuse(description, parts[at]);
  }
  if (++at != parts.size()) refuse(description, parts[at]);
  return index;
}

}  // namespace

std::shared_ptr<Index> index_factory(size_t d, const std::string& description, Metric metric) {
  std::vector<Part> parts = split(description);
  std::string_view map;
  if (names_map(parts.front().text) && parts.size() > 1) {
    map = parts.front().text;
    parts.erase(parts.begin());
  } else if (names_map(parts.back().text) && parts.size() > 1) {
    map = parts.back().text;
    parts.pop_back();
  }
  const auto refinement = find_refinement(parts.back().text);
  if (refinement && parts.size() > 1) parts.pop_back();
  TransformChain chain;
  size_t d_out = d;
  for (const Part& part : parts) {
    TransformPtr transform = make_transform(description, part, d_out);
    if (transform == nullptr) break;
    if (chain.size() == kMaxTransforms) {
      malformed(description, part.at, format("at most %zu transforms", kMaxTransforms).c_str());
    }
    d_out = transform->d_out();
    chain.push_back(std::move(transform));
  }
  std::shared_ptr<Index> index = make_code(description, parts, chain.size(), d_out, metric);
  if (!chain.empty()) index = std::make_shared<IndexPreTransform>(std::move(chain), std::move(index));
  if (refinement) index = refine(*refinement, index);
  if (!map.empty()) index = std::make_shared<IndexIDMap>(std::move(index), map == "IDMap2");
  return index;
}

std::vector<std::string> offered_parts() {
  std::vector<std::string> names;
  const auto append = [&](const auto& table) {
    for (const auto& entry : table) names.emplace_back(entry.name);
  };
  append(kKinds);
  for (const ScalarTraits& code : scalar_traits()) {
    if (has_name(code)) names.emplace_back(code.name);
  }
  append(kTransforms);
  names.emplace_back("RFlat");
  for (std::string_view map : kMaps) names.emplace_back(map);
  return names;
}

}  // namespace voronode
