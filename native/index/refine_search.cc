// The searches of IndexRefine: the base's answer, by slots; the distances of its candidates; their order.
#include <algorithm>
#include <optional>

#include "base/aligned.h"
#include "base/free_memory.h"
#include "base/poll.h"
#include "base/thread_pool.h"
#include "filter/selector_batch.h"
#include "index/answer.h"
#include "index/labels.h"
#include "index/refine.h"
#include "index/sparse_filter.h"
#include "kernels/kernels.h"
#include "storage/topk.h"

namespace voronode {
namespace {

constexpr idx_t kNone = -1;
// Components of candidates in a task: some ten microseconds, which is what waking a thread costs.
constexpr size_t kTaskComponents = size_t{1} << 18;
// Candidates in a task that orders them.
constexpr size_t kTaskOrdered = 8192;
// Pairs in a call of the kernel: enough that memory is kept busy.
constexpr size_t kPairs = 64;

// A filter by labels, as the base asks it: by slots.
class SlotFilter final : public IDSelector {
 public:
  explicit SlotFilter(const Labels& labels) : labels_(labels) {}
  bool is_member(idx_t slot) const noexcept override {
    idx_t label;
    return labels_.label(slot, &label);
  }

 private:
  const Labels& labels_;
};

// What the base is asked: about the same rows, which it labels by slots.
class BaseParams {
 public:
  BaseParams(const SearchParams& params, const RowNumbers::View& rows) : params_(params), labels_(params, &rows) {
    params_.ids = nullptr;
    params_.slots = &rows;
    if (params.filter == nullptr || (params.ids == nullptr && rows.dense())) return;
    if (const auto slots = named_rows(labels_, params)) {
      const std::vector<idx_t> ids(slots->begin(), slots->end());
      params_.filter = &few_.emplace(ids.size(), ids.data());
      return;
    }
    params_.filter = &filter_.emplace(labels_);
  }
  BaseParams(const BaseParams&) = delete;
  BaseParams& operator=(const BaseParams&) = delete;
  const SearchParams& get() const noexcept { return params_; }

