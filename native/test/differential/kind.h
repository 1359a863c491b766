// The kinds of index that the search fuzzer knows: what the factory makes, and how it is put together.
#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "factory/factory.h"
#include "index/flat.h"
#include "index/flat_scalar_quantizer.h"
#include "index/id_map.h"
#include "index/pre_transform.h"
#include "index/refine.h"
#include "ivf/ivf_flat.h"
#include "ivf/ivf_scalar_quantizer.h"
#include "test/differential/choices.h"
#include "test/differential/keyed.h"
#include "transform/plain_transforms.h"

namespace voronode::test {

// The parts of descriptions, besides "IVF<nlist>" and "Refine(<code>)", that are no code of rows. What else the factory
// offers is one: an index that scans rows, and gives them back by their positions as it compares them.
inline constexpr const char* kOtherParts[] = {"L2norm", "PCA", "PCAW",  "PCAR",  "PCAWR",
                                              "RR",     "Pad", "RFlat", "IDMap", "IDMap2"};

// "Flat", and how else rows are kept.
inline const std::vector<std::string>& row_codes() {
  static const std::vector<std::string> codes = [] {
    std::vector<std::string> out = offered_parts();
    std::erase_if(out, [](const std::string& part) {
      return std::find(std::begin(kOtherParts), std::end(kOtherParts), part) != std::end(kOtherParts);
    });
    for (const char* unnamed : {"SQ8_uniform", "SQ4_uniform"}) out.emplace_back(unnamed);
    return out;
  }();
  return codes;
}

inline const ScalarTraits* scalar_of(const std::string& code) {
  for (const ScalarTraits& each : scalar_traits()) {
    if (code == each.name) return &each;
  }
  return nullptr;
}

inline std::string choose_code(Choices& choices) {
  if (choices.one_in(2)) return "Flat";
  return choices.one_in(2) ? "SQ8" : row_codes()[choices.below(row_codes().size())];
}

// One kind, with up to two wrappers of each sort.
struct Kind {
  Metric metric = Metric::kL2;
  size_t d = 1;
  size_t nlist = 0;  // 0: flat
  std::string code = "Flat";
  bool sketch = true;
  bool by_residual = true;
  std::string front;  // a transform before all others, as "PCA3,"; or nothing
  size_t norms = 0;
  bool refined = false;
  std::string refine_code = "Flat";
  size_t maps = 0;     // 1: IDMap, 2: IDMap2
  bool keyed = false;  // a map of keys around all, which numbers the rows to its user (keyed.h)

  bool has_ids() const { return maps > 0 || (nlist > 0 && !refined && !keyed); }
  // Whether the outermost index knows rows in the order of addition, whatever is inside.
  bool maps_rows() const { return maps > 0 || keyed; }
  // Whether the index that holds the rows knows them by their positions.
  bool by_position() const { return maps > 0 || refined || keyed; }

  // For a reader.
  std::string name() const {
    return (keyed ? "keys around " : "") + description() + " by " + traits(metric).name +
           (sketch ? "" : ", no sketches") + (by_residual ? "" : ", not by residual") + ", d " + std::to_string(d);
  }

  // For the factory.
  std::string description() const {
    std::string text = maps == 0 ? "" : maps == 1 ? "IDMap," : "IDMap2,";
    text += front;
    for (size_t i = 0; i < norms; ++i) text += "L2norm,";
    if (nlist > 0) text += "IVF" + std::to_string(nlist) + ",";
    text += code;
    return text + (!refined ? "" : refine_code == "Flat" ? ",RFlat" : ",Refine(" + refine_code + ")");
  }

  bool coded() const { return code != "Flat"; }
  bool refined_by_code() const { return refined && refine_code != "Flat"; }
  // Whether the factory can make it: it has no names for the uniform codes, and codes differences where that can be.
  bool has_description() const {
    const bool unnamed = (code + refine_code).find("_uniform") != std::string::npos;
    const ScalarTraits* const scalar = scalar_of(code);
    return !unnamed && (scalar == nullptr || nlist == 0 || by_residual == codes_differences(scalar->code));
  }
  // Whether codes may learn nothing from some vectors, or not take all.
  bool is_picky() const { return coded() || refined_by_code(); }
  static std::string choose_front(size_t d, Choices& choices) {
    constexpr const char* kReducing[] = {"PCA", "PCAW", "PCAR", "PCAWR"};
    switch (choices.below(4)) {
      case 0:
        return choices.one_in(2) ? "RR," : "RR" + std::to_string(choices.between(1, d + 4)) + ",";
      case 1:
        return "Pad" + std::to_string(choices.between(1, d + 8)) + ",";
      default:
        return choices.any_of(kReducing) + std::to_string(choices.between(1, d)) + ",";
    }
  }

