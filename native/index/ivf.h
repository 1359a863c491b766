// What all inverted-file indexes share: a quantizer that says to which of nlist lists a vector belongs, the lists, and
// everything that does not depend on how a list's rows are coded.
//
// Ids. Each row has an int64 id, the caller's own (add_with_ids; any but -1, several rows may bear one) or running
// ones: a plain add goes on from the largest id there is. While nothing but add and remove_rows changes an index, its
// ids are 0 … ntotal - 1, so wrappers that number rows by position (IndexIDMap) see what they see in IndexFlat; the
// order of rows in the lists has no part in it.
#pragma once

#include <atomic>
#include <functional>
#include <memory>

#include "clustering/kmeans.h"
#include "index/index.h"
#include "sketch/maker.h"
#include "storage/direct_map.h"
#include "storage/inverted_lists.h"

namespace voronode {

// Faiss's numbers, as they stand in files. What a file says is kept for the next file; reconstruct does without.
enum class DirectMapType : uint8_t { kNone = 0, kArray = 1, kHashtable = 2 };

// More lists are a mistake: an empty one takes 32 bytes and its centroid 4 d, and every search compares them all. (The
// largest that Faiss's guidelines speak of, for a billion vectors, has 2²⁰.)
inline constexpr size_t kMaxLists = size_t{1} << 24;

class IndexIVF : public Index {
 public:
  size_t ntotal() const noexcept override { return lists_->size(); }
  size_t allocated_bytes() const noexcept override { return lists_->allocated_bytes() + quantizer_->allocated_bytes(); }
  bool is_trained() const noexcept override { return quantizer_->ntotal() == nlist() && code_is_trained(); }

  // Finds the centroids with k-means (10 iterations, spherical for inner products, as Faiss does) and puts them into
  // the quantizer; then learns what the codes need. A quantizer that came with nlist centroids keeps them. Does nothing
  // where nothing is to be learned. kInvalidArgValue if n < nlist, kUnsupported if there are vectors in the lists
  // already. REQUIRES: kExclusive.
  void train(size_t n, const float* x, const Cancel* cancel) override;
  // The same with one's own parameters; what k-means found (empty if there was nothing to do).
  Clustering train(size_t n, const float* x, const ClusteringParams& params, const Cancel* cancel,
                   const ClusteringProgress& progress = nullptr) override;
  ClusteringParams default_clustering() const noexcept override;

  // Labels: the largest id there is + 1, … (0, … if there is none). kNotTrained; kUnsupported if they would pass 2⁶³.
  void add(size_t n, const float* x, const Cancel* cancel) override;
  void add_with_ids(size_t n, const float* x, const idx_t* ids, const Cancel* cancel) override;

  // Over the params.nprobe lists nearest to each query: among their rows the answer is exact. kNotTrained.
  void search(size_t nq, const float* xq, size_t k, const SearchParams& params, float* distances,
              idx_t* labels) const override;
  void range_search(size_t nq, const float* xq, float radius, const SearchParams& params,
                    RangeResult* result) const override;
  // If several rows bear the id: the last in the order of lists and of rows in a list (which row came last is not
  // kept).
  void reconstruct(idx_t id, float* x) const override;
  // The last rows of a list move into the holes, as Faiss does it; the rest stay where they are.
  size_t remove_ids(const IDSelector& selector, const Cancel* cancel) override;
  bool numbered_by_position() const override;
  // The rows with these ids; the ids above move down. REQUIRES: numbered_by_position().
  void remove_rows(const std::vector<size_t>& rows) noexcept override;
  void reset() noexcept override;

  // Moves all rows of `other` here, `add_id` added to their ids; `other` is empty afterwards. kUnsupported unless both
  // are of one kind with equal centroids; kOutOfRange if an id would overflow or become -1. REQUIRES: kExclusive of
  // both.
  void merge_from(IndexIVF& other, idx_t add_id, const Cancel* cancel);

  // Never null; flat; its gate is this index's. Holds the nlist centroids, or none before the training.
  const std::shared_ptr<Index>& quantizer() const noexcept { return quantizer_; }
  size_t nlist() const noexcept { return lists_->nlist(); }
  // How many lists a search visits that does not say itself. May be changed at any time. kOutOfRange if 0.
  size_t nprobe() const noexcept { return nprobe_.load(std::memory_order_relaxed); }
  void set_nprobe(size_t nprobe);

  // The vectors of n codes of a list that lie together: where they are, or decoded into `room` (n × d).
  virtual const float* rows_of(size_t list, const uint8_t* codes, size_t n, float* room) const noexcept = 0;

  // The keys (kernels.h) of these vectors for the query x, of size n: what one gets from rows_of, perhaps sooner.
  virtual void keys_of(size_t list, const float* x, const uint8_t* codes, size_t n, float* out) const noexcept = 0;

