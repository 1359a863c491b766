// A filter of few ids in inverted files: the rows it names are looked up, and nobody asks about those of all lists that
// are visited.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "ivf/list_source.h"
#include "storage/direct_map.h"

namespace voronode {

class NamedPlaces {
 public:
  // A view of some lists: how many rows they have, and the lists' changes() before it was taken.
  struct Seen {
    size_t rows;
    size_t changes;
  };
  // Nothing without a filter, or if it does not name its ids, or if looking them up would take longer than to ask about
  // all rows of the view, or if rows were removed since. Make it after the view of the lists: it then knows all their
  // rows.
  static std::optional<NamedPlaces> of(const ListSource& source, const SearchParams& params, const Seen& seen);

  // Those in rows [begin, end) of a list, ascending.
  std::span<const DirectMap::Place> in(size_t list, size_t begin, size_t end) const noexcept;

 private:
  explicit NamedPlaces(std::vector<DirectMap::Place> places);

  std::vector<DirectMap::Place> places_;  // by list, then by row
};

}  // namespace voronode
