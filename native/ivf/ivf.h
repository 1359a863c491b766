// What all inverted-file indexes share: a quantizer that says to which of nlist lists a vector belongs
// (coarse_quantizer.h), the lists, and everything that does not depend on how a list's rows are coded, which is the codec's business.
//
// Ids. Each row has an int64 id, the caller's own (add_with_ids; any but -1, several rows may bear one) or running
// ones: a plain add goes on from the largest id there is. Inside a wrapper that numbers rows by position (IndexIDMap) they
// are the slots of the rows (storage/row_numbers.h), and the wrapper sees what it sees in IndexFlat; the order of rows in
// the lists has no part in it. Else removed rows lose their id (storage/inverted_lists.h), and a list with many of them
// is written anew, beside searches.
#pragma once

#include <atomic>
#include <functional>
#include <memory>

#include "clustering/kmeans.h"
#include "codec/row_codec.h"
#include "index/index.h"
#include "ivf/coarse_quantizer.h"
#include "ivf/list_source.h"
#include "sketch/list_sketches.h"
#include "storage/direct_map.h"
#include "storage/inverted_lists.h"

namespace voronode {

// Faiss's numbers, as they stand in files. What a file says is kept for the next file; reconstruct does without.
enum class DirectMapType : uint8_t { kNone = 0, kArray = 1, kHashtable = 2 };

// Lists to visit; what is above nlist visits all. Default: the index's own, IndexIVF::nprobe.
inline constexpr SearchParameter kNprobe{"nprobe", SearchParameter::Type::kInteger, 1, 9007199254740991};

class IndexIVF : public Index {
 public:
  size_t ntotal() const noexcept override { return numbers().counted() ? numbers().size() : lists_->size(); }
  size_t removed() const noexcept override {
    return numbers().counted() ? numbers().removed() : lists_->rows() - lists_->size();
  }
  MemoryUse memory_use() const noexcept override {
    const InvertedLists::Bytes bytes = lists_->bytes();
    return {.rows = bytes.codes,
            .sketches = bytes.groups,
            .ids = bytes.ids,
            .lists = bytes.lists,
            .centroids = coarse_.allocated_bytes(),
            .tables = direct_map_.table_bytes(),
            .mapped = lists_->adopted_bytes()};
  }
  bool is_trained() const noexcept override { return trained_.load(std::memory_order_acquire) && codec_->is_trained(); }

  // train() finds the centroids with k-means (10 iterations, spherical for inner products, as Faiss does) and puts them
  // into the quantizer; then learns what the codes need. A quantizer that came with nlist centroids keeps them; fewer
  // or more, from a file, are replaced. Does nothing where nothing is to be learned. kInvalidArgValue if n < nlist,
  // kUnsupported if there are vectors in the lists already, or if ids say which lists a file's centroids are of.
  ClusteringParams default_clustering() const noexcept override;

  // Labels: the largest id there is + 1, … (0, … if there is none). kNotTrained, also without any centroid;
  // kUnsupported if they would pass 2⁶³, or for a vector nearest to the centroid of a list that is not there.
  void add(size_t n, const float* x, const Cancel* cancel) override;
  void add_with_ids(size_t n, const float* x, const idx_t* ids, const Cancel* cancel) override;

  // Over the kNprobe lists nearest to each query, or all that have a centroid if these are fewer: among their rows the
  // answer is exact. kNotTrained; kUnsupported if one of them is not there.
  void search(size_t nq, const float* xq, size_t k, const SearchParams& params, float* distances,
              idx_t* labels) const override;
  void range_search(size_t nq, const float* xq, float radius, const SearchParams& params,
                    RangeResult* result) const override;
  double search_work(size_t nq, const SearchParams& params) const noexcept override;
  double add_work(size_t n) const noexcept override;
  // If several rows bear the id: one of them (which row came last is not kept). kUnsupported if the row is coded relative to a centroid that is not there.
  bool look_up_at(const RowNumbers::View& rows, idx_t id, float* x) const override;
  size_t look_up_all(size_t n, const idx_t* ids, float* x, const Cancel* cancel) const override;
  bool look_up_slot(size_t slot, float* x) const override { return look_up_own(static_cast<idx_t>(slot), x); }
  std::vector<idx_t> row_ids() const override;
  // Few ids are looked up; else all are gone over.
  size_t remove_ids(const IDSelector& selector, const Cancel* cancel) override;
  size_t upsert(const Rows& rows, Missing missing, const Cancel* cancel) override;
  void compact() override;
  bool numbered_by_position() const override;
  // The rows with these ids; the ids above move down. Rows keep their order, so that a file does not depend on when this
  // was. REQUIRES: numbered_by_position().
  void remove_rows(const std::vector<size_t>& slots) noexcept override;
  void reset() noexcept override;

