#include "index/flat_scalar_quantizer.h"

#include <algorithm>

#include "base/checked.h"
#include "base/thread_pool.h"
#include "index/answer.h"

namespace voronode {
namespace {

// Rows that a task encodes: some hundred microseconds.
constexpr size_t kTaskComponents = size_t{1} << 16;

class DecodedRows final : public StoredRows {
 public:
  DecodedRows(const ScalarCodec& codec, Blocks<uint8_t>::View codes) : codec_(codec), codes_(std::move(codes)) {}
  size_t size() const noexcept override { return codes_.size(); }
  const float* row(size_t i, float* room) const noexcept override {
    return codec_.rows(codes_.row(i), nullptr, 1, room);
  }
  void prefetch(size_t i) const noexcept override {
#if defined(__GNUC__)
    __builtin_prefetch(codes_.row(i));
#else
    (void)i;
#endif
  }

 private:
  const ScalarCodec& codec_;
  Blocks<uint8_t>::View codes_;
};

}  // namespace

IndexScalarQuantizer::IndexScalarQuantizer(size_t d, ScalarCode code, Metric metric)
    : IndexFlatCodes(d, metric), codec_(d, code, metric, false), codes_(codec_.code_size()) {}

std::vector<float> IndexScalarQuantizer::learn_codes(size_t n, const float* x, const Cancel* cancel) const {
  if (!codec_.learns()) return {};
  if (n == 0) throw Error(Code::kInvalidArgValue, "Training needs at least one vector. Received none");
  if (ntotal() != 0) {
    throw Error(Code::kUnsupported, format("This %s holds %zu vectors in codes of its training: call reset() before "
                                           "training it anew",
                                           kind(), ntotal()));
  }
  // Of all vectors, as in Faiss, where an inverted file takes a sample.
  return scalar_quantizer().learn(
      n, [&](size_t i, float* out) { std::copy_n(x + i * d(), d(), out); }, cancel);
}

Clustering IndexScalarQuantizer::learn(size_t n, const float* x, const ClusteringParams&, const Cancel* cancel,
                                       const ClusteringProgress&) {
  if (codec_.learns()) set_learned(learn_codes(n, x, cancel));
  return {};
}

void IndexScalarQuantizer::restore_trained(std::vector<float> trained, const RangeRule& rule) noexcept {
  codec_.set_learned(std::move(trained));
  range_rule_ = rule;
}

void IndexScalarQuantizer::add(size_t n, const float* x, const Cancel* cancel) {
  require_trained();
  check(cancel);
  codec_.check_encodable(n, x, [](size_t) { return nullptr; });
  codes_.reserve(n);
  const size_t begin = codes_.size();
  const size_t task = std::max<size_t>(1, kTaskComponents / d());
  ThreadPool::instance().parallel_for(ceil_div(n, task), cancel, [&](size_t t) {
    for (size_t i = t * task; i < std::min(n, (t + 1) * task); ++i) {
      codec_.encode(x + i * d(), nullptr, codes_.slot(begin + i));
    }
  });
  codes_.publish(n);
  numbers().appended(n);
}

FlatRows IndexScalarQuantizer::source(const SearchParams& params) const {
  FlatRows source{metric(), d(), searched_rows(params)};
  source.codec = &codec_;
  source.codes = codes_.view();
  return source;
}

void IndexScalarQuantizer::search(size_t nq, const float* xq, size_t k, const SearchParams& params, float* distances,
                                  idx_t* labels) const {
  require_trained();
  flat_search(source(params), nq, xq, k, params, distances, labels);
}

void IndexScalarQuantizer::range_search(size_t nq, const float* xq, float radius, const SearchParams& params,
                                        RangeResult* result) const {
  require_trained();
  flat_range_search(source(params), nq, xq, radius, params, result);
}

std::unique_ptr<StoredRows> IndexScalarQuantizer::stored_rows() const {
  return std::make_unique<DecodedRows>(codec_, codes_.view());
}

void IndexScalarQuantizer::append_rows(const IndexFlatCodes& other, const Cancel* cancel) {
  check(cancel);
  const auto rows = dynamic_cast<const IndexScalarQuantizer&>(other).codes_.view();
  codes_.reserve(rows.size());
  for (size_t b = 0; b < rows.block_count(); ++b) {
    const auto block = rows.block(b);
    codes_.fill(block.begin, block.rows, block.data);
  }
  codes_.publish(rows.size());
  numbers().appended(rows.size());
}

void IndexScalarQuantizer::check_mergeable(const Index& other) const {
  Index::check_mergeable(other);
  if (codec_.same_as(dynamic_cast<const IndexScalarQuantizer&>(other).codec_)) return;
  throw Error(Code::kUnsupported, "Only an index with the same codes and the same training can be merged");
}

}  // namespace voronode
