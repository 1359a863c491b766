// Descriptions and what they make.
#include "factory/factory.h"

#include <doctest/doctest.h>

#include <regex>

#include "index/flat_scalar_quantizer.h"
#include "index/id_map.h"
#include "index/pre_transform.h"
#include "ivf/ivf.h"
#include "ivf/ivf_scalar_quantizer.h"
#include "test/reference.h"

namespace voronode::test {
namespace {

// Whether what is innermost does.
bool learns(const std::string& whole) {
  const std::string description = whole.substr(0, whole.find("Refine("));
  for (const char* part : {"IVF", "SQ8", "SQ6", "SQ4"}) {
    const size_t at = description.find(part);
    if (at != std::string::npos && description.find("_direct", at) == std::string::npos) return true;
  }
  return description.find("IVF") != std::string::npos;
}

// The kinds from the outside in, with each transform of a chain.
std::string kinds(const std::string& description, Metric metric = Metric::kL2) {
  std::string out;
  for (std::shared_ptr<Index> index = index_factory(6, description, metric); index != nullptr; index = index->inner()) {
    CHECK(index->d() == 6);
    CHECK(index->metric() == metric);
    CHECK(index->ntotal() == 0);
    // What the index is inside of may be trained while it is not.
    if (index->inner() == nullptr) CHECK(index->is_trained() == !learns(description));
    out += (out.empty() ? "" : " ") + std::string(index->kind());
    if (const auto* ivf = dynamic_cast<const IndexIVF*>(index.get())) {
      CHECK(ivf->nprobe() == 1);
      CHECK(ivf->quantizer()->metric() == metric);
      out += " of " + std::to_string(ivf->nlist());
    }
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

// The words in which the factory says what it offers.
std::string offered() {
  const std::string before = "offered are ";
  const std::string message = refusal(Code::kUnsupported, "PQ4");
  return message.substr(message.find(before) + before.size());
}

std::string malformed(size_t position, const std::string& description, const std::string& expected = offered()) {
  return "The argument 'description' is malformed at position " + std::to_string(position) + ": expected " + expected +
         ". Received '" + description + "'";
}

}  // namespace

TEST_CASE("descriptions make what they say") {
  for (const Metric metric : kAllMetrics) {
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

TEST_CASE("descriptions of inverted files make what they say") {
  for (const Metric metric : kAllMetrics) {
    CHECK(kinds("IVF7,Flat", metric) == "IndexIVFFlat of 7");
    CHECK(kinds("IVF1,Flat", metric) == "IndexIVFFlat of 1");
    CHECK(kinds("IVF007,Flat", metric) == "IndexIVFFlat of 7");
    CHECK(kinds("IVF4k,Flat", metric) == "IndexIVFFlat of 4096");
    CHECK(kinds("IVF1M,Flat", metric) == "IndexIVFFlat of 1048576");
    CHECK(kinds("IVF7,SQ8", metric) == "IndexIVFScalarQuantizer of 7");
    CHECK(kinds("IDMap,IVF7,SQfp16", metric) == "IndexIDMap IndexIVFScalarQuantizer of 7");
    CHECK(kinds("IDMap,IVF7,Flat", metric) == "IndexIDMap IndexIVFFlat of 7");
    CHECK(kinds("IVF7,Flat,IDMap2", metric) == "IndexIDMap2 IndexIVFFlat of 7");
    CHECK(kinds("L2norm,IVF7,Flat", metric) == "IndexPreTransform/NormalizationTransform IndexIVFFlat of 7");
    CHECK(kinds("IDMap,L2norm,IVF7,Flat", metric) ==
          "IndexIDMap IndexPreTransform/NormalizationTransform IndexIVFFlat of 7");
  }
}

TEST_CASE("descriptions of codes make what they say") {
  for (const ScalarTraits& code : scalar_traits()) {
    const std::string name = code.name;
    if (code.ranges == ScalarTraits::Ranges::kOne) {
      CHECK(refusal(Code::kInvalidArgValue, name).find("malformed at position 0") != std::string::npos);
      continue;
    }
    CHECK(kinds(name) == "IndexScalarQuantizer");
    CHECK(kinds("IDMap,L2norm," + name) == "IndexIDMap IndexPreTransform/NormalizationTransform IndexScalarQuantizer");
    CHECK(kinds("IVF7," + name, Metric::kInnerProduct) == "IndexIVFScalarQuantizer of 7");
    CHECK(kinds("Flat,Refine(" + name + ")") == "IndexRefine IndexFlat");
    CHECK(kinds("IDMap2,IVF7,SQ4,Refine(" + name + ")") == "IndexIDMap2 IndexRefine IndexIVFScalarQuantizer of 7");
    const auto made = index_factory(6, name, Metric::kL2);
    CHECK(dynamic_cast<const IndexScalarQuantizer&>(*made).scalar_quantizer().code() == code.code);
    const auto lists = index_factory(6, "IVF3," + name, Metric::kL2);
    const auto& ivf = dynamic_cast<const IndexIVFScalarQuantizer&>(*lists);
    CHECK(ivf.scalar_quantizer().code() == code.code);
    CHECK(ivf.by_residual() == codes_differences(code.code));
  }
}

TEST_CASE("descriptions of refinements make what they say") {
  for (const Metric metric : kAllMetrics) {
    CHECK(kinds("Flat,RFlat", metric) == "IndexRefineFlat IndexFlat");
    for (const char* name : {"RFlat", "Refine(Flat)"}) {
      const std::string coded = "IVF7,SQ8," + std::string(name);
      CHECK(kinds(coded, metric) == "IndexRefineFlat IndexIVFScalarQuantizer of 7");
      CHECK(kinds("IDMap," + coded, metric) == "IndexIDMap IndexRefineFlat IndexIVFScalarQuantizer of 7");
      CHECK(kinds(coded + ",IDMap2", metric) == "IndexIDMap2 IndexRefineFlat IndexIVFScalarQuantizer of 7");
      CHECK(kinds("L2norm," + coded, metric) ==
            "IndexRefineFlat IndexPreTransform/NormalizationTransform IndexIVFScalarQuantizer of 7");
    }
  }
}

TEST_CASE("malformed descriptions of refinements are refused with the position") {
  for (const char* bad : {"RFlat", "Refine(Flat)", "RFlat,Flat", "RFlat,RFlat", "Refine(Flat),Flat", "Refine(SQ8)",
                          "SQ5", "SQ8_", "SQ8 "}) {
    CHECK(refusal(Code::kInvalidArgValue, bad) == malformed(0, bad));
  }
  CHECK(refusal(Code::kInvalidArgValue, "Flat,SQ8") == malformed(5, "Flat,SQ8"));
  CHECK(refusal(Code::kInvalidArgValue, "IDMap,RFlat") == malformed(6, "IDMap,RFlat"));
  CHECK(refusal(Code::kInvalidArgValue, "Flat,RFlat,RFlat") == malformed(5, "Flat,RFlat,RFlat"));
  CHECK(refusal(Code::kInvalidArgValue, "Flat,RFlatX") == malformed(5, "Flat,RFlatX"));
  CHECK(refusal(Code::kInvalidArgValue, "Flat,IDMap,RFlat") == malformed(5, "Flat,IDMap,RFlat"));
  CHECK(refusal(Code::kInvalidArgValue, "Flat,RFlat,") == malformed(5, "Flat,RFlat,"));
  CHECK(refusal(Code::kInvalidArgValue, "IVF4,RFlat") ==
        malformed(4, "IVF4,RFlat", "the code of the lists, as in IVF1024,Flat"));
}

TEST_CASE("malformed descriptions of inverted files are refused with the position") {
  const std::string lists = "IVF and a number of lists";
  const std::string code = "the code of the lists, as in IVF1024,Flat";
  const std::string range = "a number of lists from 1 to " + std::to_string(kMaxLists);
  for (const char* bad : {"IVF", "IVF,Flat", "IVFx,Flat", "IVF-1,Flat", "IVF 4,Flat", "IVFk,Flat", "IVFPQ,Flat"}) {
    CHECK(refusal(Code::kInvalidArgValue, bad) == malformed(3, bad, lists));
  }
  CHECK(refusal(Code::kInvalidArgValue, "IVF4K,Flat") == malformed(4, "IVF4K,Flat", lists));
  CHECK(refusal(Code::kInvalidArgValue, "IVF4k2,Flat") == malformed(5, "IVF4k2,Flat", lists));
  CHECK(refusal(Code::kInvalidArgValue, "IDMap,IVF4 ,Flat") == malformed(10, "IDMap,IVF4 ,Flat", lists));
  for (const char* bad :
       {"IVF0,Flat", "IVF0M,Flat", "IVF16777217,Flat", "IVF17M,Flat", "IVF18446744073709551617,Flat"}) {
    CHECK(refusal(Code::kInvalidArgValue, bad) == malformed(3, bad, range));
  }
  CHECK(refusal(Code::kInvalidArgValue, "IVF" + std::string(1 << 20, '9') + ",Flat").size() < 500);
  CHECK(refusal(Code::kInvalidArgValue, "IVF4") == malformed(4, "IVF4", code));
  CHECK(refusal(Code::kInvalidArgValue, "L2norm,IVF4") == malformed(11, "L2norm,IVF4", code));
  CHECK(refusal(Code::kInvalidArgValue, "IVF4,IDMap") == malformed(4, "IVF4,IDMap", code));
  CHECK(refusal(Code::kInvalidArgValue, "IVF4,flat") == malformed(5, "IVF4,flat", code));
  CHECK(refusal(Code::kInvalidArgValue, "IVF4,L2norm,Flat") == malformed(5, "IVF4,L2norm,Flat", code));
  CHECK(refusal(Code::kInvalidArgValue, "IVF4,IVF4,Flat") == malformed(5, "IVF4,IVF4,Flat", code));
  CHECK(refusal(Code::kInvalidArgValue, "IVF4,Flat,Flat") == malformed(10, "IVF4,Flat,Flat"));
  CHECK(refusal(Code::kInvalidArgValue, "Flat,IVF4,Flat") == malformed(5, "Flat,IVF4,Flat"));
}

TEST_CASE("malformed descriptions are refused with the position") {
  for (const char* bad :
       {"", "flat", "FLAT", "Flat ", " Flat", "IDMap", "L2Norm,Flat", "Fla", "Flatt", "IDMap3,Flat", "\xFF", "%s%n"}) {
    CHECK(refusal(Code::kInvalidArgValue, bad) == malformed(0, bad));
  }
  CHECK(refusal(Code::kInvalidArgValue, "Flat,") == malformed(5, "Flat,"));
  CHECK(refusal(Code::kInvalidArgValue, ",Flat") == malformed(0, ",Flat"));
  CHECK(refusal(Code::kInvalidArgValue, "IDMap,") == malformed(6, "IDMap,"));
  const std::string behind = "an index behind the transforms, as in L2norm,Flat";
  CHECK(refusal(Code::kInvalidArgValue, "L2norm") == malformed(0, "L2norm", behind));
  CHECK(refusal(Code::kInvalidArgValue, "IDMap,L2norm") == malformed(6, "IDMap,L2norm", behind));
  CHECK(refusal(Code::kInvalidArgValue, "L2norm,RR") == malformed(7, "L2norm,RR", behind));
  CHECK(refusal(Code::kInvalidArgValue, "L2norm,,Flat") == malformed(7, "L2norm,,Flat"));
  CHECK(refusal(Code::kInvalidArgValue, "L2norm, Flat") == malformed(7, "L2norm, Flat"));
  CHECK(refusal(Code::kInvalidArgValue, "Flat,Flat") == malformed(5, "Flat,Flat"));
  CHECK(refusal(Code::kInvalidArgValue, "IDMap,Flat,IDMap") == malformed(11, "IDMap,Flat,IDMap"));
  CHECK(refusal(Code::kInvalidArgValue, "IDMap,IDMap2,Flat") == malformed(6, "IDMap,IDMap2,Flat"));
}

TEST_CASE("the numbers of transforms are refused with the position") {
  const auto range = [](size_t most) { return "a number of components from 1 to " + std::to_string(most); };
  for (const char* name : {"PCA", "PCAW", "PCAR", "PCAWR", "Pad"}) {
    const std::string text = name;
    CHECK(refusal(Code::kInvalidArgValue, text + ",Flat") ==
          malformed(text.size(), text + ",Flat", "a number of components"));
  }
  for (const char* name : {"PCA", "PCAW", "PCAR", "PCAWR"}) {
    for (const char* number : {"0", "7", "00", "18446744073709551617"}) {
      const std::string text = std::string("L2norm,") + name + number + ",Flat";
      CHECK(refusal(Code::kInvalidArgValue, text) == malformed(7 + std::string(name).size(), text, range(6)));
    }
  }
  for (const char* text : {"RR0,Flat", "RR1048577,Flat", "RR99999999999999999999,Flat"}) {
    CHECK(refusal(Code::kInvalidArgValue, text) == malformed(2, text, range(kMaxDimension)));
  }
  CHECK(refusal(Code::kInvalidArgValue, "Pad0,Flat") == malformed(3, "Pad0,Flat", range(kMaxDimension)));
  CHECK(refusal(Code::kInvalidArgValue, "PCA3,PCA4,Flat") == malformed(8, "PCA3,PCA4,Flat", range(3)));
  for (const char* text : {"PCA3x,Flat", "PCAx,Flat", "PCAWW3,Flat", "PCARW3,Flat", "PCA-3,Flat", "pca3,Flat"}) {
    CHECK(refusal(Code::kInvalidArgValue, text) == malformed(0, text));
  }
  for (const char* text : {"RRx,Flat", "RR 3,Flat", "Pad3.5,Flat", "L2norm3,Flat", "pad8,Flat", "3,Flat"}) {
    CHECK(refusal(Code::kInvalidArgValue, text) == malformed(0, text));
  }
  std::string many = "Flat";
  for (int i = 0; i < 16; ++i) many = "RR," + many;
  CHECK(refusal(Code::kInvalidArgValue, many) == "no error");
  CHECK(refusal(Code::kInvalidArgValue, "L2norm," + many) ==
        malformed(7 + 15 * 3, "L2norm," + many, "at most 16 transforms"));
}

TEST_CASE("all that is offered is named in a refusal") {
  for (const std::string& part : offered_parts()) {
    INFO(part);
    CHECK(std::regex_search(offered(), std::regex("(^| )" + part + "(<d>)?(,| |$)")));
  }
  for (const char* part : {"IVF<nlist> with one of these, ", ", Refine(<one of these>)"}) {
    CHECK(offered().find(part) != std::string::npos);
  }
}

TEST_CASE("what Faiss knows and this version does not offer is named") {
  for (const char* known : {"HNSW32", "PQ16", "ITQ", "ITQ32", "OPQ16", "OPQ16_64", "LSH"}) {
    for (const std::string& description : {std::string(known), std::string(known) + ",Flat"}) {
      const std::string message = refusal(Code::kUnsupported, description);
      CHECK(message.find(std::string("\"") + known + "\"") != std::string::npos);
    }
    CHECK(refusal(Code::kUnsupported, "IDMap," + std::string(known) + ",Flat").find(known) != std::string::npos);
  }
  for (const char* known : {"PQ16", "FlatDedup", "RaBitQ", "PCA3,SH", "PCAR3,SH2c", "ITQ3,SH"}) {
    const std::string message = refusal(Code::kUnsupported, "L2norm,IVF1024," + std::string(known));
    const std::string first = std::string(known).substr(0, std::string(known).find(','));
    CHECK(message.find("\"" + first + "\"") != std::string::npos);
  }
  for (const char* known : {"IVF1024_HNSW32", "IVF4k(PQ8)"}) {
    const std::string message = refusal(Code::kUnsupported, std::string(known) + ",Flat");
    CHECK(message.find(std::string("\"") + known + "\"") != std::string::npos);
  }
  for (const char* known : {"Refine(SQ5)", "Refine(PQ8)", "RefinePanorama(Flat)"}) {
    const std::string message = refusal(Code::kUnsupported, "IVF4,Flat," + std::string(known));
    CHECK(message.find(std::string("\"") + known + "\"") != std::string::npos);
  }
  CHECK(refusal(Code::kUnsupported, "IVF4,SQ8,Refine(IVF2,Flat)").find("\"Refine(IVF2\"") != std::string::npos);
}

TEST_CASE("long descriptions are refused with a short message") {
  std::string commas(100'000, ',');
  CHECK(refusal(Code::kInvalidArgValue, commas).size() < 600);
  CHECK(refusal(Code::kInvalidArgValue, std::string(1 << 20, 'x')).size() < 600);
  CHECK(refusal(Code::kUnsupported, "PQ" + std::string(1 << 20, '9')).size() < 500);
}

TEST_CASE("a bad dimension is refused whatever the description") {
  for (const char* description : {"Flat", "IDMap,Flat", "L2norm,Flat", "IVF4,Flat", "IDMap,L2norm,IVF4,Flat"}) {
    CHECK(refusal(Code::kOutOfRange, description, 0).find("\"d\"") != std::string::npos);
    CHECK(refusal(Code::kOutOfRange, description, kMaxDimension + 1).find("\"d\"") != std::string::npos);
  }
}

}  // namespace voronode::test
