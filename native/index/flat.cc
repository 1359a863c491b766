#include "index/flat.h"

#include <algorithm>

#include "base/poll.h"
#include "base/thread_pool.h"
#include "index/flat_search.h"
#include "kernels/kernels.h"
#include "storage/prefetch.h"

namespace voronode {
namespace {

// Copied between two polls: half a millisecond, or several where memory is touched for the first time, which takes longest.
// That is what other threads help with.
constexpr size_t kCopyBytes = size_t{2} << 20;

class RowsInPlace final : public StoredRows {
 public:
  explicit RowsInPlace(Blocks<float>::View rows) : rows_(std::move(rows)) {}
  size_t size() const noexcept override { return rows_.size(); }
  const float* row(size_t i, float*) const noexcept override { return rows_.row(i); }
  void prefetch(size_t i) const noexcept override { prefetch_row(rows_.row(i), rows_.width()); }

 private:
  Blocks<float>::View rows_;
};

}  // namespace

IndexFlat::IndexFlat(size_t d, Metric metric, bool sketch) : IndexFlatCodes(d, metric), rows_(d) {
  if (sketch && sketchable(d, metric)) sketches_.emplace(d, metric);
}

bool IndexFlat::sketchable(size_t d, Metric metric) noexcept {
  return traits(metric).sketched && d >= kMinSketchDimension && d <= kMaxSketchDimension;
}

void IndexFlat::add(size_t n, const float* x, const Cancel* cancel) {
  check(cancel);
  rows_.reserve(n);
  const size_t piece = std::max<size_t>(1, kCopyBytes / (d() * sizeof(float)));
  ThreadPool::instance().parallel_for((n + piece - 1) / piece, cancel, [&](size_t i) {
    poll(cancel);
    const size_t at = i * piece;
    rows_.fill(at, std::min(piece, n - at), x + at * d());
  });
  if (sketches_) sketches_->prepare(rows_, n, cancel);
  rows_.publish(n);
  if (sketches_) sketches_->publish();
  numbers().appended(n);
}

FlatRows IndexFlat::source(const SearchParams& params) const {
  FlatRows source{metric(), d(), searched_rows(params)};
  if (sketches_) {
    source.sketches = &*sketches_;
    source.sketch_view = sketches_->view();
  }
  source.rows = rows_.view();
  return source;
}

void IndexFlat::search(size_t nq, const float* xq, size_t k, const SearchParams& params, float* distances,
                       idx_t* labels) const {
  flat_search(source(params), nq, xq, k, params, distances, labels);
}

void IndexFlat::range_search(size_t nq, const float* xq, float radius, const SearchParams& params,
                             RangeResult* result) const {
  flat_range_search(source(params), nq, xq, radius, params, result);
}

void IndexFlat::remove_rows(const std::vector<size_t>& slots) noexcept {
  if (slots.empty()) return;
  rows_.remove(slots);
  if (sketches_) sketches_->rows_removed(rows_, slots.front());
  numbers().restart(rows_.size());
}

void IndexFlat::move_rows(const RowMove& move) noexcept {
  rows_.move(move);
  if (sketches_) sketches_->rows_moved(rows_, move.to, move.to + move.count);
}

void IndexFlat::keep_rows(size_t n) noexcept {
  rows_.truncate(n);
  rows_.release_spare();
  if (sketches_) sketches_->rows_removed(rows_, n);
}

void IndexFlat::reset() noexcept {
  numbers().restart(0);
  rows_.clear();
  if (sketches_) sketches_->clear();
}

std::unique_ptr<StoredRows> IndexFlat::stored_rows() const { return std::make_unique<RowsInPlace>(rows_.view()); }

void IndexFlat::append_rows(const IndexFlatCodes& other, const Cancel* cancel) {
  check(cancel);
  const auto rows = dynamic_cast<const IndexFlat&>(other).rows_.view();
  const size_t n = rows.size();
  rows_.reserve(n);
  for (size_t b = 0; b < rows.block_count(); ++b) {
    const auto block = rows.block(b);
    rows_.fill(block.begin, block.rows, block.data);
  }
  if (sketches_) sketches_->prepare(rows_, n, cancel);
  rows_.publish(n);
  if (sketches_) sketches_->publish();
  numbers().appended(n);
}

}  // namespace voronode
