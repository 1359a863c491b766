// search and rangeSearch.
#include <algorithm>
#include <cmath>
#include <limits>

#include "base/free_memory.h"
#include "binding/args.h"
#include "binding/call.h"
#include "binding/errors.h"
#include "binding/exports.h"
#include "binding/function_filter.h"
#include "binding/input.h"
#include "binding/search_params_arg.h"
#include "binding/selector_arg.h"
#include "index/joint_search.h"
#include "index/key_map.h"

namespace voronode {
namespace {

// Searches for more than so many queries gain little from others beside them.
constexpr size_t kFewQueries = 64;

// What both searches take: the index, the queries, the filter, and values of the index's search parameters.
class Query : public Operation {
 public:
  static constexpr size_t kArgs = 5;
  void move_inputs(Napi::Env env, const Transfer& transfer) override { transfer.move(env, {&queries_}); }

 protected:
  explicit Query(const Call& call)
      : Operation(index_of(call.env, call[0]), Access::kRead),
        function_(FunctionFilter::of(call, call[3])),
        filter_(function_ ? nullptr : filter_arg(call.env, call.environment.selectors, call[3])),
        params_(search_params_arg(call.env, *index(), call[4])),
        queries_(call.env, "queries", call[1], function_ ? Taking::kCopy : call.taking(kArgs)),
        nq_(row_count("queries", queries_.size(), index()->d())),
        key_map_(dynamic_cast<const IndexKeyMap*>(index())) {}

  size_t nq() const noexcept { return nq_; }
  double nanoseconds() const noexcept override { return index()->search_work(nq_, params_) / kWorkPerNanosecond; }
  size_t shared_run_queries() const noexcept override {
    return nq_ <= kFewQueries && function_ == nullptr ? std::max<size_t>(1, nq_) : 0;
  }
  void execute_jointly(std::span<Member> run, const Cancel& cancel) noexcept override {
    std::vector<Query*> fit;
    try {
      fit.reserve(run.size());
      for (Member& member : run) {
        if (query_of(member).is_fit(&member)) fit.push_back(&query_of(member));
      }
      if (fit.empty()) return;
      search_together(fit, filtered_params(&cancel));
      for (Query* query : fit) query->note_what_was_found();
      return;
    } catch (...) {
      // Whose fault it was, and what the others find, comes out when each searches alone.
    }
    for (Member& member : run) {
      if (!member.failure) query_of(member).search_alone(&member, cancel);
    }
  }

 protected:
  // All of one kind, all of which join the first.
  virtual void search_together(std::span<Query* const> queries, const SearchParams& params) = 0;
  // Once the answer is there.
  virtual void note_what_was_found() = 0;
  // Whether both find the same for the same queries and the same k or radius.
  bool agrees(const Query& other) const noexcept {
    return filter_ == other.filter_ && params_.same_choices(other.params_);
  }
  void check_queries(const Cancel* cancel) const { check_finite("queries", nq_, index()->d(), queries(), cancel); }

  // search(), with finite queries and the filter built.
  template <class Search>
  void run(const Cancel* cancel, const Search& search) {
    check_queries(cancel);
    params_ = filtered_params(cancel);
    if (!function_) return search();
    params_.filter = function_.get();
    function_->run([&](const Cancel* stop) {
      params_.cancel = stop;
      search();
    });
  }
  const float* queries() const noexcept { return queries_.data(); }
  const SearchParams& params() const noexcept { return params_; }

  // Of an IndexKeyMap also gives the keys of what was found, while its labels mean something.
  void note_keys(std::span<const idx_t> labels) {
    if (key_map_ != nullptr) keys_ = key_map_->packed_keys(labels);
  }
  napi_value with_keys(Napi::Env env, Napi::Object found, const Arrays& arrays) const {
    if (key_map_ == nullptr) return found;
    const napi_property_descriptor keys = property("keys", arrays.copy(env, keys_.data(), keys_.size()));
    check_status(env, napi_define_properties(env, found, 1, &keys));
    return found;
  }

 private:
  static Query& query_of(const Member& member) noexcept { return static_cast<Query&>(*member.operation); }

  // Whether it can be searched for; else the member has failed.
  bool is_fit(Member* self) const noexcept {
    if (self->failure) return false;
    try {
      check_queries(nullptr);
    } catch (...) {
      self->failure = std::current_exception();
    }
    return !self->failure;
  }
  void search_alone(Member* self, const Cancel& cancel) noexcept {
    try {
      execute(&cancel, nullptr);
    } catch (...) {
      self->failure = std::current_exception();
    }
  }
  // With the filter, which is built now if it was not before.
  SearchParams filtered_params(const Cancel* cancel) const {
    SearchParams params = params_;
    if (filter_ != nullptr) {
      params.filter = &filter_->get();
      check_selector(*index(), *params.filter);
    }
    params.cancel = cancel;
    return params;
  }

