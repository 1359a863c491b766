#include "index/flat_search.h"

#include <optional>

#include "base/thread_pool.h"
#include "index/answer.h"
#include "index/coded_scan.h"
#include "index/sparse_filter.h"
#include "sketch/scan.h"
#include "storage/shared_thresholds.h"
#include "storage/topk.h"

namespace voronode {
namespace {

// kMinParallelFlops where sketches do most of the work, at 200 to 400 G/s; a row costs at least as much as one of 32
// components.
constexpr size_t kMinSketchFlops = size_t{1} << 23;
constexpr size_t kMinSketchWidth = 32;
// Slices of the rows per thread: enough that a slow core is not waited for.
constexpr size_t kSlicesPerThread = 4;
// From so many queries a thread on, threads share out the queries instead of the rows.
constexpr size_t kManyQueries = 16;
// Queries that share one pass over the rows. Reading a row of sketches from memory and putting its codes together costs
// as much as 25 to 30 dot products with it (two Zen 4 cores): 384 queries hide it. With 96 a batch of 1000 took 6 %
// longer at d = 128, 10 % at d = 768.
constexpr size_t kMaxGroup = 384;
// Queries of a group come in multiples of this, the largest tile of a kernel.
constexpr size_t kTileQueries = 6;
// Sketches pay when the rows are at least this many times those that are scanned in float32 first.
constexpr size_t kSketchFactor = 4;
// Rows scanned in float32 before sketches: without a threshold they dismiss nothing.
constexpr size_t kSeedRows = 256;

struct TopKSink {
  TopK* heaps;
  const Labels& labels;
  SharedThresholds* shared;  // null: nobody else looks for these queries
  bool shares;               // whether a full heap here says something about all rows
  size_t first;              // number of heaps[0]'s query
  float threshold(size_t q) const noexcept {
    const float own = heaps[q].threshold();
    return shared == nullptr ? own : shared->tightest(first + q, own);
  }
  void accept(size_t q, float key, size_t row) noexcept {
    Candidate candidate{key, 0};
    if (!labels.label(static_cast<idx_t>(row), &candidate.label)) return;
    heaps[q].push(candidate);
    if (shares) shared->lower(first + q, heaps[q].threshold());
  }
};

struct RangeSink {
  std::vector<Candidate>* found;
  MemoryWatch* watch;
  const Labels& labels;
  float radius;
  float threshold(size_t) const noexcept { return radius; }
  void accept(size_t q, float key, size_t row) {
    Candidate candidate{key, 0};
    if (key < radius && labels.label(static_cast<idx_t>(row), &candidate.label)) keep(candidate, watch, &found[q]);
  }
};

// The grid of tasks: groups of queries × slices of rows. Many queries are shared out by query, each group passing over
// all rows, and nothing is left to merge; few queries are shared out by rows.
struct Plan {
  size_t groups, group_size, slices, slice_rows;

  Plan(size_t nq, const FlatRows& source, size_t max_group) {
    const size_t n = source.count();
    const size_t d = source.d;
    const size_t work =
        source.sketch_view ? nq * n * std::max(d, kMinSketchWidth) / kMinSketchFlops : nq * n * d / kMinParallelFlops;
    const size_t threads = std::max<size_t>(1, std::min(ThreadPool::instance().threads(), work));
    groups = std::max<size_t>(1, ceil_div(nq, max_group));
    slices = 1;
    if (nq >= threads * kManyQueries) {
      groups = round_to(groups, threads);
    } else if (threads > 1) {
      slices = ceil_div(threads * kSlicesPerThread, groups);
    }
    group_size = std::max<size_t>(1, std::min(max_group, round_to(ceil_div(nq, groups), kTileQueries)));
    groups = ceil_div(nq, group_size);
    slice_rows = std::max(kGroupRows, round_to(ceil_div(n, slices), kGroupRows));
    slices = std::max<size_t>(1, ceil_div(n, slice_rows));
  }
  // How many of the `kept` best a slice can hold; all are merged into the heap of the first.
  size_t kept_in(size_t slice, size_t kept) const noexcept { return slice == 0 ? kept : std::min(kept, slice_rows); }
  size_t heap_bytes(size_t kept) const noexcept {
    return (kept + (slices - 1) * kept_in(1, kept)) * sizeof(Candidate);  // of one query
  }
};

// What all tasks of a search share.
struct Pass {
  const FlatRows& source;
  const Plan& plan;
  size_t nq;
  const float* xq;
  const SketchQueries* sketch_queries;  // null: all in float32
  const Sketches::View* sketches;       // null likewise
  size_t seed_rows;
  const Cancel* cancel;

