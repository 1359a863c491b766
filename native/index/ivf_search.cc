#include "index/ivf_search.h"

#include <algorithm>
#include <cfloat>
#include <deque>
#include <thread>

#include "base/thread_pool.h"
#include "index/ivf_scan.h"
#include "index/probes.h"

namespace voronode {
namespace {

// Queries that share a pass over a list, and rows of one task: together enough work to hide the hand-over, little
// enough to share out evenly.
constexpr size_t kTaskQueries = 96;
constexpr size_t kTaskRows = 4096;
constexpr size_t kSeedRows = 128;
// Memory of one wave of queries: heaps, and the pairs of queries and lists (24 bytes each while they are sorted).
constexpr size_t kMaxHeapBytes = size_t{256} << 20;
constexpr size_t kMaxPairs = size_t{4} << 20;
// Multiply-adds below which waking other threads costs more than it brings: that takes tens of microseconds, a core
// does 50 G/s.
constexpr size_t kMinParallelFlops = size_t{1} << 20;

// Held for a few pushes at a time.
class SpinLock {
 public:
  void lock() noexcept {
    while (flag_.test_and_set(std::memory_order_acquire)) std::this_thread::yield();
  }
  void unlock() noexcept { flag_.clear(std::memory_order_release); }

 private:
  std::atomic_flag flag_ = ATOMIC_FLAG_INIT;
};

// As many scratches as threads work at a time.
class ScratchPool {
 public:
  explicit ScratchPool(size_t d) : d_(d) {}

  class Loan {
   public:
    explicit Loan(ScratchPool& pool) : pool_(pool), scratch_(pool.take()) {}
    ~Loan() { pool_.give(std::move(scratch_)); }
    Loan(const Loan&) = delete;
    Loan& operator=(const Loan&) = delete;
    ListScratch& operator*() const noexcept { return *scratch_; }
    ListScratch* operator->() const noexcept { return scratch_.get(); }

   private:
    ScratchPool& pool_;
    std::unique_ptr<ListScratch> scratch_;
  };

 private:
  std::unique_ptr<ListScratch> take() {
    {
      std::lock_guard<SpinLock> lock(lock_);
      if (!idle_.empty()) {
        std::unique_ptr<ListScratch> scratch = std::move(idle_.back());
        idle_.pop_back();
        return scratch;
      }
      idle_.reserve(++made_);  // giving back cannot fail
    }
    return std::make_unique<ListScratch>(d_);
  }
  void give(std::unique_ptr<ListScratch> scratch) noexcept {
    std::lock_guard<SpinLock> lock(lock_);
    idle_.push_back(std::move(scratch));
  }

  size_t d_;
  SpinLock lock_;
  size_t made_ = 0;
  std::vector<std::unique_ptr<ListScratch>> idle_;
};

// The k best of one query, of all threads. What is kept does not depend on their order (topk.h), and the threshold only
// rules out what is farther than k that are kept.
class SharedTopK {
 public:
  explicit SharedTopK(size_t k) : heap_(k) {}
  float threshold() const noexcept { return threshold_.load(std::memory_order_relaxed); }
  void accept(const Candidate* found, size_t n) noexcept {
    std::lock_guard<SpinLock> lock(lock_);
    for (size_t i = 0; i < n; ++i) heap_.push(found[i]);
    threshold_.store(heap_.threshold(), std::memory_order_relaxed);
  }
  const std::vector<Candidate>& sort() noexcept { return heap_.sort(); }

 private:
  SpinLock lock_;
  std::atomic<float> threshold_{std::numeric_limits<float>::infinity()};
  TopK heap_;
};

// All that one query finds within a radius, of all threads.
class SharedRange {
 public:
  explicit SharedRange(float radius) : radius_(radius) {}
  float threshold() const noexcept { return radius_; }
  void accept(const Candidate* found, size_t n) {
    std::lock_guard<SpinLock> lock(lock_);
    for (size_t i = 0; i < n; ++i) {
      if (found[i].key < radius_) found_.push_back(found[i]);
    }
  }
  const std::vector<Candidate>& sort() noexcept {
    std::sort(found_.begin(), found_.end(), nearer);
    return found_;
  }

