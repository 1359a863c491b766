// A filter of few ids in inverted files: the rows it names are looked up, and nobody asks about those of all lists that
// are visited.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "index/list_source.h"
#include "storage/direct_map.h"

namespace voronode {

class NamedPlaces {
 public:
  // Nothing without a filter, or if it does not name its ids, or if looking them up would take longer than to ask about
  // `rows` rows. Make it after the view of the lists: it then knows all their rows.
  static std::optional<NamedPlaces> of(const ListSource& source, const SearchParams& params, size_t rows);

  // Those in rows [begin, end) of a list, ascending.
  std::span<const DirectMap::Place> in(size_t list, size_t begin, size_t end) const noexcept;

 private:
  explicit NamedPlaces(std::vector<DirectMap::Place> places);

  std::vector<DirectMap::Place> places_;  // by list, then by row
};

}  // namespace voronode