  // One scan per task of the plan; make_sink(first query, slice) gives the sink of a task.
  template <class MakeSink>
  void run(const MakeSink& make_sink) const {
    ThreadPool::instance().parallel_for(plan.groups * plan.slices, cancel, [&](size_t task) {
      const size_t first = task / plan.slices * plan.group_size;
      const size_t slice = task % plan.slices;
      auto sink = make_sink(first, slice);
      scan_slice(first, slice, sink);
    });
  }

 private:
  template <class Sink>
  void scan_slice(size_t first, size_t slice, Sink& sink) const {
    const size_t begin = slice * plan.slice_rows;
    const size_t end = std::min(source.count(), begin + plan.slice_rows);
    if (source.codes) scan_codes(*source.codes, begin, end, first, sink);
    if (source.rows) scan_rows(*source.rows, begin, end, first, sink);
  }

  size_t queries_from(size_t first) const noexcept { return std::min(plan.group_size, nq - first); }

  template <class Sink>
  void scan_codes(const Blocks<uint8_t>::View& codes, size_t begin, size_t end, size_t first, Sink& sink) const {
    const float* const x = xq + first * source.d;
    ScanScratch scratch(source.d);
    const CodedScan coded{*source.codec, codes, source.d, distance_kernel(source.metric), cancel, scratch};
    if (!source.chosen) return coded.run(begin, end, x, queries_from(first), sink);
    coded.run_chosen(source.chosen->data() + begin, end - begin, x, queries_from(first), sink);
  }

