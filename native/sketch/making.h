// Making the sketches of many rows, on all threads.
#pragma once

#include <algorithm>
#include <vector>

#include "base/thread_pool.h"
#include "sketch/maker.h"

namespace voronode {

// Some of n rows, at least one, evenly spread, to choose a centre from. row(i): where row i lies.
template <class Row>
std::vector<const float*> sketch_sample(size_t n, const Row& row) {
  std::vector<const float*> sample(std::min(n, SketchSpace::kSampleRows));
  for (size_t i = 0; i < sample.size(); ++i) sample[i] = row(i * (n / sample.size()));
  return sample;
}

struct SketchGroups {
  size_t first;
  size_t count;
};

// Group i of a block with room for `capacity` groups.
struct SketchPlace {
  uint8_t* block;
  size_t capacity;
  size_t i;
};

// The sketches of these groups, group g of rows 64 g, 64 g + 1, …, each put into place(g).
template <class Row, class Place>
void make_sketches(const SketchSpace& space, const SketchGroups& groups, const Row& row, const Place& place,
                   const Cancel* cancel) {
  // Groups a task: enough work (at d = 128 about a tenth of a millisecond) to hide the hand-over.
  constexpr size_t kGroupsPerTask = 16;
  const size_t tasks = (groups.count + kGroupsPerTask - 1) / kGroupsPerTask;
  ThreadPool::instance().parallel_for(tasks, cancel, [&](size_t task) {
    SketchMaker maker(space);
    const float* rows[kGroupRows];
    const size_t begin = groups.first + task * kGroupsPerTask;
    const size_t end = std::min(groups.first + groups.count, begin + kGroupsPerTask);
    for (size_t g = begin; g < end; ++g) {
      for (size_t r = 0; r < kGroupRows; ++r) rows[r] = row(g * kGroupRows + r);
      const SketchPlace to = place(g);
      maker.make(rows, to.block, to.capacity, to.i);
    }
  });
}

}  // namespace voronode
