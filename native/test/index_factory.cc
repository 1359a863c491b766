// Descriptions and what they make.
#include <doctest/doctest.h>

#include "index/factory.h"
#include "index/id_map.h"
#include "index/pre_transform.h"

namespace voronode::test {
namespace {

// The kinds from the outside in, with each transform of a chain.
std::string kinds(const std::string& description, Metric metric = Metric::kL2) {
  std::string out;
  for (std::shared_ptr<Index> index = index_factory(6, description, metric); index != nullptr; index = index->inner()) {
    CHECK(index->d() == 6);
    CHECK(index->metric() == metric);
    CHECK(index->ntotal() == 0);
    CHECK(index->is_trained());
    out += (out.empty() ? "" : " ") + std::string(index->kind());
    const auto* transformed = dynamic_cast<const IndexPreTransform*>(index.get());
    if (transformed == nullptr) continue;
    for (const auto& stage : transformed->chain()) out += std::string("/") + stage->kind();
  }
  return out;
}

std::string refusal(Code code, const std::string& description, size_t d = 6) {
  try {
    index_factory(d, description, Metric::kL2);
  } catch (const Error& error) {
    CHECK(error.code() == code);
    return error.what();
  }
  return "no error";
}

std::string malformed(size_t position, const std::string& description) {
  return "The argument 'description' is malformed at position " + std::to_string(position) +
         ": expected Flat, L2norm, IDMap or IDMap2. Received '" + description + "'";
}

}  // namespace

TEST_CASE("descriptions make what they say") {
  for (const Metric metric : {Metric::kL2, Metric::kInnerProduct}) {
    CHECK(kinds("Flat", metric) == "IndexFlat");
    CHECK(kinds("IDMap,Flat", metric) == "IndexIDMap IndexFlat");
    CHECK(kinds("IDMap2,Flat", metric) == "IndexIDMap2 IndexFlat");
    CHECK(kinds("Flat,IDMap", metric) == "IndexIDMap IndexFlat");
    CHECK(kinds("Flat,IDMap2", metric) == "IndexIDMap2 IndexFlat");
    CHECK(kinds("L2norm,Flat", metric) == "IndexPreTransform/NormalizationTransform IndexFlat");
    CHECK(kinds("IDMap,L2norm,Flat", metric) == "IndexIDMap IndexPreTransform/NormalizationTransform IndexFlat");
    CHECK(kinds("L2norm,Flat,IDMap2", metric) == "IndexIDMap2 IndexPreTransform/NormalizationTransform IndexFlat");
    CHECK(kinds("L2norm,L2norm,Flat", metric) ==
          "IndexPreTransform/NormalizationTransform/NormalizationTransform IndexFlat");
  }
}

TEST_CASE("malformed descriptions are refused with the position") {
  for (const char* bad : {"", "flat", "FLAT", "Flat ", " Flat", "IDMap", "L2norm", "L2Norm,Flat", "Fla", "Flatt",
                          "IDMap3,Flat", "\xFF", "%s%n"}) {
    CHECK(refusal(Code::kInvalidArgValue, bad) == malformed(0, bad));
  }
  CHECK(refusal(Code::kInvalidArgValue, "Flat,") == malformed(5, "Flat,"));
  CHECK(refusal(Code::kInvalidArgValue, ",Flat") == malformed(0, ",Flat"));
  CHECK(refusal(Code::kInvalidArgValue, "IDMap,") == malformed(6, "IDMap,"));
  CHECK(refusal(Code::kInvalidArgValue, "IDMap,L2norm") == malformed(6, "IDMap,L2norm"));
  CHECK(refusal(Code::kInvalidArgValue, "L2norm,,Flat") == malformed(7, "L2norm,,Flat"));
  CHECK(refusal(Code::kInvalidArgValue, "L2norm, Flat") == malformed(7, "L2norm, Flat"));
  CHECK(refusal(Code::kInvalidArgValue, "Flat,Flat") == malformed(5, "Flat,Flat"));
  CHECK(refusal(Code::kInvalidArgValue, "IDMap,Flat,IDMap") == malformed(11, "IDMap,Flat,IDMap"));
  CHECK(refusal(Code::kInvalidArgValue, "IDMap,IDMap2,Flat") == malformed(6, "IDMap,IDMap2,Flat"));
}

TEST_CASE("what Faiss knows and this version does not offer is named") {
  CHECK(refusal(Code::kUnsupported, "Flat,RFlat").find("\"RFlat\"") != std::string::npos);
  for (const char* known : {"IVF1024", "HNSW32", "PQ16", "SQ8", "PCA32", "OPQ16", "RFlat", "LSH"}) {
    for (const std::string& description : {std::string(known), std::string(known) + ",Flat"}) {
      const std::string message = refusal(Code::kUnsupported, description);
      CHECK(message.find(std::string("\"") + known + "\"") != std::string::npos);
    }
    CHECK(refusal(Code::kUnsupported, "IDMap," + std::string(known) + ",Flat").find(known) != std::string::npos);
  }
}

TEST_CASE("long descriptions are refused with a short message") {
  std::string commas(100'000, ',');
  CHECK(refusal(Code::kInvalidArgValue, commas).size() < 500);
  CHECK(refusal(Code::kInvalidArgValue, std::string(1 << 20, 'x')).size() < 500);
  CHECK(refusal(Code::kUnsupported, "IVF" + std::string(1 << 20, '9')).size() < 500);
}

TEST_CASE("a bad dimension is refused whatever the description") {
  for (const char* description : {"Flat", "IDMap,Flat", "L2norm,Flat"}) {
    CHECK(refusal(Code::kOutOfRange, description, 0).find("\"d\"") != std::string::npos);
    CHECK(refusal(Code::kOutOfRange, description, kMaxDimension + 1).find("\"d\"") != std::string::npos);
  }
}

}  // namespace voronode::test
