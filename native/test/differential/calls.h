// Searches of an index, compared with its model: ids and bits.
#pragma once

#include <algorithm>
#include <deque>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "index/joint_search.h"
#include "test/differential/subject.h"
#include "test/threads.h"

namespace voronode::test {

class Calls {
 public:
  Calls(Choices& choices, Subject& subject) : choices_(choices), subject_(subject) {}

  // How many queries were compared.
  size_t run() {
    choose_params();
    const std::vector<float> xq = choose_queries();
    if (!subject_.model().can_transform(xq.size() / d(), xq.data())) return refused(xq);
    if (choices_.one_in(3)) return choices_.one_in(4) ? range_search_jointly(xq) : range_search(xq);
    return choices_.one_in(4) ? search_jointly(xq) : search(xq);
  }

 private:
  static constexpr size_t kMaxWork = size_t{1} << 20;  // components of a call that the model looks at

  size_t d() const { return subject_.model().kind().d; }
  size_t count() const { return subject_.model().rows().size(); }

  void choose_params() {
    const Kind& kind = subject_.model().kind();
    params_ = {};
    params_.set(kNprobe, std::max<size_t>(1, choices_.one_in(3) ? kind.nlist : choices_.between(1, kind.nlist + 2)));
    constexpr float kFactors[] = {1.0f, 1.5f, 2.0f, 7.3f, 100.0f};
    params_.set(kKFactor, choices_.any_of(kFactors));
    model_params_ = params_;
    if (!choices_.one_in(3)) return;
    if (choices_.one_in(4) && !kind.keyed) look_up_ids();
    Filter filter = choose_filter(subject_.labels(), choices_, subject_.namer());
    plain_.emplace(filter);
    filter_ = std::move(filter.selector);
    params_.filter = filter_.get();
    model_params_.filter = &*plain_;
  }

  // From now on the ids that a filter names are looked up (where they are looked up at all): the tables for it are made
  // after some searches that would have done with them.
  void look_up_ids() {
    SearchParams all;
    all.set(kNprobe, std::max<size_t>(1, subject_.model().kind().nlist));
    constexpr idx_t kOne = 1;
    const IDSelectorBatch one(1, &kOne);
    all.filter = &one;
    const std::vector<float> query(d());
    for (size_t i = 0; i < 40; ++i) test::search(subject_.index(), 1, query.data(), 1, all);
  }

  std::vector<float> choose_queries() {
    constexpr size_t kBatches[] = {1, 1, 2, 5, 6, 7, 16, 17, 40, 40, 60, 64, 95, 97, 200, 500};
    const size_t most = std::max<size_t>(1, kMaxWork / std::max<size_t>(1, count() * d()));
    const size_t nq = std::min(choices_.any_of(kBatches), most);
    std::vector<float> xq = subject_.data().vectors(nq);
    const std::vector<ModelRow>& rows = subject_.model().rows();
    const size_t same_as_rows = choices_.between(1, 4);
    Random& random = choices_.random();
    for (size_t q = 0; q < nq && !rows.empty(); ++q) {
      const std::vector<float>& row = rows[random.below(rows.size())].x;
      if (random.one_in(same_as_rows + 1))
        std::copy(row.begin(), row.end(), xq.begin() + static_cast<ptrdiff_t>(q * d()));
      if (random.one_in(2)) subject_.data().near(row.data(), xq.data() + q * d());
    }
    if (!choices_.one_in(3)) subject_.data().make_odd(xq.data() + random.below(nq) * d());
    return xq;
  }

  // One of the queries is beyond what the transforms can make of it.
  size_t refused(const std::vector<float>& xq) {
    try {
      test::search(subject_.index(), xq.size() / d(), xq.data(), 1, params_);
    } catch (const Error& error) {
      if (error.code() == Code::kOutOfRange) return 0;
      throw;
    }
    throw Difference("a query beyond what can be transformed was not refused");
  }

  size_t choose_k() {
    const size_t n = count();
    const size_t ks[] = {1, 2, 3, 10, 10, 50, 100, n / 2 + 1, std::max<size_t>(1, n), n + 1, n + 5};
    return choices_.any_of(ks);
  }

  size_t search(const std::vector<float>& xq) {
    const size_t nq = xq.size() / d();
    const size_t k = choose_k();
    compare("search", nq, xq.data(), k, test::search(subject_.index(), nq, xq.data(), k, params_));
    return nq;
  }

  void compare(const char* call, size_t nq, const float* xq, size_t k, const Answer& found) {
    for (size_t q = 0; q < nq; ++q) {
      const Answer expected = subject_.model().search(xq + q * d(), k, model_params_);
      const auto at = static_cast<ptrdiff_t>(q * k);
      const Answer one{{found.distances.begin() + at, found.distances.begin() + at + static_cast<ptrdiff_t>(k)},
                       {found.labels.begin() + at, found.labels.begin() + at + static_cast<ptrdiff_t>(k)}};
      if (!(one == expected)) fail(call, q, nq, k, one, expected);
    }
  }

