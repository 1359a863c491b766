// Places of rows in inverted lists, list by list.
#pragma once

#include <vector>

#include "storage/direct_map.h"

namespace voronode {

// f(list, its rows) for each list of places that are in the order of lists, then of rows.
template <class F>
void for_each_list(const std::vector<DirectMap::Place>& places, const F& f) {
  std::vector<uint32_t> rows;
  for (size_t i = 0; i < places.size();) {
    const size_t list = places[i].list;
    rows.clear();
    for (; i < places.size() && places[i].list == list; ++i) rows.push_back(static_cast<uint32_t>(places[i].row));
    f(list, rows);
  }
}

}  // namespace voronode
