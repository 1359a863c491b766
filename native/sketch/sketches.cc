#include "sketch/sketches.h"

#include <algorithm>

#include "sketch/making.h"

namespace voronode {
Sketches::View::Run Sketches::View::run(size_t g, size_t end) const noexcept {
  const auto block = groups_.block_with(g);
  const size_t i = g - block.begin;
  return {sketch_planes(block.data, block.capacity, i, steps_), std::min(end - g, block.rows - i)};
}

Sketches::Sketches(size_t d, Metric metric)
    : space_(d, metric), groups_(sketch_group_bytes(space_.steps()), kGroupBlocks) {}

void Sketches::adopt(const std::vector<float>& centre, size_t groups, uint8_t* planes,
                     const std::shared_ptr<void>& owner, size_t spare) {
  const size_t bytes = sketch_group_bytes(space_.steps());
  const BlockShape shape = block_shape(space_.steps());
  size_t whole = 0;  // groups in whole blocks
  for (size_t b = 0; shape.begin(b) + shape.capacity(b) <= groups; ++b) whole = shape.begin(b) + shape.capacity(b);
  const size_t rest = groups - whole;
  space_.set_centre(centre);
  groups_.adopt(whole, planes, owner, spare + rest * bytes);
  if (rest == 0) return;
  groups_.reserve(rest);
  const auto room = groups_.room(whole);
  for (size_t i = 0; i < rest; ++i) {
    copy_sketch_group(planes + whole * bytes, rest, i, room.data, room.capacity, i, space_.steps());
  }
  groups_.publish(rest);
}

void Sketches::prepare(Blocks<float>& rows, size_t n, const Cancel* cancel) {
  const size_t total = rows.size() + n;
  const size_t first = groups_.size();
  const size_t count = total / kGroupRows - first;
  prepared_ = 0;
  if (count == 0) return;
  groups_.reserve(count);
  if (first == 0) space_.choose_centre(sketch_sample(total, [&](size_t i) { return rows.slot(i); }));
  make(rows, first, count, cancel);
  prepared_ = count;
}

// The groups [first, first + count), for which there is room.
void Sketches::make(Blocks<float>& rows, size_t first, size_t count, const Cancel* cancel) {
  const auto place = [&](size_t g) {
    const auto room = groups_.room(g);
    return SketchPlace{room.data, room.capacity, g - room.begin};
  };
  make_sketches(
      space_, {first, count}, [&](size_t i) { return rows.slot(i); }, place, cancel);
}

void Sketches::publish() noexcept {
  groups_.publish(prepared_);
  prepared_ = 0;
}

void Sketches::rows_moved(Blocks<float>& rows, size_t begin, size_t end) noexcept {
  const size_t first = begin / kGroupRows;
  const size_t last = std::min(groups_.size(), (end + kGroupRows - 1) / kGroupRows);
  if (first >= last) return;
  try {
    make(rows, first, last - first, nullptr);
  } catch (...) {
    groups_.truncate(first);  // as below
  }
}

void Sketches::rows_removed(Blocks<float>& rows, size_t first) noexcept {
  // Kept as far as nothing moved; the rest is made anew, within the memory that is there.
  groups_.truncate(std::min(groups_.size(), first / kGroupRows));
  try {
    prepare(rows, 0, nullptr);
    publish();
  } catch (...) {
    // Without memory for a helper the rows stay without sketches: slower, not wrong. The next add makes them.
  }
  groups_.release_spare();
}

}  // namespace voronode
