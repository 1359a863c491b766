#include "index/wrapper.h"

namespace voronode {

const Index* with_role(const Index& index, bool (Index::*role)() const noexcept) noexcept {
  for (const Index* at = &index; at != nullptr; at = at->inner().get()) {
    if ((at->*role)()) return at;
  }
  return nullptr;
}

void check_row_count(const char* wrapper, const Index& index, size_t rows) {
  if (index.ntotal() == rows) return;
  throw Error(Code::kUnsupported, format("An %s can only wrap an empty index; this %s holds %zu vectors", wrapper,
                                         index.kind(), index.ntotal()));
}

std::shared_ptr<Index> mappable_rows(const char* map, std::shared_ptr<Index> index, size_t rows) {
  if (index->maps_ids()) {
    throw Error(Code::kUnsupported,
                format("An %s cannot wrap another map; wrap the index in this %s", map, index->kind()));
  }
  check_row_count(map, *index, rows);
  if (index->numbered_by_position()) return index;
  throw Error(
      Code::kUnsupported,
      format("An %s can only wrap an index whose labels are 0 to ntotal - 1; this %s has others", map, index->kind()));
}

}  // namespace voronode
