// What every kind of index is. Vectors are float32, row-major: component j of vector i is x[i * d + j].
//
// Contracts that hold for every method and are not repeated:
//  - Failure is an Error; a failed call changes nothing (strong guarantee).
//  - Components are finite: the caller has checked them with check_finite (validation belongs at the door; past it, a
//    NaN sorts last and nothing worse happens).
//  - REQUIRES notes the Access of gate() that the caller holds. The methods take no lock on their own.
//  - Outputs are caller-allocated unless said otherwise.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/backing.h"
#include "base/cancel.h"
#include "base/gate.h"
#include "clustering/kmeans.h"
#include "filter/selector.h"
#include "index/memory_use.h"
#include "index/search_parameter.h"
#include "storage/metric.h"
#include "storage/row_numbers.h"

namespace voronode {

class IdTable;

class SearchParams {
 public:
  const IDSelector* filter = nullptr;  // only these ids; null: all
  const IdTable* ids = nullptr;        // the label of the row in slot i is ids[i]; null: the row's own id
  const Cancel* cancel = nullptr;
  // The rows to search, as an index around this one saw them, which labels by slots. Null: those of now. Filters and
  // ties go by the label.
  const RowNumbers::View* slots = nullptr;

  // What the caller chose; `otherwise`, as a rule the index's own value, if nothing. What no kind asks for is ignored.
  double get(const SearchParameter& parameter, double otherwise) const noexcept;
  void set(const SearchParameter& parameter, double value);  // REQUIRES: not less than its min, not NaN
  bool same_choices(const SearchParams& other) const noexcept;

 private:
  struct Choice {
    const SearchParameter* parameter;
    double value;
  };
  std::vector<Choice> choices_;  // at most one for each parameter
};

// Per query i the entries [lims[i], lims[i+1]) of labels and distances, best first, ties by the smaller id.
struct RangeResult {
  std::vector<size_t> lims;
  std::vector<idx_t> labels;
  std::vector<float> distances;
};

class Index {
 public:
  virtual ~Index() = default;
  Index(const Index&) = delete;
  Index& operator=(const Index&) = delete;

  // The name of the kind's public class: "IndexFlat", "IndexIDMap", "IndexIDMap2", ….
  virtual const char* kind() const noexcept = 0;
  size_t d() const noexcept { return d_; }
  Metric metric() const noexcept { return metric_; }
  virtual size_t ntotal() const noexcept { return numbers_->size(); }  // any thread; grows when an add is complete
  virtual bool is_trained() const noexcept { return true; }

  // What is allocated, filled or not. Any thread, any time, and quick: asked after each change.
  virtual MemoryUse memory_use() const noexcept = 0;
  // All that grows with an index: not the tables that reconstruct and filters make.
  size_t allocated_bytes() const noexcept { return memory_use().allocated(); }

  // n vectors, x of size n * d; labels ntotal, ntotal + 1, …  REQUIRES: kAppend.
  virtual void add(size_t n, const float* x, const Cancel* cancel) = 0;

  // The same with the caller's ids, of size n, none of them -1 (kOutOfRange). REQUIRES: kAppend.
  virtual void add_with_ids(size_t n, const float* x, const idx_t* ids, const Cancel* cancel);

  // Learns what the kind needs to know of vectors before it takes any; kinds that do not cluster ignore the choices for
  // the clustering. What was found; empty if nothing was clustered. REQUIRES: kExclusive.
  Clustering train(size_t n, const float* x, const ClusteringParams& params, const Cancel* cancel,
                   const ClusteringProgress& progress = nullptr) {
    compact();
    return learn(n, x, params, cancel, progress);
  }
  Clustering train(size_t n, const float* x, const Cancel* cancel) {
    return train(n, x, default_clustering(), cancel, nullptr);
  }
  virtual ClusteringParams default_clustering() const noexcept { return {}; }

  // The k nearest of nq queries: distances and labels of size nq * k, best first in each row, equal distances by the
  // smaller label, padded with label -1 and distance ±FLT_MAX (Faiss: + for L2, - for IP). On failure the outputs are
  // unspecified. k ≥ 1. REQUIRES: kRead.
  virtual void search(size_t nq, const float* xq, size_t k, const SearchParams& params, float* distances,
                      idx_t* labels) const = 0;

  // Multiply-adds that a search, an add or a training takes, roughly: what waits is put in order by it. Any thread, any
  // time.
  virtual double search_work(size_t nq, const SearchParams&) const noexcept {
    return static_cast<double>(nq) * static_cast<double>(ntotal()) * static_cast<double>(d());
  }
  virtual double train_work(size_t n, size_t niter) const noexcept { return static_cast<double>(niter) * add_work(n); }
  virtual double add_work(size_t n) const noexcept { return static_cast<double>(n) * static_cast<double>(d()); }

