// An index around another one: what it does not change it leaves to that.
//
// A constructor of a wrapper ends with commit(): until then a failure leaves the wrapped index as it was.
#pragma once

#include "base/poll.h"
#include "index/index.h"

namespace voronode {

class Wrapper : public Index {
 public:
  size_t ntotal() const noexcept override { return base_->ntotal(); }
  size_t removed() const noexcept override { return base_->removed(); }
  bool is_trained() const noexcept override { return base_->is_trained(); }
  MemoryUse memory_use() const noexcept override { return base_->memory_use(); }
  ClusteringParams default_clustering() const noexcept override { return base_->default_clustering(); }
  void add(size_t n, const float* x, const Cancel* cancel) override { base_->add(n, x, cancel); }
  void add_with_ids(size_t n, const float* x, const idx_t* ids, const Cancel* cancel) override {
    base_->add_with_ids(n, x, ids, cancel);
  }
  void search(size_t nq, const float* xq, size_t k, const SearchParams& params, float* distances,
              idx_t* labels) const override {
    base_->search(nq, xq, k, params, distances, labels);
  }
  double search_work(size_t nq, const SearchParams& params) const noexcept override {
    return base_->search_work(nq, params);
  }
  double add_work(size_t n) const noexcept override { return base_->add_work(n); }
  double train_work(size_t n, size_t niter) const noexcept override { return base_->train_work(n, niter); }
  bool answers_nest() const noexcept override { return base_->answers_nest(); }
  void range_search(size_t nq, const float* xq, float radius, const SearchParams& params,
                    RangeResult* result) const override {
    base_->range_search(nq, xq, radius, params, result);
  }
  bool look_up_at(const RowNumbers::View& rows, idx_t id, float* x) const override {
    return base_->look_up_at(rows, id, x);
  }
  size_t look_up_all(size_t n, const idx_t* ids, float* x, const Cancel* cancel) const override {
    return numbers().counted() ? Index::look_up_all(n, ids, x, cancel) : base_->look_up_all(n, ids, x, cancel);
  }
  std::vector<idx_t> row_ids() const override { return base_->row_ids(); }
  bool look_up_slot(size_t slot, float* x) const override { return base_->look_up_slot(slot, x); }
  size_t remove_ids(const IDSelector& selector, const Cancel* cancel) override {
    return base_->remove_ids(selector, cancel);
  }
  size_t upsert(const Rows& rows, Missing missing, const Cancel* cancel) override {
    return base_->upsert(rows, missing, cancel);
  }
  void compact() override {
    if (numbers().counted()) return Index::compact();
    base_->compact();
  }
  bool numbered_by_position() const override { return base_->numbered_by_position(); }
  void remove_rows(const std::vector<size_t>& slots) noexcept override { base_->remove_rows(slots); }
  void reset() noexcept override { base_->reset(); }
  bool moves_rows() const noexcept override { return base_->moves_rows(); }
  void move_rows(const RowMove& move) noexcept override { base_->move_rows(move); }
  void keep_rows(size_t n) noexcept override { base_->keep_rows(n); }
  std::shared_ptr<Index> inner() const noexcept override { return base_.shared(); }

 protected:
  // d: of what goes in. kUnsupported if the index is wrapped already.
  Wrapper(size_t d, std::shared_ptr<Index> index)
      : Index(d, index->metric(), *index, SameRows::kYes), base_(std::move(index)) {}
  void commit() noexcept { base_.commit(); }

  Clustering learn(size_t n, const float* x, const ClusteringParams& params, const Cancel* cancel,
                   const ClusteringProgress& progress) override {
    return base_->train(n, x, params, cancel, progress);
  }
  void check_mergeable(const Index& other) const override {
    Index::check_mergeable(other);
    base_->check_mergeable(*other.inner());
  }

  Index& base() const noexcept { return *base_; }
  // For wrappers that know rows by their slots, before commit().
  void count_rows() noexcept { numbers().count_from(base_->ntotal()); }

 private:
  Owned base_;
};

// The outermost of an index and what it wraps that has a role (maps_ids, refines); null if none has.
const Index* with_role(const Index& index, bool (Index::*role)() const noexcept) noexcept;

// The index that is in all others: itself if it wraps none.
template <class I>
I& innermost(I& index) noexcept {
  I* at = &index;
  while (Index* const inner = at->inner().get()) at = inner;
  return *at;
}

// Throws kUnsupported unless `index` has as many rows as the wrapper knows something of: none, but for files.
// `wrapper`: the kind, for the message.
void check_row_count(const char* wrapper, const Index& index, size_t rows);

// What a map of so many ids or keys can go around: an index that numbers its rows, and has as many. kUnsupported otherwise.
// `map`: the kind, for the message.
std::shared_ptr<Index> mappable_rows(const char* map, std::shared_ptr<Index> index, size_t rows);

// The slots, ascending, of rows whose label(slot, position) is in `selector`.
template <class Label>
std::vector<size_t> slots_with(const IDSelector& selector, const RowNumbers::View& rows, const Cancel* cancel,
                               const Label& label) {
  constexpr size_t kRowsAPoll = size_t{1} << 16;
  std::vector<size_t> slots;
  size_t position = 0;
  rows.for_each_run([&](size_t begin, size_t end) {
    for (size_t slot = begin; slot < end; ++slot, ++position) {
      if (position % kRowsAPoll == 0) poll(cancel);
      if (selector.is_member(static_cast<idx_t>(label(slot, position)))) slots.push_back(slot);
    }
  });
  check(cancel);
  return slots;
}

}  // namespace voronode