  virtual bool codes_are_rows() const noexcept { return false; }  // rows_of needs no room

  // What sketches in the lists are made with; null: none are kept. Settled once a list has groups.
  const SketchSpace* sketch_space() const noexcept { return space_.get(); }

  size_t list_size(size_t list) const;  // kOutOfRange
  std::vector<size_t> list_sizes() const { return lists_->list_sizes(); }
  // nlist · Σ size² / ntotal²: 1 if all lists are equal, nlist if one has everything; 1 for an empty index.
  double imbalance() const;

  // ---- For files ----
  // A save that runs beside an add must see all lists at one moment: lists().view() does; its sizes add up to the
  // ntotal to be written.
  const InvertedLists& lists() const noexcept { return *lists_; }
  // Becomes kNone when the ids cease to be 0 … ntotal - 1 in the order of adding, as an array of them needs.
  DirectMapType direct_map_type() const noexcept { return direct_map_type_.load(std::memory_order_relaxed); }
  void set_direct_map_type(DirectMapType type) noexcept { direct_map_type_.store(type, std::memory_order_relaxed); }
  // Fills empty lists, all different, with count ≥ 1 rows each: fill gets, for one part after the other, room for so
  // many codes (of code_size bytes) and ids, none of which may be -1. What fill throws is passed on, all lists then
  // stay empty. REQUIRES: kExclusive.
  using Part = InvertedLists::Addition::Part;
  using Fill = std::function<void(const Part& part, uint8_t* codes, idx_t* ids)>;
  void restore_lists(const std::vector<Part>& parts, const Fill& fill, const Cancel* cancel);

 protected:
  // kUnsupported for a quantizer that does not fit: not flat, wrapped already, with vectors but not nlist of them. The
  // lists come as an argument: once the quantizer is marked as wrapped, nothing may fail.
  // sketches: null, or what the lists keep groups of; only where codes are the vectors themselves.
  IndexIVF(std::shared_ptr<Index> quantizer, Metric metric, std::unique_ptr<InvertedLists> lists,
           std::unique_ptr<SketchSpace>&& space);
  // kOutOfRange unless 1 ≤ nlist ≤ kMaxLists.
  static std::unique_ptr<InvertedLists> make_lists(size_t nlist, size_t code_size, size_t group_bytes = 0,
                                                   size_t rest_bytes = 0);

  // One vector of a list into its code.
  virtual void encode(size_t list, const float* x, uint8_t* code) const noexcept = 0;
  // Throws if one of n vectors, which go to these lists, has no code.
  virtual void check_encodable(size_t n, const float* x, const uint32_t* lists) const;
  // Whether `other` codes vectors as this index does; both are of one kind.
  virtual bool same_coding(const IndexIVF& other) const noexcept = 0;

  // Kinds whose codes have parameters of their own: what n vectors and the nlist centroids (nlist × d) teach, and
  // keeping it.
  virtual bool code_is_trained() const noexcept { return true; }  // any thread, any time
  virtual bool code_learns() const noexcept { return false; }
  virtual std::vector<float> learn_code(size_t n, const float* x, const float* centroids, const Cancel* cancel) const;
  virtual void set_code(std::vector<float>&& learned) noexcept;

  const float* centroid(size_t list) const noexcept;  // REQUIRES: the centroids are there
  void require_trained() const;

 private:
  void add_rows(size_t n, const float* x, const idx_t* ids, const Cancel* cancel);
  void assign(size_t n, const float* x, uint32_t* lists, const Cancel* cancel) const;
  void settle_centre(size_t n, const std::function<const float*(size_t)>& row_at);
  void sketch(const InvertedLists::Addition& addition, size_t part, SketchMaker& maker) const noexcept;
  void tidy(const std::vector<Part>& parts) noexcept;
  void resketch(size_t list) noexcept;
  void check_mergeable(const IndexIVF& other) const;
  void learn_code_alone(size_t n, const float* x, const Cancel* cancel);
  static idx_t moved_id(idx_t id, idx_t add_id);
  void rows_changed() noexcept;
  void no_array_map() noexcept;

  std::shared_ptr<Index> quantizer_;
  bool quantizer_given_;  // with its centroids
  std::unique_ptr<InvertedLists> lists_;
  std::unique_ptr<SketchSpace> space_;
  bool centre_settled_ = false;
  DirectMap direct_map_;
  std::atomic<size_t> nprobe_{1};
  idx_t max_id_ = -1;  // the largest id, at least -1; adds, and what is exclusive, use it
  std::atomic<DirectMapType> direct_map_type_{DirectMapType::kNone};
};

}  // namespace voronode
