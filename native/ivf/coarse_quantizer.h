// What says to which of nlist lists a vector belongs: centroids in a flat index, and the list that each is of.
//
// As a rule centroid i is that of list i and there are nlist of them, or none before the training. Files may hold others
// (Faiss: shard_ivf_index_centroids): some centroids of a larger index, those of the first lists, or of the lists that
// the ids of an IndexIDMap around the flat index name; none at all; or more than there are lists. The number of a list
// that is not there is refused when it comes up, as in Faiss.
#pragma once

#include <memory>
#include <vector>

#include "index/flat.h"

namespace voronode {

// More lists are a mistake: an empty one takes 32 bytes and its centroid 4 d, and every search compares them all. (The
// largest that Faiss's guidelines speak of, for a billion vectors, has 2²⁰.)
inline constexpr size_t kMaxLists = size_t{1} << 24;

class CoarseQuantizer {
 public:
  // kOutOfRange unless 1 ≤ nlist ≤ kMaxLists; kUnsupported unless `index` is an IndexFlat with nlist vectors or none.
  CoarseQuantizer(const std::shared_ptr<Index>& index, size_t nlist);

  // For files: with any number of centroids. REQUIRES: 1 ≤ nlist ≤ kMaxLists; an IndexFlat, or an IndexIDMap around one
  // whose ids are not negative, those below nlist different; no more than kMaxLists vectors.
  static CoarseQuantizer restored(const std::shared_ptr<Index>& index, size_t nlist);

  const std::shared_ptr<Index>& index() const noexcept { return index_; }
  size_t nlist() const noexcept { return nlist_; }
  Metric metric() const noexcept { return flat_->metric(); }
  size_t count() const noexcept { return flat_->ntotal(); }  // of centroids
  bool mapped() const noexcept { return mapped_; }           // ids say which lists the centroids are of
  // Whether there is a centroid of a list that is not there.
  bool exceeds() const noexcept { return mapped_ ? exceeds_ : count() > nlist_; }
  size_t allocated_bytes() const noexcept;

  // The lists of the n ≤ count() centroids nearest to each of nq vectors (nq × d), nearest first: nq × n. kUnsupported
  // if one of them is not there.
  std::vector<idx_t> nearest(size_t nq, const float* x, size_t n, const Cancel* cancel) const;
  // The list of the nearest centroid of each of n vectors: nearest(n, x, 1), sooner for many. REQUIRES: count() ≥ 1.
  void assign(size_t n, const float* x, uint32_t* lists, const Cancel* cancel) const;

  // Whether a list has a centroid, and which of them it is.
  bool has(size_t list) const noexcept { return mapped_ ? rows_[list] != kNone : list < count(); }
  size_t row_of(size_t list) const noexcept { return mapped_ ? rows_[list] : list; }

  Blocks<float>::View view() const noexcept { return flat_->rows().view(); }
  std::vector<float> centroids() const;  // side by side
  // Whether the same vectors are the centroids of the same lists.
  bool same_as(const CoarseQuantizer& other) const;

 private:
  static constexpr uint32_t kNone = 0xFFFFFFFF;

  CoarseQuantizer(std::shared_ptr<Index> index, const IndexFlat* flat, size_t nlist);
  std::vector<idx_t> lists() const;  // of each centroid
  uint32_t checked(idx_t list) const;

  std::shared_ptr<Index> index_;
  const IndexFlat* flat_;  // in it, or itself
  size_t nlist_;
  bool mapped_ = false;
  bool exceeds_ = false;
  std::vector<idx_t> lists_;    // where mapped: of each centroid
  std::vector<uint32_t> rows_;  // likewise, the centroid of each list, or kNone
};

}  // namespace voronode
