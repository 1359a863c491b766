#include "ivf/ivf_search.h"

#include <algorithm>
#include <deque>
#include <thread>

#include "base/thread_pool.h"
#include "index/answer.h"
#include "ivf/ivf_scan.h"
#include "ivf/probes.h"

namespace voronode {
namespace {

// Queries that share a pass over a list, and rows of one task: together enough work to hide the hand-over, little
// enough to share out evenly.
constexpr size_t kTaskQueries = 96;
constexpr size_t kTaskRows = 4096;
constexpr size_t kSeedRows = 128;
// Of one wave: pairs of queries and lists, 24 bytes each while they are sorted.
constexpr size_t kMaxPairs = size_t{4} << 20;

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
  const std::vector<Candidate>& sort(const Cancel* cancel) { return heap_.sort(cancel); }

 private:
  SpinLock lock_;
  std::atomic<float> threshold_{std::numeric_limits<float>::infinity()};
  TopK heap_;
};

// All that one query finds within a radius, of all threads.
class SharedRange {
 public:
  SharedRange(float radius, MemoryWatch* watch) : radius_(radius), watch_(watch) {}
  float threshold() const noexcept { return radius_; }
  void accept(const Candidate* found, size_t n) {
    std::lock_guard<SpinLock> lock(lock_);
    for (size_t i = 0; i < n; ++i) {
      if (found[i].key < radius_) keep(found[i], watch_, &found_);
    }
  }
  size_t size() const noexcept { return found_.size(); }
  const std::vector<Candidate>& sort(const Cancel* cancel) {
    sort_nearest(&found_, cancel);
    return found_;
  }

 private:
  SpinLock lock_;
  float radius_;
  MemoryWatch* watch_;
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

// Some queries of a batch, and the lists that they visit.
struct Wave {
  size_t first;
  size_t nq;
  const float* xq;
  const Probes& probes;
  size_t changes;                          // of the lists, before their view
  std::vector<InvertedLists::List> lists;  // of each of probes.groups()

  // How many rows each query looks at.
  std::vector<size_t> rows_visited() const {
    std::vector<size_t> rows(nq);
    for (size_t g = 0; g < lists.size(); ++g) {
      const Probes::Group& group = probes.groups()[g];
      for (size_t i = group.first; i < group.last; ++i) rows[probes.queries()[i]] += lists[g].size();
    }
    return rows;
  }
};

// A run of a list for some of its queries.
struct Task {
  size_t group;
  size_t begin, end;               // rows
  size_t first_query, last_query;  // of Probes::queries()
};

class Batch {
 public:
  Batch(const ListSource& source, const Wave& wave, const ScanRules& rules)
      : source_(source),
        wave_(wave),
        named_(rules.named),
        cancel_(rules.cancel),
        scan_(source, rules),
        scratches_(source.d) {}

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
    for (size_t g = 0; g < wave_.lists.size(); ++g) {
      const auto [first, last] = queries_of(wave_.probes.groups()[g]);
      const size_t rows = rows_to_compare(g);
      if (rows == 0) continue;
      work += rows * (last - first);
      for (size_t row = 0; row < wave_.lists[g].size(); row += kTaskRows) {
        for (size_t query = first; query < last; query += kTaskQueries) {
          tasks.push_back(
              {g, row, std::min(wave_.lists[g].size(), row + kTaskRows), query, std::min(last, query + kTaskQueries)});
        }
      }
    }
    const auto body = [&](size_t task) { run_task(tasks[task], results); };
    if (work * source_.d >= kMinParallelFlops) {
      ThreadPool::instance().parallel_for(tasks.size(), cancel_, body);
    } else {
      for (size_t task = 0; task < tasks.size(); ++task) body(task);
    }
  }

  size_t rows_to_compare(size_t group) const noexcept {
    const size_t all = wave_.lists[group].size();
    return named_ == nullptr ? all : named_->in(wave_.probes.groups()[group].list, 0, all).size();
  }

  template <class Result>
  void run_task(const Task& task, std::deque<Result>& results) const {
    const size_t d = source_.d;
    const uint32_t* const queries = wave_.probes.queries().data() + task.first_query;
    const size_t nq = task.last_query - task.first_query;
    const ScratchPool::Loan scratch(scratches_);
    scratch->x.resize(nq * d);
    for (size_t q = 0; q < nq; ++q) std::copy_n(wave_.xq + queries[q] * d, d, scratch->x.data() + q * d);
    TaskSink<Result> sink{results, queries};
    const ListRun run{wave_.probes.groups()[task.group].list, wave_.lists[task.group], task.begin, task.end};
    scan_.run(run, {scratch->x.data(), nq, queries}, *scratch, sink);
  }

