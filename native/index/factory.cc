// The grammar, a part of Faiss's: [IDMap|IDMap2 ","] {transform ","} code ["," IDMap|IDMap2], transforms and codes from
// the tables below. The map goes around all the rest wherever it stands, as in Faiss.
#include "index/factory.h"

#include <algorithm>
#include <cctype>
#include <string_view>

#include "index/flat.h"
#include "index/id_map.h"
#include "index/pre_transform.h"

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

bool names_map(std::string_view text) noexcept { return text == "IDMap" || text == "IDMap2"; }

// Beginnings of the parts that Faiss knows and this version does not offer.
constexpr std::string_view kFaissOnly[] = {"IVF", "IMI", "HNSW", "NSG",       "PQ",        "SQ",      "PCA",    "OPQ",
                                           "RR",  "Pad", "ITQ",  "LSH",       "RFlat",     "Refine",  "RaBitQ", "RQ",
                                           "LSQ", "PRQ", "PLSQ", "ZnLattice", "NNDescent", "Panorama"};

[[noreturn]] void refuse(const std::string& description, const Part& part) {
  const std::string text(part.text.substr(0, 64));
  for (std::string_view known : kFaissOnly) {
    if (part.text.substr(0, known.size()) == known) {
      throw Error(Code::kUnsupported,
                  format("The index description part \"%s\" is known to Faiss but not offered by this version; "
                         "offered are Flat, L2norm, IDMap and IDMap2",
                         text.c_str()));
    }
  }
  throw Error(Code::kInvalidArgValue,
              format("The argument 'description' is malformed at position %zu: expected Flat, L2norm, IDMap or IDMap2. "
                     "Received '%s'",
                     part.at, description.substr(0, 256).c_str()));
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
  std::vector<std::unique_ptr<VectorTransform>> chain;
  for (size_t i = 0; i + 1 < parts.size(); ++i) {
    if (parts[i].text == "Flat") refuse(description, parts[i + 1]);  // nothing comes after a code
    if (parts[i].text != "L2norm") refuse(description, parts[i]);
    chain.push_back(std::make_unique<NormalizationTransform>(d));
  }
  if (parts.back().text != "Flat") refuse(description, parts.back());
  std::shared_ptr<Index> index = std::make_shared<IndexFlat>(d, metric);
  if (!chain.empty()) index = std::make_shared<IndexPreTransform>(std::move(chain), std::move(index));
  if (!map.empty()) index = std::make_shared<IndexIDMap>(std::move(index), map == "IDMap2");
  return index;
}

}  // namespace voronode
