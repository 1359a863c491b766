// An index behind a chain of vector transforms (Faiss's IndexPreTransform): vectors and queries pass the chain on their
// way in, and what is reconstructed passes it backwards on its way out.
#pragma once

#include <atomic>

#include "index/wrapper.h"
#include "transform/vector_transform.h"

namespace voronode {

// Where the chain ends with a normalisation, inner products are cosines, and rounding carries some a bit beyond 1. They
// are answered within [-1, 1], so that their arc cosine is a number (Faiss answers with 1.0000001). That changes
// nothing of their order, which is the inner index's: what becomes equal stays as it was ordered before.
class IndexPreTransform final : public Wrapper {
 public:
  // chain: in the order of application, each stage's d_out the next one's d_in, the last one's inner->d().
  IndexPreTransform(TransformChain chain, const std::shared_ptr<Index>& inner);

  const char* kind() const noexcept override { return "IndexPreTransform"; }
  bool is_trained() const noexcept override {
    return chain_trained_.load(std::memory_order_acquire) && base().is_trained();
  }
  MemoryUse memory_use() const noexcept override {
    return base().memory_use() + MemoryUse{.transforms = chain_bytes_.load(std::memory_order_relaxed)};
  }
  void add(size_t n, const float* x, const Cancel* cancel) override;
  void add_with_ids(size_t n, const float* x, const idx_t* ids, const Cancel* cancel) override;
  void search(size_t nq, const float* xq, size_t k, const SearchParams& params, float* distances,
              idx_t* labels) const override;
  // Covariances and eigenvectors are done in double precision, the latter in several passes.
  double train_work(size_t n, size_t niter) const noexcept override {
    const double own = static_cast<double>(d());
    return base().train_work(n, niter) + own * own * (static_cast<double>(n) + 20 * own);
  }
  // The radius is compared with cosines as they are answered: beyond 1 is none.
  void range_search(size_t nq, const float* xq, float radius, const SearchParams& params,
                    RangeResult* result) const override;
  // The stored vector, back through the chain as far as each transform can be undone (VectorTransform::reverse).
  bool look_up_at(const RowNumbers::View& rows, idx_t id, float* x) const override;
  size_t look_up_all(size_t n, const idx_t* ids, float* x, const Cancel* cancel) const override;
  bool look_up_slot(size_t slot, float* x) const override;
  size_t upsert(const Rows& rows, Missing missing, const Cancel* cancel) override;
  void check_mergeable(const Index& other) const override;

  // REQUIRES: kRead.
  const TransformChain& chain() const noexcept { return chain_; }

 protected:
  // Trains the stages that are not trained, each on what comes out of those before it, then the inner index. As in
  // Faiss, a stage that is trained stays as it is.
  Clustering learn(size_t n, const float* x, const ClusteringParams& params, const Cancel* cancel,
                   const ClusteringProgress& progress) override;
  void merge_rows(Index& other, idx_t add_id, const Cancel* cancel) override;

 private:
  template <class Find>
  bool reversed(const Find& find, float* x) const;
  bool gives_cosines() const noexcept {
    return metric() == Metric::kInnerProduct && !chain_.empty() && chain_.back()->normalizes();
  }
  void take(TransformChain chain) noexcept;

  TransformChain chain_;
  std::atomic<bool> chain_trained_{true};
  std::atomic<size_t> chain_bytes_{0};
};

}  // namespace voronode
