// Everything that can be asked of an index that came from hostile bytes: none of it may crash or throw, and saving what
// was read and reading it again changes nothing. Used by the mutation tests and by the fuzz target.
#pragma once

#include <algorithm>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

#include "base/error.h"
#include "index/key_map.h"
#include "io/index_io.h"
#include "ivf/ivf.h"

namespace voronode::test {

inline void expect(bool holds, const char* what) {
  if (!holds) throw std::logic_error(what);
}

constexpr size_t kNearest = 3;

inline void expect_ordered(const Index& index, const float* distances, const idx_t* labels) {
  const bool larger_is_nearer = index.metric() == Metric::kInnerProduct;
  for (size_t i = 1; i < kNearest; ++i) {
    if (labels[i] == -1) continue;
    expect(labels[i - 1] != -1, "padding comes last");
    expect(larger_is_nearer ? distances[i] <= distances[i - 1] : distances[i] >= distances[i - 1], "best first");
  }
}

// The IVF that an index is, or has inside, or null.
inline const IndexIVF* ivf_in(const Index& index) {
  const Index* heart = &index;
  while (heart->inner() != nullptr) heart = heart->inner().get();
  return dynamic_cast<const IndexIVF*>(heart);
}

// Rows that a search of all lists comes to. (Files may lack centroids of lists that have some.)
inline size_t reachable(const Index& index) {
  const IndexIVF* const ivf = ivf_in(index);
  if (ivf == nullptr) return index.ntotal();
  size_t rows = 0;
  for (size_t l = 0; l < ivf->nlist(); ++l) rows += ivf->coarse_quantizer().has(l) ? ivf->list_size(l) : 0;
  return rows;
}

// Mutated transforms may take any vector beyond float32, and need not be such that they can be undone.
template <class F>
void unless_transformed(const Index& index, const F& call) {
  try {
    call();
  } catch (const Error& error) {
    bool transforms = false;
    for (const Index* at = &index; at != nullptr; at = at->inner().get()) {
      transforms |= std::string(at->kind()) == "IndexPreTransform";
    }
    if (!transforms || (error.code() != Code::kOutOfRange && error.code() != Code::kUnsupported)) throw;
  }
}

inline void search_some(const Index& index) {
  const std::vector<float> query(index.d(), 0.5f);
  float distances[kNearest];
  idx_t labels[kNearest];
  index.search(1, query.data(), kNearest, {}, distances, labels);  // of an IVF: with the nprobe of the file
  expect_ordered(index, distances, labels);
  SearchParams all_lists;
  all_lists.set(kNprobe, kNprobe.max);
  index.search(1, query.data(), kNearest, all_lists, distances, labels);
  expect_ordered(index, distances, labels);
  for (size_t i = 0; i < kNearest; ++i) {
    expect((labels[i] == -1) == (i >= reachable(index)), "as many neighbours as there are rows, then padding");
  }
  RangeResult in_range;
  const float radius = index.metric() == Metric::kInnerProduct ? 0.0f : 1.0f;
  index.range_search(1, query.data(), radius, all_lists, &in_range);
  expect(in_range.lims.size() == 2 && in_range.lims[1] == in_range.labels.size(), "the limits cover the labels");
  if (labels[0] == -1) return;
  std::vector<float> row(index.d());
  unless_transformed(index, [&] {
    const auto* const keys = dynamic_cast<const IndexKeyMap*>(&index);
    if (keys == nullptr) return index.reconstruct(labels[0], row.data());
    const std::string_view key[] = {keys->key_of(labels[0])};
    keys->reconstruct_keys(key, row.data(), nullptr);
  });
}

inline void exercise(const Index& index) {
  if (index.is_trained()) {
    unless_transformed(index, [&] {
      try {
        search_some(index);
      } catch (const Error& error) {
        const IndexIVF* const ivf = ivf_in(index);
        const bool lacks = ivf != nullptr && (ivf->coarse_quantizer().exceeds() || reachable(index) < index.ntotal());
        if (!lacks || error.code() != Code::kUnsupported) throw;
      }
    });
  } else {
    expect(index.ntotal() == 0, "without training there is nothing to find");
  }
  const std::vector<uint8_t> saved = serialize_index(index, nullptr);
  const std::shared_ptr<Index> again = deserialize_index(saved.data(), saved.size(), nullptr);
  expect(again->ntotal() == index.ntotal() && again->d() == index.d(), "the same size after saving");
  expect(serialize_index(*again, nullptr) == saved, "the same bytes after saving twice");
}

}  // namespace voronode::test
