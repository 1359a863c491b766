#include "index/named_places.h"

#include <algorithm>

#include "storage/id_table.h"

namespace voronode {
namespace {

// The way from an id to its row takes about as long as to ask about so many rows.
constexpr size_t kAsksPerLookup = 64;

bool before(const DirectMap::Place& a, const DirectMap::Place& b) noexcept {
  return a.list != b.list ? a.list < b.list : a.row < b.row;
}

}  // namespace

NamedPlaces::NamedPlaces(std::vector<DirectMap::Place> places) : places_(std::move(places)) {
  std::sort(places_.begin(), places_.end(), before);
}

std::optional<NamedPlaces> NamedPlaces::of(const ListSource& source, const SearchParams& params, size_t rows) {
  const size_t most = rows / kAsksPerLookup;
  constexpr auto kIn = IDSelector::Side::kIn;
  if (params.filter == nullptr || params.filter->at_most(kAllIds, kIn, most) > most) return std::nullopt;
  std::vector<idx_t> ids;
  params.filter->list(kAllIds, kIn, most, &ids);
  if (params.ids != nullptr) {
    const auto own = params.ids->find_all(ids, source.lists.size(), most);
    if (!own) return std::nullopt;
    ids.assign(own->begin(), own->end());
  }
  auto places = source.direct_map.find_all(source.lists, ids, rows);
  if (!places) return std::nullopt;
  return NamedPlaces(std::move(*places));
}

std::span<const DirectMap::Place> NamedPlaces::in(size_t list, size_t begin, size_t end) const noexcept {
  const auto first = std::lower_bound(places_.begin(), places_.end(), DirectMap::Place{list, begin}, before);
  const auto last = std::lower_bound(first, places_.end(), DirectMap::Place{list, end}, before);
  return {first, last};
}

}  // namespace voronode
