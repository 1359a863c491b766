// What changes an index: add, upsert, train, remove, merge, reset.
#include <algorithm>

#include "binding/args.h"
#include "binding/call.h"
#include "binding/clustering_arg.h"
#include "binding/exports.h"
#include "binding/input.h"
#include "binding/progress.h"
#include "binding/selector_arg.h"
#include "index/wrapper.h"

namespace voronode {
namespace {

// Vectors on their way into an index.
class TakesVectors : public Operation {
 public:
  void move_inputs(Napi::Env env, const Transfer& transfer) override { transfer.move(env, {&vectors_}); }
  napi_value finish(Napi::Env env) override {
    held().report_memory();
    return env.Undefined();
  }

 protected:
  TakesVectors(const Call& call, Access access, size_t token_at)
      : Operation(index_of(call.env, call[0]), access),
        vectors_(call.env, "vectors", call[1], call.taking(token_at)),
        n_(row_count("vectors", vectors_.size(), index()->d())) {}

  size_t n() const noexcept { return n_; }
  Input<float>& vectors() noexcept { return vectors_; }
  const float* checked_vectors(const Cancel* cancel) const {
    check_finite("vectors", n_, index()->d(), vectors_.data(), cancel);
    return vectors_.data();
  }

 private:
  Input<float> vectors_;
  size_t n_;
};

class Add final : public TakesVectors {
 public:
  static constexpr size_t kArgs = 2;
  explicit Add(const Call& call) : TakesVectors(call, Access::kAppend, kArgs) {}
  void execute(const Cancel* cancel, Listener*) override {
    index()->add(n(), checked_vectors(cancel), cancel);
    index()->tidy(access());
  }
  double nanoseconds() const noexcept override { return index()->add_work(n()) / kWorkPerNanosecond; }
};

// With an id for each.
class TakesRows : public TakesVectors {
 public:
  void move_inputs(Napi::Env env, const Transfer& transfer) override { transfer.move(env, {&vectors(), &ids_}); }

 protected:
  TakesRows(const Call& call, Access access, size_t token_at)
      : TakesVectors(call, access, token_at), ids_(call.env, "ids", call[2], call.taking(token_at)) {
    if (ids_.size() == n()) return;
    throw Error(Code::kOutOfRange,
                format("The value of \"ids.length\" is out of range. It must be %zu, one id per vector. "
                       "Received %zu",
                       n(), ids_.size()));
  }
  const idx_t* ids() const noexcept { return ids_.data(); }

 private:
  Input<int64_t> ids_;
};

class AddWithIds final : public TakesRows {
 public:
  static constexpr size_t kArgs = 3;
  explicit AddWithIds(const Call& call) : TakesRows(call, Access::kAppend, kArgs) {}
  void execute(const Cancel* cancel, Listener*) override {
    index()->add_with_ids(n(), checked_vectors(cancel), ids(), cancel);
    index()->tidy(access());
  }
  double nanoseconds() const noexcept override { return index()->add_work(n()) / kWorkPerNanosecond; }
};

// To find rows by their ids: between a look into a table and a look at each id.
double finding_nanoseconds(const Index& index) noexcept {
  constexpr double kPerRow = 0.1;
  return kPerRow * static_cast<double>(index.ntotal());
}

// (index, vectors, ids, mustExist, token)
class Upsert final : public TakesRows {
 public:
  static constexpr size_t kArgs = 4;
  explicit Upsert(const Call& call)
      : TakesRows(call, changing_access(*index_of(call.env, call[0])->index), kArgs),
        missing_(boolean_arg(call.env, "mustExist", call[3]) ? Index::Missing::kRefuse : Index::Missing::kAdd) {}
  void execute(const Cancel* cancel, Listener*) override {
    replaced_ = index()->upsert({n(), checked_vectors(cancel), ids()}, missing_, cancel);
    index()->tidy(access());
  }
  double nanoseconds() const noexcept override {
    return index()->add_work(n()) / kWorkPerNanosecond + finding_nanoseconds(*index());
  }
  napi_value finish(Napi::Env env) override {
    TakesVectors::finish(env);
    return Napi::Number::New(env, static_cast<double>(replaced_));
  }