  // Whether what a search finds for a smaller k is the beginning of what it finds for a larger one.
  virtual bool answers_nest() const noexcept { return true; }

  // All rows with distance < radius (L2) or > radius (IP), strictly, as in Faiss. REQUIRES: kRead.
  virtual void range_search(size_t nq, const float* xq, float radius, const SearchParams& params,
                            RangeResult* result) const = 0;

  // Whether a row bears this id; its stored vector into x of size d, unless that is null. If several rows bear the id:
  // the one added last. REQUIRES: kRead.
  bool look_up(idx_t id, float* x) const { return look_up_at(numbers_->view(), id, x); }
  // The same among these rows, where rows are counted (numbers()).
  virtual bool look_up_at(const RowNumbers::View& rows, idx_t id, float* x) const;
  // The stored vectors under n ids, all of one moment, up to the first id that no row bears: how many. x: n * d.
  virtual size_t look_up_all(size_t n, const idx_t* ids, float* x, const Cancel* cancel) const;
  // The same by the slot of a row that is there. REQUIRES: kRead, numbers().counted().
  virtual bool look_up_slot(size_t slot, float* x) const = 0;
  bool has(idx_t id) const { return look_up(id, nullptr); }
  // The same, kOutOfRange if there is none. Of n ids: x of size n * d (Faiss: reconstruct_batch).
  void reconstruct(idx_t id, float* x) const;
  void reconstruct(size_t n, const idx_t* ids, float* x, const Cancel* cancel) const;

  // The id of each row, in the order of addition where the kind keeps it, else ascending. REQUIRES: kRead.
  virtual std::vector<idx_t> row_ids() const;

  // Removes every row whose id is in `selector`; the rest keep their order. How many went. Searches go on beside it: each
  // sees all of these rows, or none. They lie there until compact(). REQUIRES: kAppend.
  virtual size_t remove_ids(const IDSelector& selector, const Cancel* cancel);

  // Adds n vectors under their ids, none of them -1, in the place of all rows that bear one of these; of vectors with one
  // id the last counts. A search beside it sees, of all of them, the old rows or the new ones. `missing`: what to do
  // about ids that no row bears (kRefuse: kOutOfRange). How many of the ids were there. kUnsupported by kinds that number
  // their rows. REQUIRES: kAppend.
  enum class Missing { kAdd, kRefuse };
  struct Rows {
    size_t n;
    const float* x;
    const idx_t* ids;
  };
  virtual size_t upsert(const Rows& rows, Missing missing, const Cancel* cancel);

  // Rows that were removed and still lie there. Any thread, any time.
  virtual size_t removed() const noexcept { return numbers_->removed(); }
  // Whether so many do that compact() pays (kDue), or that searches get slow (kOverdue).
  enum class Compaction { kNone, kDue, kOverdue };
  Compaction compaction() const noexcept;
  // A step of compacting, if that is due and nobody searches just now, or if the caller excludes searches. `held`: its
  // access. For after a change; without memory for it, or while somebody searches, rows stay where they are.
  void tidy(Access held) noexcept;
  // A step of compacting that moves so many bytes of vectors. May throw std::bad_alloc, and changes nothing then.
  // REQUIRES: kExclusive, not wrapped, moves_rows(), removed() > 0.
  void compact_some(size_t bytes);
  // Frees the memory of removed rows. May throw std::bad_alloc, and changes nothing then. REQUIRES: kExclusive, not
  // wrapped.
  virtual void compact();

  // Whether the labels are 0 … ntotal - 1, each once, as a wrapper needs that numbers rows by their position. Kinds
  // that take ids of the caller's own may say no, once there are some. REQUIRES: kRead.
  virtual bool numbered_by_position() const { return true; }

  // Takes the rows in these slots (ascending, unique), among them all that were removed, out of memory; the rest move up,
  // so that slots are positions again. Never fails: wrappers rely on it to stay in step with the index they wrap.
  // REQUIRES: kExclusive, numbered_by_position().
  virtual void remove_rows(const std::vector<size_t>& slots) noexcept = 0;

  // Compacting step by step: rows of all kinds around one storage move alike; then those from the n-th slot on are free.
  // Kinds that cannot do it compact in one go. REQUIRES: kExclusive, numbers().counted().
  virtual bool moves_rows() const noexcept { return false; }
  virtual void move_rows(const RowMove&) noexcept {}
  virtual void keep_rows(size_t /*n*/) noexcept {}

  // Removes all vectors, keeps the training. REQUIRES: kExclusive.
  virtual void reset() noexcept = 0;