  static Kind choose(Choices& choices) {
    constexpr size_t kDimensions[] = {1, 2, 3, 4, 4, 5, 6, 7, 8, 8, 15, 16, 17, 24, 31, 33, 64, 100};
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
    kind.code = choose_code(choices);
    kind.sketch = !choices.one_in(8);
    const ScalarTraits* const scalar = scalar_of(kind.code);
    kind.by_residual = !choices.one_in(4) && (scalar == nullptr || codes_differences(scalar->code));
    if (kind.coded() && scalar == nullptr) kind.nlist = 0;
    if (choices.one_in(4)) kind.front = choose_front(kind.d, choices);
    kind.norms = choices.one_in(5) ? choices.between(1, 2) : 0;
    kind.refined = choices.one_in(5);
    if (kind.refined) kind.refine_code = choose_code(choices);
    if (scalar_of(kind.refine_code) == nullptr) kind.refine_code = "Flat";
    kind.maps = choices.one_in(3) ? choices.between(1, 2) : 0;
    kind.keyed = kind.maps == 0 && choices.one_in(3);
    return kind;
  }
};

// The index of class T inside, the outermost first; null if there is none.
template <class T>
const T* find_in(const Index& index) {
  std::shared_ptr<Index> hold;
  for (const Index* at = &index; at != nullptr; at = hold.get()) {
    if (const auto* found = dynamic_cast<const T*>(at)) return found;
    hold = at->inner();
  }
  return nullptr;
}

// The transforms of an index or of one in it; none if it has none.
inline TransformChain chain_in(const std::shared_ptr<Index>& index) {
  for (std::shared_ptr<Index> at = index; at != nullptr; at = at->inner()) {
    if (const auto* pre = dynamic_cast<const IndexPreTransform*>(at.get())) return pre->chain();
  }
  return {};
}

// Trained with n vectors x.
inline TransformChain make_chain(const Kind& kind, size_t n, const float* x) {
  if (kind.front.empty() && kind.norms == 0) return {};
  Kind bare;
  bare.front = kind.front;
  bare.norms = kind.norms;
  const std::shared_ptr<Index> index = index_factory(kind.d, bare.description(), Metric::kL2);
  if (!index->is_trained()) index->train(n, x, nullptr);
  return chain_in(index);
}

inline std::shared_ptr<Index> code_of(const Kind& kind, size_t d, const std::vector<float>& centroids) {
  const ScalarTraits* const scalar = scalar_of(kind.code);
  if (kind.nlist == 0) {
    if (scalar != nullptr) return std::make_shared<IndexScalarQuantizer>(d, scalar->code, kind.metric);
    if (kind.coded()) return index_factory(d, kind.code, kind.metric);
    return std::make_shared<IndexFlat>(d, kind.metric, kind.sketch);
  }
  auto quantizer = std::make_shared<IndexFlat>(d, kind.metric);
  quantizer->add(kind.nlist, centroids.data(), nullptr);
  if (!kind.coded()) return std::make_shared<IndexIVFFlat>(quantizer, kind.nlist, kind.metric, kind.sketch);
  return std::make_shared<IndexIVFScalarQuantizer>(quantizer, kind.nlist, scalar->code, kind.metric, kind.by_residual);
}

// Around it whatever is around all.
inline std::shared_ptr<Index> with_keys(const Kind& kind, std::shared_ptr<Index> index) {
  if (!kind.keyed) return index;
  return std::make_shared<KeyedRows>(std::make_shared<IndexKeyMap>(index), 0);
}

// With this chain and these centroids (of vectors that come out of it), which the factory does not take.
inline std::shared_ptr<Index> make_index(const Kind& kind, const TransformChain& chain,
                                         const std::vector<float>& centroids) {
  std::shared_ptr<Index> index = code_of(kind, chain.empty() ? kind.d : chain.back()->d_out(), centroids);
  if (!chain.empty()) index = std::make_shared<IndexPreTransform>(chain, std::move(index));
  if (kind.refined) {
    const ScalarTraits* const scalar = scalar_of(kind.refine_code);
    index =
        scalar != nullptr ? std::make_shared<IndexRefine>(index, scalar->code) : std::make_shared<IndexRefine>(index);
  }
  if (kind.maps > 0) index = std::make_shared<IndexIDMap>(std::move(index), kind.maps == 2);
  return index;
}

}  // namespace voronode::test
