// The sketches of inverted lists whose codes are float32 vectors: their space, and making them as lists change.
//
// Where they lie, in groups of 64 rows and a rest behind the last group, is the business of the lists
// (storage/inverted_lists.h); what is in them, of the maker.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "sketch/maker.h"
#include "sketch/space.h"
#include "storage/inverted_lists.h"

namespace voronode {

class ListSketches {
 public:
  // space: null: the lists keep no sketches, and the methods do nothing.
  ListSketches(InvertedLists& lists, std::unique_ptr<SketchSpace> space) noexcept
      : lists_(lists), space_(std::move(space)) {}

  // What lists with sketches in this space (null: without any) are to keep room for.
  static size_t group_bytes(const SketchSpace* space) noexcept;
  static size_t rest_bytes(const SketchSpace* space) noexcept;

  const SketchSpace* space() const noexcept { return space_.get(); }

  // To be called before sketches are made, with `n` vectors that are added: row_at(i) is the i-th; centroids(): those
  // of the lists (n × d), in whose midst a centre is chosen while too few vectors say better. Any centre is right.
  void settle_centre(size_t n, const std::function<const float*(size_t)>& row_at,
                     const std::function<std::vector<float>()>& centroids);

  // What parts[part] of an addition whose rows are filled in lacks. Throws kNoMemory.
  void make(const InvertedLists::Addition& addition, size_t part) const;

  // After an addition: see InvertedLists::tidy.
  void tidy(const std::vector<InvertedLists::Addition::Part>& parts) noexcept;

  // For files: from now on there are sketches, in this space, whose centre stays. REQUIRES: there were none; exclusivity.
  void adopt(std::unique_ptr<SketchSpace> space);

  // After a removal from a list. Without memory for a helper its rows stay without sketches: slower, not wrong. The
  // next addition makes them.
  void remake(size_t list) noexcept;

  // The lists are empty: the next addition may choose another centre.
  void forget_centre() noexcept { centre_settled_ = false; }

 private:
  InvertedLists& lists_;
  std::unique_ptr<SketchSpace> space_;
  bool centre_settled_ = false;
};

}  // namespace voronode
