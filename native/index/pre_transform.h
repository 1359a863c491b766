// An index behind a chain of vector transforms (Faiss's IndexPreTransform): vectors and queries pass the chain on
// their way in. Offered so far: L2 normalisation ("L2norm,…"), which turns an inner product into the cosine.
#pragma once

#include "index/wrapper.h"

namespace voronode {

class VectorTransform {
 public:
  virtual ~VectorTransform() = default;
  virtual const char* kind() const noexcept = 0;  // Faiss's class name
  virtual size_t d_in() const noexcept = 0;
  virtual size_t d_out() const noexcept = 0;
  // n vectors from x (n × d_in) into out (n × d_out); x == out is allowed if d_in == d_out.
  virtual void apply(size_t n, const float* x, float* out) const noexcept = 0;
  // Whether `other`, of the same kind, does the same.
  virtual bool same_as(const VectorTransform& other) const noexcept = 0;
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
  bool same_as(const VectorTransform&) const noexcept override { return true; }  // the dimensions apart
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
class IndexPreTransform final : public Wrapper {
 public:
  // chain: in the order of application, each stage's d_out the next one's d_in, the last one's inner->d().
  IndexPreTransform(std::vector<std::unique_ptr<VectorTransform>> chain, const std::shared_ptr<Index>& inner);

  const char* kind() const noexcept override { return "IndexPreTransform"; }
  void add(size_t n, const float* x, const Cancel* cancel) override;
  void add_with_ids(size_t n, const float* x, const idx_t* ids, const Cancel* cancel) override;
  void search(size_t nq, const float* xq, size_t k, const SearchParams& params, float* distances,
              idx_t* labels) const override;
  // The radius is compared with cosines as they are answered: beyond 1 is none.
  void range_search(size_t nq, const float* xq, float radius, const SearchParams& params,
                    RangeResult* result) const override;
  // reconstruct() gives the stored, that is the transformed, vector (normalisation cannot be undone; Faiss does the
  // same).
  void merge_from(Index& other, idx_t add_id, const Cancel* cancel) override;
  void check_mergeable(const Index& other) const override;

  const std::vector<std::unique_ptr<VectorTransform>>& chain() const noexcept { return chain_; }

 protected:
  Clustering learn(size_t n, const float* x, const ClusteringParams& params, const Cancel* cancel,
                   const ClusteringProgress& progress) override;

 private:
  bool gives_cosines() const noexcept {
    return metric() == Metric::kInnerProduct && !chain_.empty() && chain_.back()->normalizes();
  }

  std::vector<std::unique_ptr<VectorTransform>> chain_;
};

}  // namespace voronode
