// What every search does with the candidates that it has found, and by what rules it cuts its work: shared by flat
// search, inverted files, refinement and the kinds to come.
//
// Candidates bear keys, of which smaller is nearer; callers see sign · key, best first, in places of a fixed number (k)
// or one query behind the other (a range).
#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>
#include <vector>

#include "base/checked.h"
#include "base/free_memory.h"
#include "index/index.h"
#include "storage/topk.h"

namespace voronode {

// Memory of the heaps of one wave of queries, all threads together. Only a huge k needs more than one wave, only a huge
// index more memory for a single query: 16 bytes a row at the most.
inline constexpr size_t kMaxHeapBytes = size_t{256} << 20;

// Multiply-adds that make a second thread worth while: waking it costs tens of microseconds, a core does 50 G/s.
inline constexpr size_t kMinParallelFlops = size_t{1} << 20;

inline constexpr size_t ceil_div(size_t a, size_t b) noexcept { return (a + b - 1) / b; }
inline constexpr size_t round_to(size_t a, size_t unit) noexcept { return ceil_div(a, unit) * unit; }

// Rows, in whole groups of sketches, that a search for `kept` neighbours compares in float32 before it asks sketches,
// which dismiss nothing without a threshold: `least`, or twice as many as it keeps.
inline size_t seed_rows(size_t least, size_t kept) noexcept { return round_to(std::max(least, 2 * kept), kGroupRows); }

// The best of one query, best first, at most k, into its k places; what is missing is padding: label -1, and the
// farthest finite distance, as in Faiss.
void write_row(Metric metric, size_t k, const std::vector<Candidate>& best, float* distances, idx_t* labels) noexcept;

// The answer of a range search, query after query.
class RangeWriter {
 public:
  // Clears the result.
  RangeWriter(Metric metric, RangeResult* result);
  // So many more neighbours are to come: makes room. kNoMemory if there is none for them, here and in JavaScript's
  // memory.
  void expect(size_t n);
  // All of the next query, best first.
  void add(const std::vector<Candidate>& found, const Cancel* cancel);

 private:
  float sign_;
  RangeResult* result_;
  std::optional<MemoryClaim> claim_;
};

// found->push_back(candidate), what it allocates announced to the watch of the search: a range search may find every
// row for every query.
inline void keep(const Candidate& candidate, MemoryWatch* watch, std::vector<Candidate>* found) {
  constexpr size_t kFirst = 16;
  if (found->size() == found->capacity()) {
    const size_t room = std::max(kFirst, checked_mul(found->size(), 2));
    watch->grow(checked_mul(room, sizeof(Candidate)));
    found->reserve(room);
  }
  found->push_back(candidate);
}

}  // namespace voronode