  // Moves all rows of `other` behind the own, add_id added to their ids; `other` is empty afterwards. Kinds that number
  // their rows by position take an add_id of 0, as in Faiss, or of ntotal(), which is what is added. kUnsupported
  // unless check_mergeable(other), kOutOfRange for another add_id, or if an id would overflow or become -1. REQUIRES:
  // kExclusive of both, which are different indexes.
  void merge_from(Index& other, idx_t add_id, const Cancel* cancel);
  // Throws kUnsupported, and says what differs, unless both are of one kind, metric, d and training.
  virtual void check_mergeable(const Index& other) const;

  // What a search of this index can be told besides: the kind's own parameters and those of what it wraps. The objects
  // live for ever.
  std::vector<const SearchParameter*> search_parameters() const;

  // The index inside a wrapper (wrapper.h), else null. A wrapped index shares its wrapper's gate.
  virtual std::shared_ptr<Index> inner() const noexcept { return nullptr; }

  // What a wrapper must know of the index that it is to go around, of this kind alone (see with_role in wrapper.h).
  virtual bool maps_ids() const noexcept { return false; }
  virtual bool refines() const noexcept { return false; }

  Gate& gate() const noexcept { return *gate_; }
  // Of this index and those around it that number rows as it does.
  RowNumbers& numbers() const noexcept { return *numbers_; }

  // What its memory, or that of an index in it, is a part of; null: it is all its own. Set before anybody else knows the
  // index.
  const Backing* backing() const noexcept { return backing_.get(); }
  void set_backing(std::shared_ptr<const Backing> backing) noexcept { backing_ = std::move(backing); }
  // Throws kCorrupt if that is not any more what it was.
  void check_backing() const {
    if (backing_ != nullptr) backing_->check();
  }

  // True from the moment a wrapper was put around this index: it then changes through the wrapper only. Any thread; stays
  // as it is while the caller has any access to the gate.
  bool wrapped() const noexcept { return wrapped_.load(std::memory_order_acquire); }

 protected:
  // kOutOfRange unless 1 ≤ d ≤ kMaxDimension.
  Index(size_t d, Metric metric);
  // For an index around another: shares its gate, and its rows or not.
  enum class SameRows { kNo, kYes };
  Index(size_t d, Metric metric, const Index& inner, SameRows same);

  // The rows that a search of an index that numbers its rows goes over.
  RowNumbers::View searched_rows(const SearchParams& params) const {
    return params.slots != nullptr ? *params.slots : numbers_->view();
  }

  // merge_from of indexes that are compact.
  virtual void merge_rows(Index& other, idx_t add_id, const Cancel* cancel);

  void require_trained() const;  // kNotTrained

  // Of kinds that number their rows: kUnsupported.
  [[noreturn]] void refuse_ids() const;

  virtual Clustering learn(size_t n, const float* x, const ClusteringParams& params, const Cancel* cancel,
                           const ClusteringProgress& progress);

  // The kind's own, without those of what it wraps.
  virtual SearchParameters own_search_parameters() const noexcept { return {}; }

 private:
  friend class Owned;

  size_t d_;
  Metric metric_;
  std::atomic<bool> wrapped_{false};
  std::shared_ptr<Gate> gate_;
  std::shared_ptr<RowNumbers> numbers_;
  std::shared_ptr<const Backing> backing_;
};

// An index inside another one, which it changes through from here on. It is marked as wrapped when this is made
// (kUnsupported if it is wrapped already), and free again if this goes before commit(): if the making of the outer
// index fails.
class Owned {
 public:
  explicit Owned(std::shared_ptr<Index> index);
  ~Owned() {
    if (!committed_) index_->wrapped_.store(false, std::memory_order_release);
  }
  Owned(const Owned&) = delete;
  Owned& operator=(const Owned&) = delete;
  void commit() noexcept { committed_ = true; }

  Index& operator*() const noexcept { return *index_; }
  Index* operator->() const noexcept { return index_.get(); }
  const std::shared_ptr<Index>& shared() const noexcept { return index_; }

 private:
  std::shared_ptr<Index> index_;
  bool committed_ = false;
};

// Faiss stores d as int32; beyond a million components a vector is a mistake, and products of d stay far from overflow.
inline constexpr size_t kMaxDimension = size_t{1} << 20;

// Throws kInvalidArgValue naming row i and component j of the first NaN or infinity in x (n × d). `name` is the
// argument's name in the message: The value of "vectors" must be finite. Received NaN at row 3, component 17
void check_finite(const char* name, size_t n, size_t d, const float* x, const Cancel* cancel);

}  // namespace voronode
