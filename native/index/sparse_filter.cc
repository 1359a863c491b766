#include "index/sparse_filter.h"

#include <algorithm>

#include "base/thread_pool.h"

namespace voronode {
namespace {

// The float32 distances of one row in eight take about as long as the sketches of all.
constexpr size_t kSparse = 8;
constexpr size_t kSamples = 256;
// Rows a task: tens of microseconds, at a few nanoseconds for each question.
constexpr size_t kRowsPerTask = 16384;

bool is_sparse(size_t n, const Labels& labels) noexcept {
  const size_t samples = std::min(n, kSamples);
  size_t passing = 0;
  idx_t label;
  for (size_t i = 0; i < samples; ++i) passing += labels.label(static_cast<idx_t>(i * n / samples), &label) ? 1 : 0;
  return passing * kSparse < samples;
}

std::vector<size_t> ask_about_all(size_t n, const Labels& labels, const Cancel* cancel) {
  std::vector<std::vector<size_t>> parts((n + kRowsPerTask - 1) / kRowsPerTask);
  ThreadPool::instance().parallel_for(parts.size(), cancel, [&](size_t part) {
    const size_t end = std::min(n, (part + 1) * kRowsPerTask);
    idx_t label;
    for (size_t row = part * kRowsPerTask; row < end; ++row) {
      if (labels.label(static_cast<idx_t>(row), &label)) parts[part].push_back(row);
    }
  });
  std::vector<size_t> rows;
  for (const auto& part : parts) rows.insert(rows.end(), part.begin(), part.end());
  return rows;
}

}  // namespace

std::optional<std::vector<size_t>> named_rows(const Labels& labels, const SearchParams& params) {
  const RowNumbers::View& all = *labels.rows();
  const bool by_id = params.ids != nullptr;
  const size_t labelled = params.slots != nullptr ? all.slots() : all.size();
  if (labelled == 0) return std::vector<size_t>();
  const IdRange range = by_id ? kAllIds : IdRange{0, static_cast<idx_t>(labelled) - 1};
  const size_t most = labelled / (by_id ? kAsksPerLookup : kSparse);
  const auto ids = few_ids(*params.filter, range, most);
  if (!ids) return std::nullopt;
  if (by_id) return params.ids->find_all(*ids, all.slots(), most);
  std::vector<size_t> rows(ids->begin(), ids->end());
  if (!std::is_sorted(rows.begin(), rows.end())) std::sort(rows.begin(), rows.end());
  if (params.slots == nullptr && !all.dense()) {
    for (size_t& row : rows) row = all.slot(row);
  }
  return rows;
}

std::optional<std::vector<size_t>> sparse_rows(const Labels& labels, const SearchParams& params) {
  const size_t n = labels.rows()->slots();
  if (params.filter == nullptr || n == 0) return std::nullopt;
  if (auto rows = named_rows(labels, params)) return rows;
  if (!is_sparse(n, labels)) return std::nullopt;
  return ask_about_all(n, labels, params.cancel);
}

}  // namespace voronode
