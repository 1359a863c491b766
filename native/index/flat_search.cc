#include "index/flat_search.h"

#include <cfloat>
#include <optional>

#include "base/thread_pool.h"
#include "storage/id_table.h"
#include "storage/scan.h"
#include "storage/topk.h"

namespace voronode {
namespace {

using Rows = Blocks<float>::View;

// Distances per task, at the least: below about this many multiply-adds, waking a thread costs more than it saves (tens
// of microseconds against 50 G/s).
constexpr size_t kMinTaskFlops = size_t{1} << 20;
// Tasks a thread, at the most: enough that a slow core is not waited for.
constexpr size_t kTasksPerThread = 4;
// Heaps of one wave of queries, all threads together. Only a huge k needs more than one wave, only a huge index more
// memory for a single query: 16 bytes a row at the most.
constexpr size_t kMaxHeapBytes = size_t{256} << 20;

// Labels and the filter, resolved once a search.
class Labels {
 public:
  explicit Labels(const SearchParams& params) : filter_(params.filter) {
    if (params.ids != nullptr) ids_.emplace(params.ids->view());
  }
  // The label of a row, if the filter lets it pass.
  bool label(size_t row, idx_t* out) const noexcept {
    *out = ids_ ? *ids_->row(row) : static_cast<idx_t>(row);
    return filter_ == nullptr || filter_->is_member(*out);
  }

 private:
  std::optional<Blocks<int64_t>::View> ids_;
  const IDSelector* filter_;
};

struct TopKSink {
  TopK* heaps;
  const Labels& labels;
  float threshold(size_t q) const noexcept { return heaps[q].threshold(); }
  void accept(size_t q, float key, size_t row) noexcept {
    Candidate candidate{key, 0};
    if (labels.label(row, &candidate.label)) heaps[q].push(candidate);
  }
};

struct RangeSink {
  std::vector<Candidate>* found;
  const Labels& labels;
  float radius;
  float threshold(size_t) const noexcept { return radius; }
  void accept(size_t q, float key, size_t row) {
    Candidate candidate{key, 0};
    if (key < radius && labels.label(row, &candidate.label)) found[q].push_back(candidate);
  }
};

DistanceKernel kernel_of(Metric metric) noexcept {
  return metric == Metric::kL2 ? kernels().l2sqr : kernels().neg_inner_product;
}

// The grid of tasks: groups of queries × slices of rows. Many queries are cut by query only, each group passing over
// all rows (nothing to merge); few queries are cut by rows.
struct Plan {
  size_t groups, group_size, slices, slice_rows;