 private:
  SpinLock lock_;
  float radius_;
  std::vector<Candidate> found_;
};

// The results of a batch by the queries of one task.
template <class Result>
struct TaskSink {
  std::deque<Result>& results;
  const uint32_t* queries;
  float threshold(size_t q) const noexcept { return results[queries[q]].threshold(); }
  void accept(size_t q, const Candidate* found, size_t n) { results[queries[q]].accept(found, n); }
};

// A run of a list for some of its queries.
struct Task {
  size_t group;
  size_t begin, end;               // rows
  size_t first_query, last_query;  // of Probes::queries()
};

class Batch {
 public:
  Batch(const IndexIVF& index, const float* xq, const Probes& probes, const std::vector<InvertedLists::List>& lists,
        const Labels& labels, const SketchQueries* sketched, size_t seed_rows, const Cancel* cancel)
      : index_(index),
        xq_(xq),
        probes_(probes),
        lists_(lists),
        cancel_(cancel),
        scan_(index, labels, sketched, seed_rows, cancel),
        scratches_(index.d()) {}

  template <class Result>
  void run(std::deque<Result>& results) const {
    run_pass(results, [](const Probes::Group& group) { return std::pair(group.first, group.nearest); });
    run_pass(results, [](const Probes::Group& group) { return std::pair(group.nearest, group.last); });
  }

 private:
  template <class Result, class QueriesOf>
  void run_pass(std::deque<Result>& results, const QueriesOf& queries_of) const {
    std::vector<Task> tasks;
    size_t work = 0;
    for (size_t g = 0; g < lists_.size(); ++g) {
      const auto [first, last] = queries_of(probes_.groups()[g]);
      work += lists_[g].size() * (last - first);
      for (size_t row = 0; row < lists_[g].size(); row += kTaskRows) {
        for (size_t query = first; query < last; query += kTaskQueries) {
          tasks.push_back(
              {g, row, std::min(lists_[g].size(), row + kTaskRows), query, std::min(last, query + kTaskQueries)});
        }
      }
    }
    const auto body = [&](size_t task) { run_task(tasks[task], results); };
    if (work * index_.d() >= kMinParallelFlops) {
      ThreadPool::instance().parallel_for(tasks.size(), cancel_, body);
    } else {
      for (size_t task = 0; task < tasks.size(); ++task) body(task);
    }
  }

  template <class Result>
  void run_task(const Task& task, std::deque<Result>& results) const {
    const size_t d = index_.d();
    const uint32_t* const queries = probes_.queries().data() + task.first_query;
    const size_t nq = task.last_query - task.first_query;
    const ScratchPool::Loan scratch(scratches_);
    scratch->x.resize(nq * d);
    for (size_t q = 0; q < nq; ++q) std::copy_n(xq_ + queries[q] * d, d, scratch->x.data() + q * d);
    TaskSink<Result> sink{results, queries};
    const ListRun run{probes_.groups()[task.group].list, lists_[task.group], task.begin, task.end};
    scan_.run(run, {scratch->x.data(), nq, queries}, *scratch, sink);
  }