 private:
  Index::Missing missing_;
  size_t replaced_ = 0;
};

class Train final : public TakesVectors {
 public:
  static constexpr size_t kArgs = 4;
  // The choice first: reading it may run scripts.
  explicit Train(const Call& call) : Train(call, ClusteringChoice(call.env, "params", call[2])) {}
  void execute(const Cancel* cancel, Listener* listener) override {
    const float* vectors = checked_vectors(cancel);
    const Clustering found = index()->train(n(), vectors, params_, cancel, progress_.sink(listener));
    // A transform may have changed d on the way in.
    if (found.few_points) few_for_ = found.centroids.size() / innermost(*index()).d();
  }
  void tell(Napi::Env env) override { progress_.tell(env); }
  double nanoseconds() const noexcept override {
    return index()->train_work(n(), std::min(params_.niter, kUsualIterations)) / kWorkPerNanosecond;
  }
  napi_value finish(Napi::Env env) override {
    TakesVectors::finish(env);
    return Napi::Number::New(env, static_cast<double>(few_for_));
  }

 private:
  Train(const Call& call, const ClusteringChoice& choice)
      : TakesVectors(call, Access::kExclusive, kArgs),
        params_(choice.over(index()->default_clustering())),
        progress_(call, 3) {}

  ClusteringParams params_;
  Progress progress_;
  size_t few_for_ = 0;  // centroids, if there were few vectors for them
};

class RemoveIds final : public Operation {
 public:
  static constexpr size_t kArgs = 2;
  explicit RemoveIds(const Call& call)
      : RemoveIds(index_of(call.env, call[0]), selector_arg(call.env, "selector", call[1])) {}
  void execute(const Cancel* cancel, Listener*) override {
    const SelectorPtr selector = selector_->build();
    check_selector(*index(), *selector);
    removed_ = index()->remove_ids(*selector, cancel);
    index()->tidy(access());
  }
  double nanoseconds() const noexcept override { return finding_nanoseconds(*index()); }
  napi_value finish(Napi::Env env) override {
    held().report_memory();
    return Napi::Number::New(env, static_cast<double>(removed_));
  }

 private:
  RemoveIds(const HeldPtr& held, SelectorSourcePtr selector)
      : Operation(held, changing_access(*held->index)), selector_(std::move(selector)) {}

  SelectorSourcePtr selector_;
  size_t removed_ = 0;
};

// (index, token)
class Reset final : public Operation {
 public:
  static constexpr size_t kArgs = 1;
  explicit Reset(const Call& call) : Operation(index_of(call.env, call[0]), Access::kExclusive) {}
  void execute(const Cancel*, Listener*) override { index()->reset(); }
  napi_value finish(Napi::Env env) override {
    held().report_memory();
    return env.Undefined();
  }
};

// (index, other, addId, token)
class MergeFrom final : public Operation {
 public:
  static constexpr size_t kArgs = 3;
  explicit MergeFrom(const Call& call)
      : Operation(index_of(call.env, call[0]), Access::kExclusive),
        other_(index_of(call.env, call[1])),
        add_id_(id_arg(call.env, "addId", call[2])) {
    if (&index()->gate() != &other_->index->gate()) return;
    throw Error(Code::kUnsupported, "An index cannot be merged into itself");
  }
  const HeldIndex* other() const noexcept override { return other_.get(); }
  double nanoseconds() const noexcept override {  // all rows of both are read or written once
    return static_cast<double>(index()->allocated_bytes() + other_->index->allocated_bytes());
  }
  void execute(const Cancel* cancel, Listener*) override { index()->merge_from(*other_->index, add_id_, cancel); }
  napi_value finish(Napi::Env env) override {
    held().report_memory();
    other_->report_memory();
    return env.Undefined();
  }

 private:
  HeldPtr other_;
  idx_t add_id_;
};

constexpr Export kExports[] = {
    {"add", entry_async<Add>},
    {"addSync", entry_sync<Add>},
    {"addWithIds", entry_async<AddWithIds>},
    {"addWithIdsSync", entry_sync<AddWithIds>},
    {"upsert", entry_async<Upsert>},
    {"upsertSync", entry_sync<Upsert>},
    {"train", entry_async<Train>},
    {"trainSync", entry_sync<Train>},
    {"removeIds", entry_async<RemoveIds>},
    {"removeIdsSync", entry_sync<RemoveIds>},
    {"mergeFrom", entry_async<MergeFrom>},
    {"mergeFromSync", entry_sync<MergeFrom>},
    {"reset", entry_async<Reset>},
    {"resetSync", entry_sync<Reset>},
};

}  // namespace

std::span<const Export> change_exports() noexcept { return kExports; }

}  // namespace voronode
