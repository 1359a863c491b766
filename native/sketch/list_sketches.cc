#include "sketch/list_sketches.h"

#include "sketch/making.h"

namespace voronode {
namespace {

const float* as_row(const uint8_t* code) noexcept { return reinterpret_cast<const float*>(code); }

}  // namespace

size_t ListSketches::group_bytes(const SketchSpace* space) noexcept {
  return space != nullptr ? sketch_group_bytes(space->steps()) : 0;
}

size_t ListSketches::rest_bytes(const SketchSpace* space) noexcept {
  return space != nullptr ? SketchPlanes::high_bytes(space->steps()) : 0;
}

void ListSketches::settle_centre(size_t n, const std::function<const float*(size_t)>& row_at,
                                 const std::function<std::vector<float>()>& centroids) {
  if (!space_ || centre_settled_) return;
  const size_t d = space_->dimension();
  std::vector<float> few;
  if (n < kGroupRows) {
    few = centroids();
    if (n == 0 || !few.empty()) n = few.size() / d;
  }
  const auto row = [&](size_t i) { return few.empty() ? row_at(i) : few.data() + i * d; };
  if (n > 0) space_->choose_centre(sketch_sample(n, row));
  centre_settled_ = true;
}

void ListSketches::make(const InvertedLists::Addition& addition, size_t part) const {
  if (!space_) return;
  SketchMaker maker(*space_);
  const float* rows[kGroupRows];
  const auto find = [&](size_t first, size_t count) {
    for (size_t r = 0; r < count; ++r) rows[r] = as_row(addition.code(part, first + r));
  };
  for (size_t g = addition.first_group(part); g < addition.last_group(part); ++g) {
    find(g * kGroupRows, kGroupRows);
    const auto room = addition.group(part, g);
    maker.make(rows, room.bytes, room.capacity, room.index);
  }
  if (uint8_t* const rest = addition.rest(part)) {
    find(addition.last_group(part) * kGroupRows, addition.rest_rows(part));
    maker.make_high(rows, addition.rest_rows(part), rest);
  }
}

void ListSketches::tidy(const std::vector<InvertedLists::Addition::Part>& parts) noexcept {
  if (!space_) return;
  lists_.tidy(parts, [&](const InvertedLists::GroupRoom& from, const InvertedLists::GroupRoom& to) {
    copy_sketch_group(from.bytes, from.capacity, from.index, to.bytes, to.capacity, to.index, space_->steps());
  });
}

void ListSketches::adopt(std::unique_ptr<SketchSpace> space) {
  lists_.keep_groups(group_bytes(space.get()), rest_bytes(space.get()));
  space_ = std::move(space);
  centre_settled_ = true;
}

void ListSketches::remake(size_t list) noexcept {
  if (!space_) return;
  try {
    SketchMaker maker(*space_);
    const float* rows[kGroupRows];
    const auto find = [&](size_t first, size_t count) {
      for (size_t r = 0; r < count; ++r) rows[r] = as_row(lists_.code(list, first + r));
    };
    lists_.remake_groups(list, [&](size_t first, const InvertedLists::GroupRoom& room) {
      find(first, kGroupRows);
      maker.make(rows, room.bytes, room.capacity, room.index);
    });
    lists_.remake_rest(list, [&](size_t first, size_t count, uint8_t* rest) {
      find(first, count);
      maker.make_high(rows, count, rest);
    });
  } catch (...) {
  }
}

}  // namespace voronode