  const IndexIVF& index_;
  const float* xq_;
  const Probes& probes_;
  const std::vector<InvertedLists::List>& lists_;  // of each group
  const Cancel* cancel_;
  ListScan scan_;
  mutable ScratchPool scratches_;
};

float sign_of(Metric metric) noexcept { return metric == Metric::kL2 ? 1.0f : -1.0f; }

size_t nprobe_of(const IndexIVF& index, const SearchParams& params) noexcept {
  return std::min(index.nlist(), params.nprobe != 0 ? params.nprobe : index.nprobe());
}

// Calls wave(first query, queries, probes, lists) for waves of at most `most` queries; all see the lists of one moment.
template <class Wave>
void for_each_wave(const IndexIVF& index, size_t nq, const float* xq, const SearchParams& params, size_t most,
                   const Wave& wave) {
  const size_t nprobe = nprobe_of(index, params);
  most = std::max<size_t>(1, std::min(most, kMaxPairs / nprobe));
  std::vector<InvertedLists::List> all;
  if (most < nq) all = index.lists().view();
  for (size_t q = 0; q < nq; q += most) {
    const size_t count = std::min(most, nq - q);
    const Probes probes(index, count, xq + q * index.d(), nprobe, params.cancel);
    std::vector<InvertedLists::List> lists;
    if (all.empty()) {
      lists = index.lists().view(probes.lists());
    } else {
      for (uint32_t number : probes.lists()) lists.push_back(all[number]);
    }
    wave(q, count, probes, lists);
  }
}

// Null if there is nothing to test them against.
std::optional<SketchQueries> sketch_queries(const IndexIVF& index, const std::vector<InvertedLists::List>& lists,
                                            size_t nq, const float* xq) {
  if (index.sketch_space() == nullptr) return std::nullopt;
  const bool any = std::any_of(lists.begin(), lists.end(),
                               [](const auto& list) { return list.groups() > 0 || list.rest_rows() > 0; });
  if (!any) return std::nullopt;
  return std::optional<SketchQueries>(std::in_place, *index.sketch_space(), nq, xq);
}

// How many rows each query looks at.
std::vector<size_t> rows_visited(size_t nq, const Probes& probes, const std::vector<InvertedLists::List>& lists) {
  std::vector<size_t> rows(nq);
  for (size_t g = 0; g < lists.size(); ++g) {
    const Probes::Group& group = probes.groups()[g];
    for (size_t i = group.first; i < group.last; ++i) rows[probes.queries()[i]] += lists[g].size();
  }
  return rows;
}

}  // namespace

void ivf_search(const IndexIVF& index, size_t nq, const float* xq, size_t k, const SearchParams& params,
                float* distances, idx_t* labels) {
  const float sign = sign_of(index.metric());
  const size_t most = kMaxHeapBytes / sizeof(Candidate) / std::max<size_t>(1, std::min(k, index.ntotal()));
  for_each_wave(index, nq, xq, params, most, [&](size_t first, size_t count, const Probes& probes, const auto& lists) {
    std::deque<SharedTopK> results;
    for (size_t rows : rows_visited(count, probes, lists)) results.emplace_back(std::max<size_t>(1, std::min(k, rows)));
    const Labels resolved(params);
    const auto sketched = sketch_queries(index, lists, count, xq + first * index.d());
    const size_t seed_rows =
        (std::max(kSeedRows, 2 * std::min(k, kMaxListRows)) + kGroupRows - 1) / kGroupRows * kGroupRows;
    Batch(index, xq + first * index.d(), probes, lists, resolved, sketched ? &*sketched : nullptr, seed_rows,
          params.cancel)
        .run(results);
    for (size_t q = 0; q < count; ++q) {
      const std::vector<Candidate>& best = results[q].sort();
      const size_t row = (first + q) * k;
      for (size_t i = 0; i < k; ++i) {
        distances[row + i] = sign * (i < best.size() ? best[i].key : FLT_MAX);
        labels[row + i] = i < best.size() ? best[i].label : -1;
      }
    }
  });
}

void ivf_range_search(const IndexIVF& index, size_t nq, const float* xq, float radius, const SearchParams& params,
                      RangeResult* result) {
  const float sign = sign_of(index.metric());
  result->lims.assign(1, 0);
  result->labels.clear();
  result->distances.clear();
  for_each_wave(index, nq, xq, params, nq, [&](size_t first, size_t count, const Probes& probes, const auto& lists) {
    std::deque<SharedRange> results;
    for (size_t q = 0; q < count; ++q) results.emplace_back(sign * radius);
    const Labels resolved(params);
    const auto sketched = sketch_queries(index, lists, count, xq + first * index.d());
    Batch(index, xq + first * index.d(), probes, lists, resolved, sketched ? &*sketched : nullptr, 0, params.cancel)
        .run(results);
    for (SharedRange& found : results) {
      for (const Candidate& candidate : found.sort()) {
        result->distances.push_back(sign * candidate.key);
        result->labels.push_back(candidate.label);
      }
      result->lims.push_back(result->labels.size());
    }
  });
}

}  // namespace voronode
