#include "index/refine_flat.h"

#include <string>

#include "index/id_map.h"

namespace voronode {
namespace {

// What can be refined; checked before the base class marks it as wrapped.
Index& refinable(const std::shared_ptr<Index>& base, size_t rows) {
  if (const Index* obstacle = IndexRefineFlat::obstacle(*base)) {
    const bool map = dynamic_cast<const IndexIDMap*>(obstacle) != nullptr;
    throw Error(Code::kUnsupported, map ? format("An IndexRefineFlat cannot wrap an %s; put the map around the "
                                                 "refinement: new %s(new IndexRefineFlat(base))",
                                                 obstacle->kind(), obstacle->kind())
                                        : "An IndexRefineFlat cannot wrap another one; set the kFactor of that one");
  }
  if (base->ntotal() != rows) {
    throw Error(Code::kUnsupported, format("An IndexRefineFlat can only wrap an empty index; this %s holds %zu vectors",
                                           base->kind(), base->ntotal()));
  }
  return *base;
}

}  // namespace

const Index* IndexRefineFlat::obstacle(const Index& base) noexcept {
  for (const Index* index = &base; index != nullptr; index = index->inner().get()) {
    const bool map = dynamic_cast<const IndexIDMap*>(index) != nullptr;
    if (map || dynamic_cast<const IndexRefineFlat*>(index) != nullptr) return index;
  }
  return nullptr;
}

float IndexRefineFlat::checked_factor(double k_factor) {
  const auto factor = static_cast<float>(k_factor);
  if (factor >= 1 && factor <= kMaxFactor) return factor;
  throw Error(Code::kOutOfRange,
              format("The value of \"kFactor\" is out of range. It must be a number >= 1 && <= %g. Received %g",
                     static_cast<double>(kMaxFactor), k_factor));
}

IndexRefineFlat::IndexRefineFlat(const std::shared_ptr<Index>& base)
    : IndexRefineFlat(base, std::make_shared<IndexFlat>(base->d(), base->metric(), false)) {}

// The rows come as an argument: once `base` is marked as wrapped, nothing may fail.
IndexRefineFlat::IndexRefineFlat(std::shared_ptr<Index> base, std::shared_ptr<IndexFlat> rows)
    : Index(base->d(), base->metric(), refinable(base, rows->ntotal())),
      base_(std::move(base)),
      rows_(std::move(rows)) {}

std::shared_ptr<IndexRefineFlat> IndexRefineFlat::from_parts(std::shared_ptr<Index> base,
                                                             std::shared_ptr<IndexFlat> rows) {
  return std::shared_ptr<IndexRefineFlat>(new IndexRefineFlat(std::move(base), std::move(rows)));
}

void IndexRefineFlat::add(size_t n, const float* x, const Cancel* cancel) {
  const size_t before = rows_->ntotal();
  rows_->add(n, x, cancel);
  try {
    base_->add(n, x, cancel);
  } catch (...) {
    rows_->take_back(before);
    throw;
  }
}

void IndexRefineFlat::train(size_t n, const float* x, const Cancel* cancel) { base_->train(n, x, cancel); }

Clustering IndexRefineFlat::train(size_t n, const float* x, const ClusteringParams& params, const Cancel* cancel,
                                  const ClusteringProgress& progress) {
  return base_->train(n, x, params, cancel, progress);
}

size_t IndexRefineFlat::remove_ids(const IDSelector& selector, const Cancel* cancel) {
  std::vector<size_t> rows;
  for (size_t i = 0; i < ntotal(); ++i) {
    if (selector.is_member(static_cast<idx_t>(i))) rows.push_back(i);
  }
  check(cancel);
  remove_rows(rows);
  return rows.size();
}

void IndexRefineFlat::remove_rows(const std::vector<size_t>& rows) noexcept {
  base_->remove_rows(rows);
  rows_->remove_rows(rows);
}

void IndexRefineFlat::reset() noexcept {
  base_->reset();
  rows_->reset();
}

}  // namespace voronode