  // The queries as those of several searches that became one, each with a k of its own where that is allowed.
  size_t search_jointly(const std::vector<float>& xq) {
    const size_t total = xq.size() / d();
    constexpr size_t kLargest = 1000;  // what may share a run
    const size_t first_k = std::min(choose_k(), kLargest);
    std::vector<Answer> found;
    std::vector<JointQuery> queries;
    for (size_t q = 0; q < total;) {
      const size_t nq = std::min(total - q, choices_.random().between(0, 4));
      const size_t wanted = choose_k();
      const size_t k = may_search_jointly(subject_.index(), first_k, wanted) ? wanted : first_k;
      found.push_back({std::vector<float>(nq * k), std::vector<idx_t>(nq * k)});
      queries.push_back({nq, xq.data() + q * d(), k, found.back().distances.data(), found.back().labels.data()});
      q += nq;
    }
    voronode::search_jointly(subject_.index(), queries, params_);
    for (size_t i = 0; i < queries.size(); ++i) {
      compare("search_jointly", queries[i].nq, queries[i].xq, queries[i].k, found[i]);
    }
    return total;
  }

  // At a distance that a row has (a tie), or anywhere.
  float choose_radius(const std::vector<float>& xq) {
    const Answer all = subject_.model().search(xq.data(), std::max<size_t>(1, count()), model_params_);
    float radius = all.distances[choices_.random().below(all.distances.size())];
    if (choices_.one_in(4)) radius = std::nextafter(radius, std::numeric_limits<float>::infinity());
    constexpr float kOthers[] = {0.0f, 1.0f, 1e30f, -1.0f, std::numeric_limits<float>::infinity()};
    if (choices_.one_in(6)) radius = choices_.any_of(kOthers);
    return std::isnan(radius) ? 1.0f : radius;
  }

  size_t range_search(const std::vector<float>& xq) {
    const size_t nq = xq.size() / d();
    const float radius = choose_radius(xq);
    RangeResult found;
    subject_.index().range_search(nq, xq.data(), radius, params_, &found);
    compare_range("range_search", {nq, xq.data(), &found}, radius);
    return nq;
  }

  // The queries as those of several searches that became one.
  size_t range_search_jointly(const std::vector<float>& xq) {
    const size_t total = xq.size() / d();
    const float radius = choose_radius(xq);
    std::deque<RangeResult> found;
    std::vector<JointRange> queries;
    for (size_t q = 0; q < total; q += queries.back().nq) {
      const size_t nq = std::min(total - q, choices_.random().between(0, 4));
      queries.push_back({nq, xq.data() + q * d(), &found.emplace_back()});
    }
    voronode::range_search_jointly(subject_.index(), queries, radius, params_);
    for (const JointRange& query : queries) compare_range("range_search_jointly", query, radius);
    return total;
  }

  void compare_range(const char* call, const JointRange& query, float radius) {
    const auto& [nq, xq, result] = query;
    const auto& [lims, labels, distances] = *result;
    expect_same(lims.size() == nq + 1 && lims[0] == 0 && lims[nq] == labels.size(), "the limits of a range");
    for (size_t q = 0; q < nq; ++q) {
      const auto begin = static_cast<ptrdiff_t>(lims[q]);
      const auto end = static_cast<ptrdiff_t>(lims[q + 1]);
      const Answer one{{distances.begin() + begin, distances.begin() + end},
                       {labels.begin() + begin, labels.begin() + end}};
      const Answer expected = subject_.model().range_search(xq + q * d(), radius, model_params_);
      if (!(one == expected)) fail(call, q, nq, 0, one, expected);
    }
  }

  [[noreturn]] void fail(const char* call, size_t q, size_t nq, size_t k, const Answer& found, const Answer& expected) {
    size_t at = 0;
    const size_t both = std::min(found.labels.size(), expected.labels.size());
    while (at < both && found.labels[at] == expected.labels[at] && same(found.distances[at], expected.distances[at]))
      ++at;
    const auto entry = [&](const Answer& a) {
      return at < a.labels.size()
                 ? format("%lld at %g", static_cast<long long>(a.labels[at]), static_cast<double>(a.distances[at]))
                 : std::string("nothing");
    };
    throw Difference(format("%s, %zu rows: query %zu of %zu, k %zu, nprobe %g, %s: place %zu is %s, should be %s", call,
                            count(), q, nq, k, params_.get(kNprobe, 0), filter_ ? "filtered" : "not filtered", at,
                            entry(found).c_str(), entry(expected).c_str()));
  }

  Choices& choices_;
  Subject& subject_;
  SearchParams params_;
  SearchParams model_params_;  // the same, with the plain filter
  SelectorPtr filter_;
  std::optional<PlainFilter> plain_;
};

}  // namespace voronode::test
