#include "index/flat.h"

#include <algorithm>

#include "index/flat_search.h"
#include "index/merging.h"
#include "index/wrapper.h"
#include "kernels/kernels.h"

namespace voronode {

IndexFlat::IndexFlat(size_t d, Metric metric, bool sketch) : Index(d, metric), rows_(d) {
  if (sketch && traits(metric).sketched && d >= kMinSketchDimension && d <= kMaxSketchDimension)
    sketches_.emplace(d, metric);
}

void IndexFlat::add(size_t n, const float* x, const Cancel* cancel) {
  check(cancel);
  rows_.reserve(n);
  rows_.fill(n, x);
  if (sketches_) sketches_->prepare(rows_, n, cancel);
  rows_.publish(n);
  if (sketches_) sketches_->publish();
}

FlatRows IndexFlat::source() const {
  std::optional<Sketches::View> sketch_view;
  if (sketches_) sketch_view = sketches_->view();
  return {metric(), sketches_ ? &*sketches_ : nullptr, std::move(sketch_view), rows_.view()};
}

void IndexFlat::search(size_t nq, const float* xq, size_t k, const SearchParams& params, float* distances,
                       idx_t* labels) const {
  flat_search(source(), nq, xq, k, params, distances, labels);
}

void IndexFlat::range_search(size_t nq, const float* xq, float radius, const SearchParams& params,
                             RangeResult* result) const {
  flat_range_search(source(), nq, xq, radius, params, result);
}

void IndexFlat::remove_rows(const std::vector<size_t>& rows) noexcept {
  if (rows.empty()) return;
  const size_t first = rows.front();
  rows_.remove(rows);
  if (sketches_) sketches_->rows_removed(rows_, first);
}

void IndexFlat::reset() noexcept {
  rows_.clear();
  if (sketches_) sketches_->clear();
}

bool IndexFlat::look_up(idx_t id, float* x) const {
  const auto rows = rows_.view();
  if (id < 0 || static_cast<uint64_t>(id) >= rows.size()) return false;
  if (x != nullptr) std::copy_n(rows.row(static_cast<size_t>(id)), d(), x);
  return true;
}

size_t IndexFlat::remove_ids(const IDSelector& selector, const Cancel* cancel) {
  const std::vector<size_t> rows = rows_with(selector, ntotal(), cancel);
  remove_rows(rows);
  return rows.size();
}

void IndexFlat::append_rows(const Blocks<float>::View& rows, const Cancel* cancel) {
  check(cancel);
  const size_t n = rows.size();
  rows_.reserve(n);
  for (size_t b = 0; b < rows.block_count(); ++b) {
    const auto block = rows.block(b);
    rows_.fill(block.begin, block.rows, block.data);
  }
  if (sketches_) sketches_->prepare(rows_, n, cancel);
  rows_.publish(n);
  if (sketches_) sketches_->publish();
}

void IndexFlat::merge_from(Index& other, idx_t add_id, const Cancel* cancel) {
  check_mergeable(other);
  check_add_id(*this, add_id);
  append_rows(dynamic_cast<const IndexFlat&>(other).rows_.view(), cancel);
  other.reset();
}

}  // namespace voronode