  template <class Sink>
  void scan_rows(const Blocks<float>::View& rows, size_t begin, size_t end, size_t first, Sink& sink) const {
    const size_t queries = queries_from(first);
    const float* const x = xq + first * source.d;
    const DistanceKernel kernel = distance_kernel(source.metric);
    ScanScratch scratch(source.d);
    if (source.chosen) {
      return scan_chosen(rows, source.chosen->data() + begin, end - begin, x, queries, kernel, scratch, cancel, sink);
    }
    if (sketch_queries == nullptr || sketches == nullptr) {
      return scan(rows, begin, end, x, queries, kernel, scratch, cancel, sink);
    }
    const size_t sketched = std::max(begin, std::min(end, sketches->rows()));
    const size_t seeded = std::min(sketched, begin + seed_rows);
    scan(rows, begin, seeded, x, queries, kernel, scratch, cancel, sink);
    scan(rows, sketched, end, x, queries, kernel, scratch, cancel, sink);
    sketch_scan(rows, *sketches, seeded / kGroupRows, sketched / kGroupRows, *sketch_queries, first, x, queries,
                source.metric, scratch, cancel, sink);
  }
};

const Sketches::View* view_of(const FlatRows& source) noexcept {
  return source.sketch_view ? &*source.sketch_view : nullptr;
}

// The sketches of the queries, if that is how this search should go.
std::optional<SketchQueries> sketch_queries(const FlatRows& source, size_t nq, const float* xq, size_t seed_rows) {
  if (source.sketches == nullptr || !source.sketch_view) return std::nullopt;
  if (source.sketch_view->rows() < kSketchFactor * seed_rows) return std::nullopt;
  return std::optional<SketchQueries>(std::in_place, source.sketches->space(), nq, xq);
}

// A filter that lets few rows pass leaves these and no sketches.
void choose_rows(FlatRows& source, const Labels& labels, const SearchParams& params) {
  source.chosen = sparse_rows(labels, params);
  if (source.chosen) source.sketch_view.reset();
}

void search_wave(const FlatRows& source, const Plan& plan, size_t nq, const float* xq, size_t k, size_t kept,
                 const Labels& labels, const Cancel* cancel, float* distances, idx_t* out_labels) {
  const size_t seeds = seed_rows(kSeedRows, kept);
  const auto sketched = sketch_queries(source, nq, xq, seeds * plan.slices);
  std::vector<TopK> heaps;  // heaps[slice * nq + query]
  heaps.reserve(plan.slices * nq);
  for (size_t i = 0; i < plan.slices * nq; ++i) heaps.emplace_back(plan.kept_in(i / nq, kept));
  const Pass pass{source, plan, nq, xq, sketched ? &*sketched : nullptr, view_of(source), seeds, cancel};
  std::optional<SharedThresholds> shared;
  if (plan.slices > 1) shared.emplace(nq);
  pass.run([&](size_t first, size_t slice) {
    const bool shares = shared && plan.kept_in(slice, kept) == kept;
    return TopKSink{&heaps[slice * nq + first], labels, shared ? &*shared : nullptr, shares, first};
  });
  for (size_t q = 0; q < nq; ++q) {
    for (size_t slice = 1; slice < plan.slices; ++slice) heaps[q].merge(heaps[slice * nq + q], cancel);
    write_row(source.metric, k, heaps[q].sort(cancel), distances + q * k, out_labels + q * k);
  }
}

}  // namespace

void flat_search(FlatRows source, size_t nq, const float* xq, size_t k, const SearchParams& params, float* distances,
                 idx_t* out_labels) {
  const Labels labels(params, &source.numbers);
  choose_rows(source, labels, params);
  const size_t kept = std::min(k, source.count());
  if (kept == 0) {
    for (size_t q = 0; q < nq; ++q) write_row(source.metric, k, {}, distances + q * k, out_labels + q * k);
    return;
  }
  const size_t d = source.d;
  for (size_t q = 0; q < nq;) {
    size_t wave = nq - q;
    Plan plan(wave, source, kMaxGroup);
    while (wave > 1 && plan.heap_bytes(kept) > kMaxHeapBytes / wave) {
      wave = (wave + 1) / 2;
      plan = Plan(wave, source, kMaxGroup);
    }
    search_wave(source, plan, wave, xq + q * d, k, kept, labels, params.cancel, distances + q * k, out_labels + q * k);
    q += wave;
  }
}

void flat_range_search(FlatRows source, size_t nq, const float* xq, float radius, const SearchParams& params,
                       RangeResult* result) {
  const Labels labels(params, &source.numbers);
  choose_rows(source, labels, params);
  const Plan plan(nq, source, kMaxGroup);
  const auto sketched = sketch_queries(source, nq, xq, kGroupRows);
  const float bound = sign_of(source.metric) * radius;
  std::vector<std::vector<Candidate>> found(plan.slices * nq);
  MemoryWatch watch;
  const Pass pass{source, plan, nq, xq, sketched ? &*sketched : nullptr, view_of(source), 0, params.cancel};
  if (nq > 0)
    pass.run([&](size_t first, size_t slice) { return RangeSink{&found[slice * nq + first], &watch, labels, bound}; });
  RangeWriter writer(source.metric, result);
  size_t total = 0;
  for (const std::vector<Candidate>& part : found) total += part.size();
  writer.expect(total);
  for (size_t q = 0; q < nq; ++q) {
    std::vector<Candidate>& all = found[q];
    for (size_t slice = 1; slice < plan.slices; ++slice) {
      poll(params.cancel);
      all.insert(all.end(), found[slice * nq + q].begin(), found[slice * nq + q].end());
    }
    sort_nearest(&all, params.cancel);
    writer.add(all, params.cancel);
    std::vector<Candidate>().swap(all);
  }
}

}  // namespace voronode
