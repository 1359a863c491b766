#include "index/refine.h"

#include "index/flat.h"
#include "index/flat_scalar_quantizer.h"
#include "index/merging.h"

namespace voronode {
namespace {

// What can be refined.
std::shared_ptr<Index> refinable(std::shared_ptr<Index> base, const IndexFlatCodes& rows) {
  const bool flat = dynamic_cast<const IndexFlat*>(&rows) != nullptr;
  const char* const kind = flat ? "IndexRefineFlat" : "IndexRefine";
  if (const Index* obstacle = IndexRefine::obstacle(*base)) {
    throw Error(Code::kUnsupported,
                obstacle->maps_ids()
                    ? format("An %s cannot wrap an %s; put the map around the refinement: new %s(new %s(base%s))", kind,
                             obstacle->kind(), obstacle->kind(), kind, flat ? "" : ", code")
                    : format("An %s cannot wrap another refinement; set the kFactor of that one", kind));
  }
  check_row_count(kind, *base, rows.ntotal());
  return base;
}

}  // namespace

const Index* IndexRefine::obstacle(const Index& base) noexcept {
  const Index* const map = with_role(base, &Index::maps_ids);
  return map != nullptr ? map : with_role(base, &Index::refines);
}

float IndexRefine::checked_factor(double k_factor) {
  const auto factor = static_cast<float>(k_factor);
  if (factor >= 1 && factor <= static_cast<float>(kKFactor.max)) return factor;
  throw Error(Code::kOutOfRange,
              format("The value of \"kFactor\" is out of range. It must be a number >= 1 && <= %g. Received %g",
                     kKFactor.max, k_factor));
}

SearchParameters IndexRefine::own_search_parameters() const noexcept {
  static constexpr const SearchParameter* kOwn[] = {&kKFactor};
  return kOwn;
}

IndexRefine::IndexRefine(const std::shared_ptr<Index>& base)
    : IndexRefine(base, std::make_shared<IndexFlat>(base->d(), base->metric(), false)) {}

IndexRefine::IndexRefine(const std::shared_ptr<Index>& base, ScalarCode code)
    : IndexRefine(base, std::make_shared<IndexScalarQuantizer>(base->d(), code, base->metric())) {}

IndexRefine::IndexRefine(const std::shared_ptr<Index>& base, std::shared_ptr<IndexFlatCodes> rows)
    : Wrapper(base->d(), refinable(base, *rows)),
      rows_(std::move(rows)),
      coded_(dynamic_cast<const IndexFlat*>(rows_.get()) == nullptr) {
  count_rows();
  commit();
}

std::shared_ptr<IndexRefine> IndexRefine::from_parts(const std::shared_ptr<Index>& base,
                                                     std::shared_ptr<IndexFlatCodes> rows) {
  return std::shared_ptr<IndexRefine>(new IndexRefine(base, std::move(rows)));
}

Clustering IndexRefine::learn(size_t n, const float* x, const ClusteringParams& params, const Cancel* cancel,
                              const ClusteringProgress& progress) {
  std::vector<float> learned = rows_->learn_codes(n, x, cancel);
  Clustering found = base().train(n, x, params, cancel, progress);
  rows_->set_learned(std::move(learned));
  return found;
}

void IndexRefine::add(size_t n, const float* x, const Cancel* cancel) {
  const size_t before = rows_->ntotal();
  rows_->add(n, x, cancel);
  try {
    base().add(n, x, cancel);
  } catch (...) {
    rows_->take_back(before);
    throw;
  }
}

void IndexRefine::remove_rows(const std::vector<size_t>& slots) noexcept {
  base().remove_rows(slots);
  rows_->remove_rows(slots);
}

void IndexRefine::move_rows(const RowMove& move) noexcept {
  base().move_rows(move);
  rows_->move_rows(move);
}

// rows_ has numbers of its own.
void IndexRefine::keep_rows(size_t n) noexcept {
  base().keep_rows(n);
  rows_->keep_rows(n);
  rows_->numbers().restart(n);
}

void IndexRefine::reset() noexcept {
  base().reset();
  rows_->reset();
}

void IndexRefine::merge_rows(Index& other, idx_t add_id, const Cancel* cancel) {
  check_add_id(*this, add_id);
  auto& theirs = dynamic_cast<IndexRefine&>(other);
  const size_t before = rows_->ntotal();
  rows_->append_rows(*theirs.rows_, cancel);
  try {
    base().merge_from(*other.inner(), static_cast<idx_t>(base().ntotal()), cancel);
  } catch (...) {
    rows_->take_back(before);
    throw;
  }
  other.reset();
}

void IndexRefine::check_mergeable(const Index& other) const {
  Wrapper::check_mergeable(other);
  rows_->check_mergeable(*dynamic_cast<const IndexRefine&>(other).rows_);
}

}  // namespace voronode