  std::unique_ptr<FunctionFilter> function_;
  SharedSelectorPtr filter_;
  SearchParams params_;
  Input<float> queries_;
  size_t nq_;
  const IndexKeyMap* key_map_;  // null: the index is none
  std::vector<uint8_t> keys_;
};

// The answer takes 12 bytes a neighbour, and 8 more while its labels are copied to JavaScript's memory (arrays.h).
constexpr size_t kBytesPerNeighbour = 20;

class Search final : public Query {
 public:
  explicit Search(const Call& call)
      : Query(call),
        arrays_(call.environment.arrays),
        k_(static_cast<size_t>(integer_arg(call.env, "k", call[2], 1, std::numeric_limits<int32_t>::max()))),
        claim_(checked_mul(checked_mul(nq(), k_), kBytesPerNeighbour)),
        distances_(checked_mul(nq(), k_)),
        labels_(distances_.size()) {}
  void execute(const Cancel* cancel, Listener*) override {
    run(cancel, [&] { index()->search(nq(), queries(), k_, params(), distances_.data(), labels_.data()); });
    note_what_was_found();
  }

  // With what it takes to write the answer, or padding.
  double nanoseconds() const noexcept override {
    return Query::nanoseconds() + kBytesPerNeighbour * static_cast<double>(distances_.size());
  }
  bool joins(const Operation& first) const noexcept override {
    const auto* const other = dynamic_cast<const Search*>(&first);
    return other != nullptr && may_search_jointly(*index(), k_, other->k_) && agrees(*other);
  }
  napi_value finish(Napi::Env env) override {
    const napi_value distances = arrays_.settle(env, &distances_);
    const napi_value labels = arrays_.settle(env, &labels_);
    return with_keys(env, object_with(env, {property("distances", distances), property("labels", labels)}), arrays_);
  }

 private:
  void search_together(std::span<Query* const> queries, const SearchParams& params) override {
    std::vector<JointQuery> joint;
    joint.reserve(queries.size());
    for (Query* query : queries) joint.push_back(static_cast<Search*>(query)->joint_query());
    search_jointly(*index(), joint, params);
  }
  void note_what_was_found() override { note_keys({labels_.data(), labels_.size()}); }
  JointQuery joint_query() noexcept { return {nq(), queries(), k_, distances_.data(), labels_.data()}; }

  const Arrays& arrays_;
  size_t k_;
  MemoryClaim claim_;  // k comes from anywhere
  Pending<float> distances_;
  Pending<idx_t> labels_;
};

class RangeSearch final : public Query {
 public:
  explicit RangeSearch(const Call& call)
      : Query(call), arrays_(call.environment.arrays), radius_(radius_arg(call.env, call[2])) {}
  void execute(const Cancel* cancel, Listener*) override {
    run(cancel, [&] { index()->range_search(nq(), queries(), radius_, params(), &result_); });
    note_what_was_found();
  }
  bool joins(const Operation& first) const noexcept override {
    const auto* const other = dynamic_cast<const RangeSearch*>(&first);
    return other != nullptr && radius_ == other->radius_ && agrees(*other);
  }
  napi_value finish(Napi::Env env) override {
    const ResultArray<double> lims = arrays_.make<double>(env, result_.lims.size());
    for (size_t i = 0; i < result_.lims.size(); ++i) lims.data[i] = static_cast<double>(result_.lims[i]);
    const napi_value distances = arrays_.copy(env, result_.distances.data(), result_.distances.size());
    const napi_value labels = arrays_.copy(env, result_.labels.data(), result_.labels.size());
    return with_keys(
        env,
        object_with(env, {property("lims", lims.value), property("distances", distances), property("labels", labels)}),
        arrays_);
  }

 private:
  static float radius_arg(Napi::Env env, napi_value value) {
    const double radius = number_arg(env, "radius", value);
    if (std::isnan(radius)) {
      throw Error(Code::kOutOfRange, "The value of \"radius\" is out of range. It must be a number. Received NaN");
    }
    return static_cast<float>(radius);
  }

  void search_together(std::span<Query* const> queries, const SearchParams& params) override {
    std::vector<JointRange> joint;
    joint.reserve(queries.size());
    for (Query* query : queries) joint.push_back(static_cast<RangeSearch*>(query)->joint_range());
    range_search_jointly(*index(), joint, radius_, params);
  }
  void note_what_was_found() override { note_keys(result_.labels); }
  JointRange joint_range() noexcept { return {nq(), queries(), &result_}; }

  const Arrays& arrays_;
  float radius_;
  RangeResult result_;
};

constexpr Export kExports[] = {
    {"search", entry_async<Search>},
    {"searchSync", entry_sync<Search>},
    {"rangeSearch", entry_async<RangeSearch>},
    {"rangeSearchSync", entry_sync<RangeSearch>},
};

}  // namespace

std::span<const Export> search_exports() noexcept { return kExports; }

}  // namespace voronode
