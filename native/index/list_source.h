// What a search in inverted lists reads.
#pragma once

#include <optional>

#include "index/index.h"
#include "index/list_codec.h"
#include "sketch/space.h"
#include "storage/blocks.h"
#include "storage/direct_map.h"
#include "storage/inverted_lists.h"

namespace voronode {

struct ListSource {
  Metric metric;
  size_t d;
  const Index& quantizer;  // finds the lists nearest to a query
  const InvertedLists& lists;
  const DirectMap& direct_map;  // of these lists
  const ListCodec& codec;
  const SketchSpace* space;                                     // of the sketches in the lists; null: none are kept
  size_t nprobe;                                                // lists to visit for each query, 1 … nlist
  std::optional<Blocks<float>::View> centroids = std::nullopt;  // where codes are relative to them

  const float* centroid(size_t list) const noexcept { return centroids ? centroids->row(list) : nullptr; }
};

}  // namespace voronode
