// What a search in inverted lists reads.
#pragma once

#include <optional>

#include "codec/row_codec.h"
#include "ivf/coarse_quantizer.h"
#include "sketch/space.h"
#include "storage/blocks.h"
#include "storage/direct_map.h"
#include "storage/inverted_lists.h"
#include "storage/row_numbers.h"

namespace voronode {

struct ListSource {
  Metric metric;
  size_t d;
  const CoarseQuantizer& quantizer;  // finds the lists nearest to a query
  const InvertedLists& lists;
  const DirectMap& direct_map;  // of these lists
  const RowCodec& codec;
  const SketchSpace* space;  // of the sketches in the lists; null: none are kept
  size_t nprobe;             // lists to visit for each query; 0: there are no centroids
  std::optional<Blocks<float>::View> centroids = std::nullopt;  // where codes are relative to them
  std::optional<RowNumbers::View> numbers = std::nullopt;       // where rows are numbered: their ids are slots

  const RowNumbers::View* rows() const noexcept { return numbers ? &*numbers : nullptr; }
  // Of a list that a query visits.
  const float* centroid(size_t list) const noexcept {
    return centroids ? centroids->row(quantizer.row_of(list)) : nullptr;
  }
};

}  // namespace voronode