  Plan(size_t nq, size_t n, size_t d, size_t max_group) {
    const size_t threads = ThreadPool::instance().threads();
    const size_t wanted = std::max<size_t>(1, std::min(threads * kTasksPerThread, nq * n * d / kMinTaskFlops));
    groups = (nq + max_group - 1) / max_group;
    // One even round of groups per thread rather than full groups and a small last one.
    if (groups < threads && wanted > 1) groups = std::min(threads, std::max<size_t>(groups, nq / kMinGroup));
    group_size = (nq + groups - 1) / groups;
    groups = (nq + group_size - 1) / group_size;
    slices = groups >= wanted || threads == 1 ? 1 : (wanted + groups - 1) / groups;
    if (groups % threads == 0 && groups > 0) slices = 1;
    slice_rows = ((n + slices - 1) / slices + 15) & ~size_t{15};
    slices = slice_rows == 0 ? 1 : std::max<size_t>(1, (n + slice_rows - 1) / slice_rows);
  }
  static constexpr size_t kMinGroup =
      16;  // a smaller group would read the rows from memory more often than it computes
  size_t tasks() const noexcept { return groups * slices; }
  // How many of the `kept` best a slice can hold; all are merged into the heap of the first.
  size_t kept_in(size_t slice, size_t kept) const noexcept { return slice == 0 ? kept : std::min(kept, slice_rows); }
  size_t heap_bytes(size_t kept) const noexcept {
    return (kept + (slices - 1) * kept_in(1, kept)) * sizeof(Candidate);  // of one query
  }
};

// Runs one scan per task of the plan; make_sink(group's first query, slice) gives the sink of a task.
template <class MakeSink>
void run(const Plan& plan, const Rows& rows, Metric metric, size_t nq, const float* xq, const Cancel* cancel,
         const MakeSink& make_sink) {
  ThreadPool::instance().parallel_for(plan.tasks(), cancel, [&](size_t task) {
    const size_t first = task / plan.slices * plan.group_size;
    const size_t slice = task % plan.slices;
    const size_t queries = std::min(plan.group_size, nq - first);
    const size_t begin = slice * plan.slice_rows;
    const size_t end = std::min(rows.size(), begin + plan.slice_rows);
    ScanScratch scratch(rows.width());
    auto sink = make_sink(first, slice);
    scan(rows, begin, end, xq + first * rows.width(), queries, kernel_of(metric), scratch, cancel, sink);
  });
}

void write_row(Metric metric, size_t k, const std::vector<Candidate>& best, float* distances, idx_t* labels) noexcept {
  const float sign = metric == Metric::kL2 ? 1.0f : -1.0f;
  for (size_t i = 0; i < best.size(); ++i) {
    distances[i] = sign * best[i].key;
    labels[i] = best[i].label;
  }
  std::fill(distances + best.size(), distances + k, sign * FLT_MAX);
  std::fill(labels + best.size(), labels + k, idx_t{-1});
}

void search_wave(const Rows& rows, const Plan& plan, Metric metric, size_t nq, const float* xq, size_t k, size_t kept,
                 const Labels& labels, const Cancel* cancel, float* distances, idx_t* out_labels) {
  std::vector<TopK> heaps;  // slice-major: heaps[slice * nq + query]
  heaps.reserve(plan.slices * nq);
  for (size_t i = 0; i < plan.slices * nq; ++i) heaps.emplace_back(plan.kept_in(i / nq, kept));
  run(plan, rows, metric, nq, xq, cancel, [&](size_t first, size_t slice) {
    return TopKSink{&heaps[slice * nq + first], labels};
  });
  for (size_t q = 0; q < nq; ++q) {
    for (size_t slice = 1; slice < plan.slices; ++slice) heaps[q].merge(heaps[slice * nq + q]);
    write_row(metric, k, heaps[q].sort(), distances + q * k, out_labels + q * k);
  }
}

}  // namespace

void flat_search(const Rows& rows, Metric metric, size_t nq, const float* xq, size_t k, const SearchParams& params,
                 float* distances, idx_t* out_labels) {
  const Labels labels(params);
  const size_t kept = std::min(k, rows.size());
  if (kept == 0) {
    for (size_t q = 0; q < nq; ++q) write_row(metric, k, {}, distances + q * k, out_labels + q * k);
    return;
  }
  for (size_t q = 0; q < nq;) {
    size_t wave = nq - q;
    Plan plan(wave, rows.size(), rows.width(), kQueryGroup);
    while (wave > 1 && plan.heap_bytes(kept) > kMaxHeapBytes / wave) {
      wave = (wave + 1) / 2;
      plan = Plan(wave, rows.size(), rows.width(), kQueryGroup);
    }
    search_wave(rows, plan, metric, wave, xq + q * rows.width(), k, kept, labels, params.cancel, distances + q * k,
                out_labels + q * k);
    q += wave;
  }
}

void flat_range_search(const Rows& rows, Metric metric, size_t nq, const float* xq, float radius,
                       const SearchParams& params, RangeResult* result) {
  result->lims.assign(1, 0);
  result->labels.clear();
  result->distances.clear();
  if (nq == 0) return;  // there is no plan for no work
  const Labels labels(params);
  const Plan plan(nq, rows.size(), rows.width(), kQueryGroup);
  const float key = metric == Metric::kL2 ? radius : -radius;
  std::vector<std::vector<Candidate>> found(plan.slices * nq);
  run(plan, rows, metric, nq, xq, params.cancel, [&](size_t first, size_t slice) {
    return RangeSink{&found[slice * nq + first], labels, key};
  });
  const float sign = metric == Metric::kL2 ? 1.0f : -1.0f;
  for (size_t q = 0; q < nq; ++q) {
    std::vector<Candidate>& all = found[q];
    for (size_t slice = 1; slice < plan.slices; ++slice) {
      all.insert(all.end(), found[slice * nq + q].begin(), found[slice * nq + q].end());
    }
    std::sort(all.begin(), all.end(), nearer);
    for (const Candidate& candidate : all) {
      result->distances.push_back(sign * candidate.key);
      result->labels.push_back(candidate.label);
    }
    result->lims.push_back(result->labels.size());
    std::vector<Candidate>().swap(all);
  }
}

}  // namespace voronode
