// The k best candidates of one query, by (key, label).
//
// A key is a distance where smaller is nearer (kernels negate inner products). The order is total: equal keys go by the
// smaller label, a NaN comes after every number (an inner product of huge finite vectors can be inf - inf). So the
// result is the same in whatever order candidates arrive, and partial results of parts of the rows merge into the same
// answer.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include "base/poll.h"

namespace voronode {

struct Candidate {
  float key;
  int64_t label;
};

inline bool nearer(const Candidate& a, const Candidate& b) noexcept {
  if (a.key < b.key) return true;
  if (a.key > b.key) return false;
  const bool a_nan = std::isnan(a.key);
  const bool b_nan = std::isnan(b.key);
  if (a_nan != b_nan) return b_nan;
  return a.label < b.label;
}

// nearer(), with a look at the cancel flag from time to time, where shorter work may pass: for sorts of many candidates.
// Nothing may be locked. What is sorted is good for nothing after it has thrown.
class PolledNearer {
 public:
  // compared: a count to go on with; algorithms copy what compares.
  PolledNearer(const Cancel* cancel, size_t* compared) noexcept : cancel_(cancel), compared_(compared) {}
  bool operator()(const Candidate& a, const Candidate& b) const {
    if (++*compared_ % kComparisonsAPoll == 0) poll(cancel_);
    return nearer(a, b);
  }

 private:
  static constexpr size_t kComparisonsAPoll = size_t{1} << 16;  // about half a millisecond
  const Cancel* cancel_;
  size_t* compared_;
};

// Best first.
inline void sort_nearest(std::vector<Candidate>* found, const Cancel* cancel) {
  size_t compared = 0;
  std::sort(found->begin(), found->end(), PolledNearer(cancel, &compared));
}

// A binary heap with the worst kept candidate on top; filled without heap work until k are there.
class TopK {
 public:
  // k ≥ 1. Allocates all it will need.
  explicit TopK(size_t k) : k_(k) { heap_.reserve(k); }

  // A candidate with a key above this cannot enter (infinity until k are kept; NaN if the worst kept key is one).
  float threshold() const noexcept { return heap_.size() < k_ ? std::numeric_limits<float>::infinity() : heap_[0].key; }

  void push(Candidate candidate) noexcept {
    if (heap_.size() < k_) {
      heap_.push_back(candidate);
      if (heap_.size() == k_) std::make_heap(heap_.begin(), heap_.end(), nearer);
      return;
    }
    if (!nearer(candidate, heap_[0])) return;
    std::pop_heap(heap_.begin(), heap_.end(), nearer);
    heap_.back() = candidate;
    std::push_heap(heap_.begin(), heap_.end(), nearer);
  }

  void merge(const TopK& other, const Cancel* cancel) {
    constexpr size_t kPushesAPoll = 4096;
    for (size_t i = 0; i < other.heap_.size(); ++i) {
      if (i % kPushesAPoll == 0) poll(cancel);
      push(other.heap_[i]);
    }
  }

  // All kept candidates, best first. Ends the use as a heap.
  const std::vector<Candidate>& sort(const Cancel* cancel) {
    sort_nearest(&heap_, cancel);
    return heap_;
  }

 private:
  size_t k_;
  std::vector<Candidate> heap_;
};

}  // namespace voronode
