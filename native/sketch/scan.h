// One pass of some queries over groups of rows by their sketches: filter a slab, look at the float32 rows of what
// survives.
#pragma once

#include <numeric>
#include <vector>

#include "base/poll.h"
#include "sketch/filter.h"
#include "sketch/looker.h"
#include "sketch/sketches.h"
#include "storage/scan.h"

namespace voronode {

// A slab is worth its sketches while fewer than one row in this many survives; a survivor costs about as much as ten
// rows of a tiled float32 scan.
inline constexpr size_t kWorthwhile = 8;
// Groups [begin, end), queries `first` … first + nq - 1 of `queries`, their vectors at xq.
template <class Sink>
void sketch_scan(const Blocks<float>::View& rows, const Sketches::View& sketches, size_t begin, size_t end,
                 const SketchQueries& queries, size_t first, const float* xq, size_t nq, Metric metric,
                 ScanScratch& scan_scratch, const Cancel* cancel, Sink& sink) {
  const size_t d = rows.width();
  const DistanceKernel kernel = distance_kernel(metric);
  std::vector<size_t> which(nq);
  std::iota(which.begin(), which.end(), first);
  SketchFilter filter(queries, (d + 3) / 4);
  filter.start(which, nq);
  Looker<Blocks<float>::View, Sink> looker(rows, metric, sink);
  size_t slab = 8;  // small at first, while the thresholds still fall fast
  Pause pause;
  for (size_t at = begin; at < end;) {
    poll(cancel);
    const auto run = sketches.run(at, std::min(end, at + std::min(slab, filter.slab_groups())));
    bool dismisses = false;
    if (!pause.over()) {
      pause.pass();
    } else {
      for (size_t q = 0; q < nq; ++q) filter.set_threshold(q, sink.threshold(q));
      size_t survivors;
      if (!filter(run.planes, run.groups, &survivors)) continue;
      dismisses = survivors * kWorthwhile <= nq * run.groups * kGroupRows;
      if (!dismisses) pause.begin();
    }
    if (dismisses) {
      for (size_t q = 0; q < nq; ++q) looker.add(filter.masks(q), run.groups, at * kGroupRows, xq + q * d, q);
      looker.flush();
    } else {
      scan(rows, at * kGroupRows, (at + run.groups) * kGroupRows, xq, nq, kernel, scan_scratch, cancel, sink);
    }
    at += run.groups;
    slab = std::min(2 * slab, kMaxSlabGroups);
  }
}

}  // namespace voronode
