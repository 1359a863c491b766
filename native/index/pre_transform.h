// An index behind a chain of vector transforms (Faiss's IndexPreTransform): vectors and queries pass the chain on
// their way in. Offered so far: L2 normalisation ("L2norm,…"), which turns an inner product into the cosine.
#pragma once

#include "index/index.h"

namespace voronode {

class VectorTransform {
 public:
  virtual ~VectorTransform() = default;
  virtual const char* kind() const noexcept = 0;  // Faiss's class name
  virtual size_t d_in() const noexcept = 0;
  virtual size_t d_out() const noexcept = 0;
  // n vectors from x (n × d_in) into out (n × d_out); x == out is allowed if d_in == d_out.
  virtual void apply(size_t n, const float* x, float* out) const noexcept = 0;
  // Whether all that comes out has the length 1 or 0.
  virtual bool normalizes() const noexcept { return false; }
};

class NormalizationTransform final : public VectorTransform {
 public:
  explicit NormalizationTransform(size_t d) noexcept : d_(d) {}
  const char* kind() const noexcept override { return "NormalizationTransform"; }
  size_t d_in() const noexcept override { return d_; }
  size_t d_out() const noexcept override { return d_; }
  void apply(size_t n, const float* x, float* out) const noexcept override;
  bool normalizes() const noexcept override { return true; }

 private:
  size_t d_;
};

// Scales each of n vectors (x: n × d, in place) to Euclidean length 1; zero vectors stay zero. Computed in double, so
// that neither huge nor tiny vectors overflow or vanish.
void normalize_l2(size_t n, size_t d, float* x) noexcept;

// Where the chain ends with a normalisation, inner products are cosines, and rounding carries some a bit beyond 1. They
// are answered within [-1, 1], so that their arc cosine is a number (Faiss answers with 1.0000001). That changes
// nothing of their order, which is the inner index's: what becomes equal stays as it was ordered before.
class IndexPreTransform final : public Index {
 public:
  // chain: in the order of application, each stage's d_out the next one's d_in, the last one's inner->d().
  IndexPreTransform(std::vector<std::unique_ptr<VectorTransform>> chain, std::shared_ptr<Index> inner);

  const char* kind() const noexcept override { return "IndexPreTransform"; }
  size_t ntotal() const noexcept override { return inner_->ntotal(); }
  bool is_trained() const noexcept override { return inner_->is_trained(); }
  size_t allocated_bytes() const noexcept override { return inner_->allocated_bytes(); }
  void add(size_t n, const float* x, const Cancel* cancel) override;
  void add_with_ids(size_t n, const float* x, const idx_t* ids, const Cancel* cancel) override;
  void train(size_t n, const float* x, const Cancel* cancel) override;
  ClusteringParams default_clustering() const noexcept override { return inner_->default_clustering(); }
  Clustering train(size_t n, const float* x, const ClusteringParams& params, const Cancel* cancel,
                   const ClusteringProgress& progress) override;
  void search(size_t nq, const float* xq, size_t k, const SearchParams& params, float* distances,
              idx_t* labels) const override;
  // The radius is compared with cosines as they are answered: beyond 1 is none.
  void range_search(size_t nq, const float* xq, float radius, const SearchParams& params,
                    RangeResult* result) const override;
  // The stored, that is the transformed, vector (normalisation cannot be undone; Faiss returns the same).
  void reconstruct(idx_t id, float* x) const override { inner_->reconstruct(id, x); }
  size_t remove_ids(const IDSelector& selector, const Cancel* cancel) override;
  bool numbered_by_position() const override { return inner_->numbered_by_position(); }
  void remove_rows(const std::vector<size_t>& rows) noexcept override { inner_->remove_rows(rows); }
  void reset() noexcept override { inner_->reset(); }
  std::shared_ptr<Index> inner() const noexcept override { return inner_; }

  const std::vector<std::unique_ptr<VectorTransform>>& chain() const noexcept { return chain_; }

 private:
  bool gives_cosines() const noexcept {
    return metric() == Metric::kInnerProduct && !chain_.empty() && chain_.back()->normalizes();
  }

  std::vector<std::unique_ptr<VectorTransform>> chain_;
  std::shared_ptr<Index> inner_;
};

}  // namespace voronode
