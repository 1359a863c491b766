#include "ivf/named_places.h"

#include <algorithm>

#include "storage/id_table.h"

namespace voronode {
namespace {

bool before(const DirectMap::Place& a, const DirectMap::Place& b) noexcept {
  return a.list != b.list ? a.list < b.list : a.row < b.row;
}

}  // namespace

NamedPlaces::NamedPlaces(std::vector<DirectMap::Place> places) : places_(std::move(places)) {
  std::sort(places_.begin(), places_.end(), before);
}

namespace {

// The ids that rows in the lists bear for those that a filter names: of an index that numbers its rows, their slots.
std::optional<std::vector<idx_t>> own_ids(const ListSource& source, const SearchParams& params,
                                          std::vector<idx_t>&& named, size_t most) {
  const RowNumbers::View* const rows = source.rows();
  if (params.ids != nullptr) {
    const auto slots = params.ids->find_all(named, rows->slots(), most);
    if (!slots) return std::nullopt;
    return std::vector<idx_t>(slots->begin(), slots->end());
  }
  if (rows == nullptr || params.slots != nullptr || rows->dense()) return std::move(named);
  std::erase_if(named, [&](idx_t id) { return id < 0 || static_cast<uint64_t>(id) >= rows->size(); });
  for (idx_t& id : named) id = static_cast<idx_t>(rows->slot(static_cast<size_t>(id)));
  return std::move(named);
}

}  // namespace

std::optional<NamedPlaces> NamedPlaces::of(const ListSource& source, const SearchParams& params, const Seen& seen) {
  const size_t most = seen.rows / kAsksPerLookup;
  if (params.filter == nullptr) return std::nullopt;
  auto named = few_ids(*params.filter, kAllIds, most);
  if (!named) return std::nullopt;
  const auto ids = own_ids(source, params, std::move(*named), most);
  if (!ids) return std::nullopt;
  auto places = source.direct_map.find_all(source.lists, *ids, seen.rows);
  if (!places || source.lists.changes() != seen.changes) return std::nullopt;
  return NamedPlaces(std::move(*places));
}

std::span<const DirectMap::Place> NamedPlaces::in(size_t list, size_t begin, size_t end) const noexcept {
  const auto first = std::lower_bound(places_.begin(), places_.end(), DirectMap::Place{list, begin}, before);
  const auto last = std::lower_bound(first, places_.end(), DirectMap::Place{list, end}, before);
  return {first, last};
}

}  // namespace voronode