  const ListSource& source_;
  const Wave& wave_;
  const NamedPlaces* named_;
  const Cancel* cancel_;
  ListScan scan_;
  mutable ScratchPool scratches_;
};

// Calls search(wave) for waves of at most `most` queries; all see the lists of one moment.
template <class Search>
void for_each_wave(const ListSource& source, size_t nq, const float* xq, const SearchParams& params, size_t most,
                   const Search& search) {
  most = std::max<size_t>(1, std::min(most, kMaxPairs / std::max<size_t>(1, source.nprobe)));
  const size_t changes = source.lists.changes();
  std::vector<InvertedLists::List> all;
  if (most < nq) all = source.lists.view();
  for (size_t q = 0; q < nq; q += most) {
    const size_t count = std::min(most, nq - q);
    const float* const x = xq + q * source.d;
    const Probes probes(source.quantizer, count, x, source.nprobe, params.cancel);
    Wave wave{q, count, x, probes, changes, {}};
    if (all.empty()) {
      wave.lists = source.lists.view(probes.lists());
    } else {
      for (uint32_t number : probes.lists()) wave.lists.push_back(all[number]);
    }
    search(wave);
  }
}

std::optional<NamedPlaces> named_places(const ListSource& source, const Wave& wave, const SearchParams& params) {
  size_t rows = 0;
  for (const InvertedLists::List& list : wave.lists) rows += list.size();
  return NamedPlaces::of(source, params, {rows, wave.changes});
}

// Null if there is nothing to test them against.
std::optional<SketchQueries> sketch_queries(const ListSource& source, const Wave& wave) {
  if (source.space == nullptr) return std::nullopt;
  const bool any = std::any_of(wave.lists.begin(), wave.lists.end(),
                               [](const auto& list) { return list.groups() > 0 || list.rest_rows() > 0; });
  if (!any) return std::nullopt;
  return std::optional<SketchQueries>(std::in_place, *source.space, wave.nq, wave.xq);
}

// Everything that the queries of a wave find, into their results. The labels come after the view of the lists.
template <class Result>
void run(const ListSource& source, const Wave& wave, const SearchParams& params, size_t seeds,
         std::deque<Result>& results) {
  const Labels labels(params, source.rows());
  const auto named = named_places(source, wave, params);
  const auto sketched = named ? std::nullopt : sketch_queries(source, wave);
  Batch(source, wave, {labels, named ? &*named : nullptr, sketched ? &*sketched : nullptr, seeds, params.cancel})
      .run(results);
}

}  // namespace

void ivf_search(const ListSource& source, size_t nq, const float* xq, size_t k, const SearchParams& params,
                float* distances, idx_t* labels) {
  const size_t most = kMaxHeapBytes / sizeof(Candidate) / std::max<size_t>(1, std::min(k, source.lists.size()));
  for_each_wave(source, nq, xq, params, most, [&](const Wave& wave) {
    std::deque<SharedTopK> results;
    for (size_t rows : wave.rows_visited()) results.emplace_back(std::max<size_t>(1, std::min(k, rows)));
    run(source, wave, params, seed_rows(kSeedRows, std::min(k, kMaxListRows)), results);
    for (size_t q = 0; q < wave.nq; ++q) {
      const size_t row = (wave.first + q) * k;
      write_row(source.metric, k, results[q].sort(params.cancel), distances + row, labels + row);
    }
  });
}

void ivf_range_search(const ListSource& source, size_t nq, const float* xq, float radius, const SearchParams& params,
                      RangeResult* result) {
  RangeWriter writer(source.metric, result);
  MemoryWatch watch;
  for_each_wave(source, nq, xq, params, nq, [&](const Wave& wave) {
    std::deque<SharedRange> results;
    for (size_t q = 0; q < wave.nq; ++q) results.emplace_back(sign_of(source.metric) * radius, &watch);
    run(source, wave, params, 0, results);
    size_t total = 0;
    for (const SharedRange& found : results) total += found.size();
    writer.expect(total);
    for (SharedRange& found : results) writer.add(found.sort(params.cancel), params.cancel);
  });
}

}  // namespace voronode
