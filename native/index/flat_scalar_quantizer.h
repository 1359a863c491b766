// Faiss's IndexScalarQuantizer: every row in the codes of a scalar quantizer, all of them scanned by each search. A half
// to an eighth of the memory of IndexFlat. Its answers are exact for the rows as they are decoded, which reconstruct()
// shows; queries are not coded (Faiss truncates them, too, for SQ8_direct at d of a multiple of 16).
#pragma once

#include "codec/range_rule.h"
#include "codec/scalar_codec.h"
#include "index/flat_codes.h"
#include "index/flat_search.h"
#include "storage/blocks.h"

namespace voronode {

class IndexScalarQuantizer final : public IndexFlatCodes {
 public:
  IndexScalarQuantizer(size_t d, ScalarCode code, Metric metric);

  const char* kind() const noexcept override { return "IndexScalarQuantizer"; }
  MemoryUse memory_use() const noexcept override {
    return {.rows = codes_.allocated_bytes(), .mapped = codes_.adopted_bytes()};
  }
  bool is_trained() const noexcept override { return codec_.is_trained(); }

  // kNotTrained; kOutOfRange for a component that has no code.
  void add(size_t n, const float* x, const Cancel* cancel) override;
  void search(size_t nq, const float* xq, size_t k, const SearchParams& params, float* distances,
              idx_t* labels) const override;
  void range_search(size_t nq, const float* xq, float radius, const SearchParams& params,
                    RangeResult* result) const override;
  void remove_rows(const std::vector<size_t>& slots) noexcept override {
    codes_.remove(slots);
    numbers().restart(codes_.size());
  }
  void move_rows(const RowMove& move) noexcept override { codes_.move(move); }
  void keep_rows(size_t n) noexcept override {
    codes_.truncate(n);
    codes_.release_spare();
  }
  void reset() noexcept override {
    numbers().restart(0);
    codes_.clear();
  }
  void check_mergeable(const Index& other) const override;

  std::unique_ptr<StoredRows> stored_rows() const override;
  void append_rows(const IndexFlatCodes& other, const Cancel* cancel) override;
  void take_back(size_t n) noexcept override {
    numbers().restart(n);
    codes_.truncate(n);
  }
  // kInvalidArgValue without a vector, kUnsupported if there are rows, whose codes would mean something else.
  std::vector<float> learn_codes(size_t n, const float* x, const Cancel* cancel) const override;
  void set_learned(std::vector<float>&& learned) noexcept override { restore_trained(std::move(learned), {}); }

  const ScalarQuantizer& scalar_quantizer() const noexcept { return codec_.scalar_quantizer(); }

  // ---- For files ----
  const Blocks<uint8_t>& codes() const noexcept { return codes_; }
  const RangeRule& range_rule() const noexcept { return range_rule_; }
  // trained: of size trained_size(), or empty. REQUIRES: kExclusive, empty.
  void restore_trained(std::vector<float> trained, const RangeRule& rule) noexcept;
  // n rows in codes that lie elsewhere (Blocks::adopt). REQUIRES: trained, empty.
  void adopt_codes(size_t n, uint8_t* codes, const std::shared_ptr<void>& owner, size_t spare) {
    codes_.adopt(n, codes, owner, spare);
    numbers().appended(n);
  }
  // n rows in codes. REQUIRES: kAppend, trained.
  void append_codes(size_t n, const uint8_t* codes) {
    codes_.append(n, codes);
    numbers().appended(n);
  }

 protected:
  Clustering learn(size_t n, const float* x, const ClusteringParams& params, const Cancel* cancel,
                   const ClusteringProgress& progress) override;

 private:
  FlatRows source(const SearchParams& params) const;

  ScalarCodec codec_;
  RangeRule range_rule_;
  Blocks<uint8_t> codes_;
};

}  // namespace voronode
