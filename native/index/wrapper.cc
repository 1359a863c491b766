#include "index/wrapper.h"

#include "base/poll.h"

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

std::vector<size_t> slots_with(const IDSelector& selector, const RowNumbers::View& rows, const Cancel* cancel) {
  constexpr size_t kRowsAPoll = size_t{1} << 16;
  std::vector<size_t> slots;
  size_t position = 0;
  rows.for_each_run([&](size_t begin, size_t end) {
    for (size_t slot = begin; slot < end; ++slot, ++position) {
      if (position % kRowsAPoll == 0) poll(cancel);
      if (selector.is_member(static_cast<idx_t>(position))) slots.push_back(slot);
    }
  });
  check(cancel);
  return slots;
}

}  // namespace voronode
