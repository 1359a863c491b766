// The sketches of an index's rows, in groups of 64 (bound.h has the idea, the bound and its proof).
//
// Only full groups have sketches, and those never change: the last few rows of an index are scanned in float32. So a
// search beside an add reads nothing that is written.
#pragma once

#include <cstdint>

#include "base/cancel.h"
#include "kernels/kernels.h"
#include "sketch/maker.h"
#include "sketch/space.h"
#include "storage/blocks.h"

namespace voronode {

class Sketches {
 public:
  // The centre is chosen from the rows when the first groups are made.
  Sketches(size_t d, Metric metric);

  class View {
   public:
    size_t groups() const noexcept { return groups_.size(); }
    size_t rows() const noexcept { return groups_.size() * kGroupRows; }

    // Groups [g, g + groups) lie side by side.
    struct Run {
      SketchPlanes planes;
      size_t groups;
    };
    // The run from group g on, cut at `end`. REQUIRES: g < end ≤ groups().
    Run run(size_t g, size_t end) const noexcept;

   private:
    friend class Sketches;
    View(Blocks<uint8_t>::View groups, size_t steps) : groups_(std::move(groups)), steps_(steps) {}
    Blocks<uint8_t>::View groups_;
    size_t steps_;
  };
  View view() const { return View(groups_.view(), space_.steps()); }

  // How groups lie in blocks.
  static BlockShape block_shape(size_t steps) { return {sketch_group_bytes(steps), 1, kGroupBlocks}; }

  // For files: groups in such blocks that lie elsewhere (Blocks::adopt), the last block with room for no more than there
  // are in it. REQUIRES: there are none yet, and SketchSpace::is_centre().
  void adopt(const std::vector<float>& centre, size_t groups, uint8_t* planes, const std::shared_ptr<void>& owner,
             size_t spare);
  size_t adopted_bytes() const noexcept { return groups_.adopted_bytes(); }

  // For an append to `rows` of n rows that are filled in but not published: makes the sketches of the groups that it
  // completes. Throws (kNoMemory, kAborted) and leaves all as it was. publish() then makes them visible; call it after
  // the rows are.
  void prepare(Blocks<float>& rows, size_t n, const Cancel* cancel);
  void publish() noexcept;

  // After a removal from `rows` (or another change of it), the first row concerned at `first`. Needs exclusivity.
  void rows_removed(Blocks<float>& rows, size_t first) noexcept;

  // After rows [begin, end) have become others. Needs exclusivity.
  void rows_moved(Blocks<float>& rows, size_t begin, size_t end) noexcept;

  void clear() noexcept { groups_.clear(); }
  size_t allocated_bytes() const noexcept { return groups_.allocated_bytes(); }

  // Fixed once there are groups.
  const SketchSpace& space() const noexcept { return space_; }

 private:
  // In groups: few rows do not pay for a large block of them.
  static constexpr BlockSizes kGroupBlocks{kBaseBytes, kTopBytes, 1};

  void make(Blocks<float>& rows, size_t first, size_t count, const Cancel* cancel);

  SketchSpace space_;
  Blocks<uint8_t> groups_;
  size_t prepared_ = 0;
};

}  // namespace voronode