 private:
  SearchParams params_;
  Labels labels_;
  std::optional<IDSelectorBatch> few_;
  std::optional<SlotFilter> filter_;
};

// What is compared: keys[i] becomes that of the row candidates[i] for the query that query_of(i) points at; candidates that
// are -1 have none.
template <class QueryOf>
struct Compared {
  const StoredRows& rows;
  size_t d;
  Metric metric;
  const idx_t* candidates;
  const QueryOf& query_of;
  float* keys;
};

template <class QueryOf>
void compute_keys(const Compared<QueryOf>& c, size_t begin, size_t end) {
  const PairsKernel kernel = pairs_kernel(c.metric);
  AlignedArray<float> room(kPairs * c.d);  // decoded
  const float* x[kPairs];
  const float* y[kPairs];
  size_t places[kPairs];
  float found[kPairs];
  size_t count = 0;
  const auto compare = [&] {
    for (size_t p = 0; p < count; ++p) {
      y[p] = c.rows.row(static_cast<size_t>(c.candidates[places[p]]), room.data() + p * c.d);
    }
    kernel(x, y, count, c.d, found);
    for (size_t p = 0; p < count; ++p) c.keys[places[p]] = found[p];
    count = 0;
  };
  for (size_t i = begin; i < end; ++i) {
    if (c.candidates[i] == kNone) continue;
    places[count] = i;
    x[count] = c.query_of(i);
    c.rows.prefetch(static_cast<size_t>(c.candidates[i]));
    if (++count == kPairs) compare();
  }
  compare();
}

// The same for all n candidates, by all threads.
template <class QueryOf>
void compute_all_keys(const Compared<QueryOf>& compared, size_t n, const Cancel* cancel) {
  const size_t task = std::max<size_t>(1, kTaskComponents / compared.d);
  ThreadPool::instance().parallel_for(ceil_div(n, task), cancel,
                                      [&](size_t t) { compute_keys(compared, t * task, std::min(n, (t + 1) * task)); });
}

// The candidates of one query, up to `room` of them before those that are missing, under their labels.
std::vector<Candidate> labelled(const Labels& labels, const idx_t* candidates, const float* keys, size_t room) {
  const auto count = static_cast<size_t>(std::find(candidates, candidates + room, kNone) - candidates);
  std::vector<Candidate> out;
  out.reserve(count);
  for (size_t i = 0; i < count; ++i) {
    Candidate candidate{keys[i], 0};
    labels.label(candidates[i], &candidate.label);
    out.push_back(candidate);
  }
  return out;
}

// All pass: the base has asked the filter.
Labels labels_of(const SearchParams& params, const RowNumbers::View& rows) {
  SearchParams all = params;
  all.filter = nullptr;
  return {all, &rows};
}

// Where the base puts its answer: candidates for each of nq queries, `room` for each.
struct Candidates {
  Candidates(size_t nq, size_t room)
      : claim(checked_mul(checked_mul(nq, room), sizeof(float) + sizeof(idx_t))),
        keys(checked_mul(nq, room)),
        rows(checked_mul(nq, room)) {}
  MemoryClaim claim;
  AlignedArray<float> keys;
  AlignedArray<idx_t> rows;
};

// How many candidates the base is asked for, in float32 as in Faiss.
size_t wanted_candidates(size_t k, float k_factor) noexcept {
  return std::max(k, static_cast<size_t>(static_cast<float>(k) * k_factor));
}

}  // namespace

float IndexRefine::factor_of(const SearchParams& params) const noexcept {
  return static_cast<float>(params.get(kKFactor, static_cast<double>(k_factor())));
}

void IndexRefine::search(size_t nq, const float* xq, size_t k, const SearchParams& params, float* distances,
                         idx_t* labels) const {
  require_trained();
  const RowNumbers::View seen = searched_rows(params);
  const BaseParams asked(params, seen);
  const size_t wanted = wanted_candidates(k, factor_of(params));
  // With one candidate a neighbour the base answers into the results. Else there is no more room than there are rows.
  std::optional<Candidates> candidates;
  float* keys = distances;
  idx_t* found = labels;
  size_t room = k;
  if (wanted > k) {
    room = std::max<size_t>(1, std::min(wanted, seen.size()));
    candidates.emplace(nq, room);
    keys = candidates->keys.data();
    found = candidates->rows.data();
  }
  base().search(nq, xq, room, asked.get(), keys, found);

  const auto query_of = [&](size_t i) { return xq + i / room * d(); };
  const auto rows = rows_->stored_rows();
  compute_all_keys(Compared<decltype(query_of)>{*rows, d(), metric(), found, query_of, keys}, nq * room, params.cancel);

  const Labels resolved = labels_of(params, seen);
  const size_t task = std::max<size_t>(1, kTaskOrdered / room);
  ThreadPool::instance().parallel_for(ceil_div(nq, task), params.cancel, [&](size_t t) {
    for (size_t q = t * task; q < std::min(nq, (t + 1) * task); ++q) {
      std::vector<Candidate> best = labelled(resolved, found + q * room, keys + q * room, room);
      const size_t kept = std::min(k, best.size());
      size_t compared = 0;
      std::partial_sort(best.begin(), best.begin() + static_cast<ptrdiff_t>(kept), best.end(),
                        PolledNearer(params.cancel, &compared));
      best.resize(kept);
      write_row(metric(), k, best, distances + q * k, labels + q * k);
    }
  });
}

namespace {

// A radius that takes in more the larger the factor. (Faiss multiplies inner products too, which takes in fewer.)
float widened(Metric metric, float radius, float k_factor) noexcept {
  return sign_of(metric) < 0 && radius > 0 ? radius / k_factor : radius * k_factor;
}

}  // namespace

void IndexRefine::range_search(size_t nq, const float* xq, float radius, const SearchParams& params,
                               RangeResult* result) const {
  require_trained();
  const float factor = factor_of(params);
  RangeResult found;
  const RowNumbers::View seen = searched_rows(params);
  base().range_search(nq, xq, widened(metric(), radius, factor), BaseParams(params, seen).get(), &found);

  const auto query_of = [&](size_t i) {
    const auto after = std::upper_bound(found.lims.begin(), found.lims.end(), i);
    return xq + static_cast<size_t>(after - found.lims.begin() - 1) * d();
  };
  const auto rows = rows_->stored_rows();
  const Compared<decltype(query_of)> compared{
      *rows, d(), metric(), found.labels.data(), query_of, found.distances.data()};
  compute_all_keys(compared, found.labels.size(), params.cancel);

  const Labels resolved = labels_of(params, seen);
  const float sign = sign_of(metric());
  RangeWriter writer(metric(), result);
  writer.expect(found.labels.size());
  for (size_t q = 0; q < nq; ++q) {
    poll(params.cancel);
    const size_t begin = found.lims[q];
    std::vector<Candidate> near =
        labelled(resolved, found.labels.data() + begin, found.distances.data() + begin, found.lims[q + 1] - begin);
    std::erase_if(near, [&](const Candidate& candidate) { return !(candidate.key < sign * radius); });
    sort_nearest(&near, params.cancel);
    writer.add(near, params.cancel);
  }
}

}  // namespace voronode
