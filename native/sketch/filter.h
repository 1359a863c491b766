// Which rows of a run of groups some queries need to look at, by their sketches: with four bits of the codes where
// these are enough, which is found out as the pass goes on.
#pragma once

#include <algorithm>
#include <bit>
#include <memory>
#include <vector>

#include "base/aligned.h"
#include "sketch/queries.h"

namespace voronode {

// Bytes of sketches that stay in the L2 cache while every query tile passes over them.
inline constexpr size_t kSlabBytes = size_t{384} << 10;
inline constexpr size_t kMaxSlabGroups = 128;

// After a slab that a way of filtering did not suit, some go another way before it is tried again: few at first, while
// the thresholds still fall fast, then more.
class Pause {
 public:
  bool over() const noexcept { return left_ == 0; }
  void pass() noexcept { left_ -= left_ > 0 ? 1 : 0; }
  void begin() noexcept {
    left_ = next_;
    next_ = std::min(2 * next_ + 1, kLongest);
  }

 private:
  static constexpr size_t kLongest = 63;  // then 1.6 % of the tries are wasted at most
  size_t left_ = 0;
  size_t next_ = 1;
};

// Four bits of the codes are enough while fewer than one row in this many survives for some query: then half of the
// bytes are left unread, which is worth about as much as looking at that many rows (measured at d = 128 on Zen 4).
inline constexpr size_t kCoarseWorthwhile = 16;
// From here up all bits are put together once for all queries.
inline constexpr size_t kCoarseQueries = 16;

// The filter of one pass: some queries, slab after slab.
class SketchFilter {
 public:
  // `steps`: those of the space.
  SketchFilter(const SketchQueries& queries, size_t steps)
      : queries_(queries),
        steps_(steps),
        coarse_groups_(fitting(SketchPlanes::high_bytes(steps))),
        fine_groups_(fitting(steps * kGroupLine + kGroupTail)) {}

  // From here on of the queries which[0], …, which[nq - 1]. What was found out about the bits stays.
  template <class Which>
  void start(const Which& which, size_t nq) {
    tests_.clear();
    which_.clear();
    tests_.reserve(nq);
    which_.reserve(nq);
    for (size_t q = 0; q < nq; ++q) {
      which_.push_back(which[q]);
      tests_.push_back(queries_[which[q]]);
    }
    if (masks_.size() < nq * coarse_groups_) masks_.resize(nq * coarse_groups_);
    if (nq > 1 && lines_ == nullptr) {
      lines_ = std::make_unique<AlignedArray<uint8_t>>(fine_groups_ * (steps_ * kGroupLine + kGroupTail));
    }
  }

  // τ of the q-th is now `key`.
  void set_threshold(size_t q, float key) noexcept { queries_.set_threshold(&tests_[q], which_[q], key); }

  // How many groups to ask about next, at most.
  size_t slab_groups() const noexcept { return coarse() ? coarse_groups_ : fine_groups_; }

  // How many rows, summed over the queries, are not dismissed: those of masks(). False if four bits turned out to be
  // too few: ask again, after slab_groups().
  bool operator()(const SketchPlanes& planes, size_t groups, size_t* survivors) noexcept {
    groups_ = groups;
    const size_t nq = tests_.size();
    if (nq == 1) {
      kernels().sketch_filter_one(tests_[0], planes, groups, steps_, masks_.data());
    } else if (coarse()) {
      kernels().sketch_filter_high(tests_.data(), nq, planes.high, groups, steps_, masks_.data());
    } else {
      kernels().sketch_filter_planes(tests_.data(), nq, planes, groups, steps_, lines_->data(), masks_.data());
    }
    *survivors = survivors_of(nq * groups);
    if (nq > 1 && coarse() && *survivors * kCoarseWorthwhile > groups * kGroupRows) {
      fine_.begin();
      return false;
    }
    fine_.pass();
    return true;
  }

  // The same of one group of which there is the high plane alone, made from its first `rows` rows: no other survives.
  // (No number in the tail could dismiss what is not there: a threshold may be infinite, too.)
  // REQUIRES: 1 ≤ rows ≤ kGroupRows.
  size_t rest(const uint8_t* high, size_t rows) noexcept {
    groups_ = 1;
    const size_t nq = tests_.size();
    kernels().sketch_filter_high(tests_.data(), nq, high, 1, steps_, masks_.data());
    const uint64_t present = ~uint64_t{0} >> (kGroupRows - rows);
    for (size_t q = 0; q < nq; ++q) masks_[q] &= present;
    return survivors_of(nq);
  }
  const uint64_t* masks(size_t q) const noexcept { return masks_.data() + q * groups_; }

 private:
  size_t survivors_of(size_t masks) const noexcept {
    size_t survivors = 0;
    for (size_t i = 0; i < masks; ++i) survivors += static_cast<size_t>(std::popcount(masks_[i]));
    return survivors;
  }
  bool coarse() const noexcept { return tests_.size() == 1 || (tests_.size() <= kCoarseQueries && fine_.over()); }
  static size_t fitting(size_t bytes) noexcept { return std::clamp(kSlabBytes / bytes, size_t{1}, kMaxSlabGroups); }

  const SketchQueries& queries_;
  std::vector<size_t> which_;
  std::vector<SketchQuery> tests_;
  size_t steps_;
  size_t coarse_groups_;
  size_t fine_groups_;
  size_t groups_ = 0;
  Pause fine_;  // while it lasts, slabs go by all bits at once
  std::vector<uint64_t> masks_;
  std::unique_ptr<AlignedArray<uint8_t>> lines_;
};

}  // namespace voronode
