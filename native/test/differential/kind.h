// The kinds of index that the search fuzzer knows: what the factory makes, and how it is put together.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "index/factory.h"
#include "index/flat.h"
#include "index/id_map.h"
#include "index/ivf_flat.h"
#include "index/ivf_scalar_quantizer.h"
#include "index/pre_transform.h"
#include "index/refine_flat.h"
#include "test/differential/choices.h"

namespace voronode::test {

enum class RowCode { kFlat, kSq8, kFp16 };

// What parts of a description mean here. A part that the factory offers and this lacks fails a test.
struct KnownPart {
  const char* name;
  enum class Role { kCode, kListCode, kTransform, kRefinement, kMap } role;
  RowCode code = RowCode::kFlat;
};
inline constexpr KnownPart kKnownParts[] = {
    {"Flat", KnownPart::Role::kCode},
    {"Flat", KnownPart::Role::kListCode},
    {"SQ8", KnownPart::Role::kListCode, RowCode::kSq8},
    {"SQfp16", KnownPart::Role::kListCode, RowCode::kFp16},
    {"L2norm", KnownPart::Role::kTransform},
    {"RFlat", KnownPart::Role::kRefinement},
    {"Refine(Flat)", KnownPart::Role::kRefinement},
    {"IDMap", KnownPart::Role::kMap},
    {"IDMap2", KnownPart::Role::kMap},
};

// One kind, with up to two wrappers of each sort.
struct Kind {
  Metric metric = Metric::kL2;
  size_t d = 1;
  size_t nlist = 0;  // 0: flat
  RowCode code = RowCode::kFlat;
  bool sketch = true;
  bool by_residual = true;
  size_t norms = 0;
  bool refined = false;
  size_t maps = 0;  // 1: IDMap, 2: IDMap2

  bool has_ids() const { return maps > 0 || (nlist > 0 && !refined); }

  // For a reader.
  std::string name() const {
    return description() + " by " + traits(metric).name + (sketch ? "" : ", no sketches") +
           (by_residual ? "" : ", not by residual") + ", d " + std::to_string(d);
  }

  // For the factory.
  std::string description() const {
    std::string text = maps == 0 ? "" : maps == 1 ? "IDMap," : "IDMap2,";
    for (size_t i = 0; i < norms; ++i) text += "L2norm,";
    if (nlist > 0) text += "IVF" + std::to_string(nlist) + ",";
    text += code == RowCode::kFlat ? "Flat" : code == RowCode::kSq8 ? "SQ8" : "SQfp16";
    return text + (refined ? ",RFlat" : "");
  }

  static Kind choose(Choices& choices) {
    constexpr size_t kDimensions[] = {1, 2, 3, 4, 4, 5, 6, 7, 8, 8, 15, 16, 17, 24, 31, 33, 64, 100};
    constexpr RowCode kCodes[] = {RowCode::kFlat, RowCode::kFlat, RowCode::kSq8, RowCode::kFp16};
    constexpr Metric kMetrics[] = {Metric::kL2,           Metric::kL2, Metric::kL2,  Metric::kInnerProduct,
                                   Metric::kInnerProduct, Metric::kL1, Metric::kLinf};
    Kind kind;
    kind.metric = choices.any_of(kMetrics);
    kind.d = choices.any_of(kDimensions);
    kind.nlist = choices.one_in(4) ? 0 : choices.one_in(2) ? choices.between(1, 8) : choices.between(1, 3);
    if (choices.one_in(24)) {  // sketches of centroids begin at 64 of 16 components, their reduction at 256
      constexpr size_t kMany[] = {63, 64, 65, 100, 256, 257, 300};
      constexpr size_t kWide[] = {15, 16, 17, 24, 33};
      kind.nlist = choices.any_of(kMany);
      kind.d = choices.any_of(kWide);
    }
    if (kind.nlist > 0) kind.code = choices.any_of(kCodes);
    kind.sketch = !choices.one_in(8);
    kind.by_residual = !choices.one_in(4);
    kind.norms = choices.one_in(5) ? choices.between(1, 2) : 0;
    kind.refined = choices.one_in(5);
    kind.maps = choices.one_in(3) ? choices.between(1, 2) : 0;
    return kind;
  }
};

// The inverted file inside, null for a flat index.
inline const IndexIVF* ivf_in(const Index& index) {
  const Index* at = &index;
  std::shared_ptr<Index> hold;
  while (true) {
    if (const auto* ivf = dynamic_cast<const IndexIVF*>(at)) return ivf;
    hold = at->inner();
    if (hold == nullptr) return nullptr;
    at = hold.get();
  }
}

inline std::shared_ptr<Index> code_of(const Kind& kind, const std::vector<float>& centroids) {
  if (kind.nlist == 0) return std::make_shared<IndexFlat>(kind.d, kind.metric, kind.sketch);
  auto quantizer = std::make_shared<IndexFlat>(kind.d, kind.metric);
  quantizer->add(kind.nlist, centroids.data(), nullptr);
  if (kind.code == RowCode::kFlat) {
    return std::make_shared<IndexIVFFlat>(quantizer, kind.nlist, kind.metric, kind.sketch);
  }
  const ScalarCode code = kind.code == RowCode::kSq8 ? ScalarCode::k8bit : ScalarCode::kFp16;
  return std::make_shared<IndexIVFScalarQuantizer>(quantizer, kind.nlist, code, kind.metric, kind.by_residual);
}

// With these centroids (nlist × d), which the factory does not take.
inline std::shared_ptr<Index> make_index(const Kind& kind, const std::vector<float>& centroids) {
  std::shared_ptr<Index> index = code_of(kind, centroids);
  std::vector<std::unique_ptr<VectorTransform>> chain;
  for (size_t i = 0; i < kind.norms; ++i) chain.push_back(std::make_unique<NormalizationTransform>(kind.d));
  if (!chain.empty()) index = std::make_shared<IndexPreTransform>(std::move(chain), std::move(index));
  if (kind.refined) index = std::make_shared<IndexRefineFlat>(index);
  if (kind.maps > 0) index = std::make_shared<IndexIDMap>(std::move(index), kind.maps == 2);
  return index;
}

}  // namespace voronode::test
