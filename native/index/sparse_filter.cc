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

std::optional<std::vector<size_t>> sparse_rows(size_t n, const Labels& labels, const SearchParams& params) {
  if (params.filter == nullptr || n == 0 || !is_sparse(n, labels)) return std::nullopt;
  std::vector<idx_t> ids;
  if (params.ids != nullptr || !params.filter->list(static_cast<idx_t>(n), static_cast<idx_t>(n / kSparse), &ids)) {
    return ask_about_all(n, labels, params.cancel);
  }
  std::vector<size_t> rows(ids.begin(), ids.end());
  std::sort(rows.begin(), rows.end());
  return rows;
}

}  // namespace voronode
