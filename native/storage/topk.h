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

  void merge(const TopK& other) noexcept {
    for (const Candidate& candidate : other.heap_) push(candidate);
  }

  // All kept candidates, best first. Ends the use as a heap.
  const std::vector<Candidate>& sort() noexcept {
    std::sort(heap_.begin(), heap_.end(), nearer);
    return heap_;
  }

 private:
  size_t k_;
  std::vector<Candidate> heap_;
};

}  // namespace voronode