  // kUnsupported also if the centroids are not equal, or of other lists. kNotTrained.
  void check_mergeable(const Index& other) const override;

  // Never null; its gate is this index's. An IndexFlat of the nlist centroids, none before the training; from a file
  // perhaps of others, or an IndexIDMap around it.
  const std::shared_ptr<Index>& quantizer() const noexcept { return quantizer_.shared(); }
  const CoarseQuantizer& coarse_quantizer() const noexcept { return coarse_; }
  size_t nlist() const noexcept { return lists_->nlist(); }
  // How many lists a search visits that does not say itself. May be changed at any time. kOutOfRange if 0.
  size_t nprobe() const noexcept { return nprobe_.load(std::memory_order_relaxed); }
  void set_nprobe(size_t nprobe);

  // The vectors of n codes of a list that lie together: where they are, or decoded into `room` (n × d). REQUIRES: the
  // list has a centroid, if codes are relative to it.
  const float* rows_of(size_t list, const uint8_t* codes, size_t n, float* room) const noexcept {
    return codec_->rows(codes, centroid(list), n, room);
  }

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
  // The same of lists whose codes stay where they are: for one part after the other, codes() says where, and fill() then
  // gets room for the ids. What they throw leaves the lists filled in part.
  using FindCodes = std::function<InvertedLists::Elsewhere(const Part& part)>;
  using FillIds = std::function<void(const Part& part, idx_t* ids)>;
  void adopt_lists(const std::vector<Part>& parts, const FindCodes& codes, const FillIds& fill);
  // Sketches of all rows, in this space: for each list that is not empty, find() says where its groups and its rest are.
  // REQUIRES: codes are rows, there are no sketches; kExclusive.
  struct Sketched {
    InvertedLists::Elsewhere groups;
    InvertedLists::Elsewhere rest;
  };
  using FindSketches = std::function<Sketched(size_t n)>;
  void adopt_sketches(std::unique_ptr<SketchSpace> space, const FindSketches& find);
  // Whether the quantizer is trained, whatever it holds. REQUIRES: kExclusive.
  void set_quantizer_trained(bool trained) noexcept { trained_.store(trained, std::memory_order_release); }

 protected:
  // Trained if there are nlist centroids. kUnsupported if the quantizer is wrapped already. space: of the sketches that
  // the lists keep, or null; only where codes are rows.
  IndexIVF(const CoarseQuantizer& quantizer, Metric metric, std::unique_ptr<RowCodec> codec,
           std::unique_ptr<SketchSpace> space);

  Clustering learn(size_t n, const float* x, const ClusteringParams& params, const Cancel* cancel,
                   const ClusteringProgress& progress) override;

  void merge_rows(Index& other, idx_t add_id, const Cancel* cancel) override;

  SearchParameters own_search_parameters() const noexcept override;

  RowCodec& codec() const noexcept { return *codec_; }

 private:
  const float* centroid(size_t list) const noexcept;  // where codes are relative to it, else null
  ListSource source(const SearchParams& params) const;
  bool look_up_own(idx_t id, float* x) const;
  void copy_row(const DirectMap::Found& found, idx_t id, float* x) const;
  using Places = std::vector<DirectMap::Place>;  // by list, then by row
  Places places_in(const IDSelector& selector, const Cancel* cancel) const;
  std::vector<idx_t> ids_at(const Places& places) const;
  // In the place of the rows at `old`. ids: null: running ones.
  void add_rows(const Rows& rows, const Places& old, const Cancel* cancel);
  void rewrite_lists(const Places& places) noexcept;
  void rewrite(const InvertedLists::List& list, size_t number);
  idx_t largest_id() noexcept;
  void settle_centre(size_t n, const std::function<const float*(size_t)>& row_at);
  void learn_code_alone(size_t n, const float* x, const Cancel* cancel);
  void rows_changed() noexcept;
  void no_array_map() noexcept;

  CoarseQuantizer coarse_;
  Owned quantizer_;             // what coarse_ looks into
  std::atomic<bool> trained_;   // the quantizer; what the codec learns it knows itself
  const bool quantizer_given_;  // with nlist centroids
  std::unique_ptr<RowCodec> codec_;
  std::unique_ptr<InvertedLists> lists_;
  ListSketches sketches_;
  DirectMap direct_map_;
  std::atomic<size_t> nprobe_{1};
  idx_t max_id_ = -1;         // the largest id, at least -1; what changes the lists uses it
  bool max_id_gone_ = false;  // the row that bore it was removed: it is less
  std::atomic<DirectMapType> direct_map_type_{DirectMapType::kNone};
};

}  // namespace voronode
