#include "index/answer.h"

#include <algorithm>
#include <cfloat>

#include "base/poll.h"

namespace voronode {

void write_row(Metric metric, size_t k, const std::vector<Candidate>& best, float* distances, idx_t* labels) noexcept {
  const float sign = sign_of(metric);
  for (size_t i = 0; i < best.size(); ++i) {
    distances[i] = sign * best[i].key;
    labels[i] = best[i].label;
  }
  std::fill(distances + best.size(), distances + k, sign * FLT_MAX);
  std::fill(labels + best.size(), labels + k, idx_t{-1});
}

RangeWriter::RangeWriter(Metric metric, RangeResult* result) : sign_(sign_of(metric)), result_(result) {
  result->lims.assign(1, 0);
  result->labels.clear();
  result->distances.clear();
}

void RangeWriter::expect(size_t n) {
  const size_t total = checked_add(result_->labels.size(), n);
  claim_.reset();
  claim_.emplace(checked_mul(total, 2 * (sizeof(float) + sizeof(idx_t))));
  result_->labels.reserve(total);
  result_->distances.reserve(total);
}

void RangeWriter::add(const std::vector<Candidate>& found, const Cancel* cancel) {
  constexpr size_t kEntriesAPoll = size_t{1} << 17;  // a third of a millisecond
  for (size_t i = 0; i < found.size(); ++i) {
    if (i % kEntriesAPoll == 0) poll(cancel);
    result_->distances.push_back(sign_ * found[i].key);
    result_->labels.push_back(found[i].label);
  }
  result_->lims.push_back(result_->labels.size());
}

}  // namespace voronode
