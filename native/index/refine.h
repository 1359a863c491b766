// Faiss's IndexRefine: a base index finds candidates, the vectors themselves, kept beside it as float32 (IndexRefineFlat)
// or in finer codes than the base's, put them in order. What it answers are exact distances to the vectors as they are
// kept; only which vectors it answers with depends on the base.
//
// The base numbers its rows by position, and so does this index; both know them by their slots. Rows come before what the base makes of them: a search
// beside an add never meets a candidate without one. Which of several candidates that the base finds equally near make
// up the number is the base's choice, so positions decide it, even inside an IndexIDMap; the answer is in the order of
// the labels.
#pragma once

#include <atomic>

#include "index/flat_codes.h"
#include "index/wrapper.h"
#include "kernels/kernels.h"

namespace voronode {

// Candidates per neighbour. Faiss reads no file whose factor lies beyond. Default: IndexRefine::k_factor.
inline constexpr SearchParameter kKFactor{"kFactor", SearchParameter::Type::kNumber, 1, 1000};

class IndexRefine final : public Wrapper {
 public:
  // The factor as float32. kOutOfRange unless it is within the range of kKFactor.
  static float checked_factor(double k_factor);

  // What, in an index that is to be the base or the index itself, stands in the way: a map of ids, another refinement.
  // Null if nothing does.
  static const Index* obstacle(const Index& base) noexcept;

  // Wraps an empty index without an obstacle (kUnsupported otherwise, or if it is wrapped already).
  explicit IndexRefine(const std::shared_ptr<Index>& base);
  // Keeps the vectors in codes.
  IndexRefine(const std::shared_ptr<Index>& base, ScalarCode code);

  // For files: a base that is filled, and the vector of each of its rows, without sketches, which nobody would use.
  // REQUIRES: base->numbered_by_position().
  static std::shared_ptr<IndexRefine> from_parts(const std::shared_ptr<Index>& base,
                                                 std::shared_ptr<IndexFlatCodes> rows);

  const char* kind() const noexcept override { return coded_ ? "IndexRefine" : "IndexRefineFlat"; }
  bool is_trained() const noexcept override { return base().is_trained() && rows_->is_trained(); }
  MemoryUse memory_use() const noexcept override { return base().memory_use() + rows_->memory_use(); }
  void add(size_t n, const float* x, const Cancel* cancel) override;
  // As every kind that numbers its rows: kUnsupported.
  void add_with_ids(size_t, const float*, const idx_t*, const Cancel*) override { refuse_ids(); }

  // The k best of k · k_factor candidates (rounded down, as in Faiss; at least k).
  void search(size_t nq, const float* xq, size_t k, const SearchParams& params, float* distances,
              idx_t* labels) const override;
  // A larger k has more candidates.
  bool answers_nest() const noexcept override { return false; }
  // Those within the radius of the candidates that the base finds within a radius k_factor times as wide.
  void range_search(size_t nq, const float* xq, float radius, const SearchParams& params,
                    RangeResult* result) const override;

  // As the base class does it, for what numbers its rows.
  // NOLINTBEGIN(bugprone-parent-virtual-call): the wrapper's own asks the base, which does not have the vectors.
  bool look_up_at(const RowNumbers::View& rows, idx_t id, float* x) const override {
    return Index::look_up_at(rows, id, x);
  }
  bool look_up_slot(size_t slot, float* x) const override { return rows_->look_up_slot(slot, x); }
  size_t remove_ids(const IDSelector& selector, const Cancel* cancel) override {
    return Index::remove_ids(selector, cancel);
  }
  size_t upsert(const Rows& rows, Missing missing, const Cancel* cancel) override {
    return Index::upsert(rows, missing, cancel);
  }
  // NOLINTEND(bugprone-parent-virtual-call)
  void remove_rows(const std::vector<size_t>& slots) noexcept override;
  void move_rows(const RowMove& move) noexcept override;
  void keep_rows(size_t n) noexcept override;
  void reset() noexcept override;
  void check_mergeable(const Index& other) const override;
  bool refines() const noexcept override { return true; }

  // Of searches that do not say themselves. May be changed at any time; 1 to begin with.
  float k_factor() const noexcept { return k_factor_.load(std::memory_order_relaxed); }
  void set_k_factor(float k_factor) noexcept { k_factor_.store(k_factor, std::memory_order_relaxed); }

  // By slots; those of an add under way may be among them.
  const IndexFlatCodes& rows() const noexcept { return *rows_; }

 protected:
  Clustering learn(size_t n, const float* x, const ClusteringParams& params, const Cancel* cancel,
                   const ClusteringProgress& progress) override;
  void merge_rows(Index& other, idx_t add_id, const Cancel* cancel) override;
  SearchParameters own_search_parameters() const noexcept override;

 private:
  IndexRefine(const std::shared_ptr<Index>& base, std::shared_ptr<IndexFlatCodes> rows);
  float factor_of(const SearchParams& params) const noexcept;

  std::shared_ptr<IndexFlatCodes> rows_;
  bool coded_;
  std::atomic<float> k_factor_{1};
};

}  // namespace voronode
