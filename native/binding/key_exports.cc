// What an IndexKeyMap does with keys. Keys come and go as packed lists (storage/key_list.h).
#include "base/checked.h"
#include "base/gate_hold.h"
#include "binding/args.h"
#include "binding/arrays.h"
#include "binding/call.h"
#include "binding/exports.h"
#include "binding/input.h"
#include "index/key_map.h"

namespace voronode {
namespace {

// ns to find a row by its key, once there is a table.
constexpr double kLookUp = 500;

IndexKeyMap& as_key_map(Index& index) {
  if (auto* map = dynamic_cast<IndexKeyMap*>(&index)) return *map;
  throw Error(Code::kInvalidArgType, format("The index must be an IndexKeyMap. Received %s", index.kind()));
}

// Keys on their way in. They are no array of the caller's, so they are never moved.
class TakenKeys {
 public:
  TakenKeys(const Call& call, size_t at)
      : packed_(call.env, "keys", call[at], call.sync ? Taking::kBorrow : Taking::kCopy) {}
  std::vector<std::string_view> unpack() const { return unpack_keys({packed_.data(), packed_.size()}); }
  size_t bytes() const noexcept { return packed_.size(); }

 private:
  Input<uint8_t> packed_;
};

napi_value key_map(const Call& call) {
  const HeldPtr inner = changeable_index_of(call.env, call[0]);
  // Exclusive: adds that were queued earlier must be through before the map asks whether the index is empty.
  const GateHold hold(inner->index->gate(), Access::kExclusive);
  return new_index_handle(call.env, call.environment.handles, std::make_shared<IndexKeyMap>(inner->index));
}

// Vectors with a key for each.
class TakesKeyedRows : public Operation {
 public:
  void move_inputs(Napi::Env env, const Transfer& transfer) override { transfer.move(env, {&vectors_}); }
  double nanoseconds() const noexcept override {
    return index()->add_work(n_) / kWorkPerNanosecond + kLookUp * static_cast<double>(n_);
  }

 protected:
  TakesKeyedRows(const Call& call, size_t token_at)
      : Operation(index_of(call.env, call[0]), changing_access(*index_of(call.env, call[0])->index)),
        map_(as_key_map(*index())),
        vectors_(call.env, "vectors", call[1], call.taking(token_at)),
        n_(row_count("vectors", vectors_.size(), index()->d())),
        keys_(call, 2) {}

  // f(rows), checked.
  template <class F>
  void with_rows(const Cancel* cancel, const F& f) const {
    check_finite("vectors", n_, index()->d(), vectors_.data(), cancel);
    const std::vector<std::string_view> keys = keys_.unpack();
    if (keys.size() != n_) {
      throw Error(Code::kOutOfRange, format("The value of \"keys.length\" is out of range. It must be %zu, one key per "
                                            "vector. Received %zu",
                                            n_, keys.size()));
    }
    f(IndexKeyMap::KeyedRows{vectors_.data(), keys});
  }
  IndexKeyMap& map() const noexcept { return map_; }

 private:
  IndexKeyMap& map_;
  Input<float> vectors_;
  size_t n_;
  TakenKeys keys_;
};

// (index, vectors, keys, token)
class AddWithKeys final : public TakesKeyedRows {
 public:
  static constexpr size_t kArgs = 3;
  explicit AddWithKeys(const Call& call) : TakesKeyedRows(call, kArgs) {}
  void execute(const Cancel* cancel, Listener*) override {
    with_rows(cancel, [&](const IndexKeyMap::KeyedRows& rows) { map().add_with_keys(rows, cancel); });
    index()->tidy(access());
  }
  napi_value finish(Napi::Env env) override {
    held().report_memory();
    return env.Undefined();
  }
};

// (index, vectors, keys, mustExist, token)
class UpsertKeys final : public TakesKeyedRows {
 public:
  static constexpr size_t kArgs = 4;
  explicit UpsertKeys(const Call& call)
      : TakesKeyedRows(call, kArgs),
        missing_(boolean_arg(call.env, "mustExist", call[3]) ? Index::Missing::kRefuse : Index::Missing::kAdd) {}
  void execute(const Cancel* cancel, Listener*) override {
    with_rows(cancel,
              [&](const IndexKeyMap::KeyedRows& rows) { replaced_ = map().upsert_keys(rows, missing_, cancel); });
    index()->tidy(access());
  }
  napi_value finish(Napi::Env env) override {
    held().report_memory();
    return Napi::Number::New(env, static_cast<double>(replaced_));
  }

 private:
  Index::Missing missing_;
  size_t replaced_ = 0;
};

// (index, keys, token)
class ReconstructKeys final : public Operation {
 public:
  static constexpr size_t kArgs = 2;
  explicit ReconstructKeys(const Call& call)
      : Operation(index_of(call.env, call[0]), Access::kRead),
        arrays_(call.environment.arrays),
        map_(as_key_map(*index())),
        keys_(call, 1) {}
  void execute(const Cancel* cancel, Listener*) override {
    const std::vector<std::string_view> keys = keys_.unpack();
    vectors_ = std::make_unique<Pending<float>>(checked_mul(keys.size(), map_.d()));
    map_.reconstruct_keys(keys, vectors_->data(), cancel);
  }
  // A key has a byte at the least.
  double nanoseconds() const noexcept override { return kLookUp * static_cast<double>(keys_.bytes()); }
  napi_value finish(Napi::Env env) override { return arrays_.settle(env, vectors_.get()); }

 private:
  const Arrays& arrays_;
  const IndexKeyMap& map_;
  TakenKeys keys_;
  std::unique_ptr<Pending<float>> vectors_;
};

// (index, key, token)
class HasKey final : public Operation {
 public:
  static constexpr size_t kArgs = 2;
  explicit HasKey(const Call& call)
      : Operation(index_of(call.env, call[0]), Access::kRead), map_(as_key_map(*index())), keys_(call, 1) {}
  void execute(const Cancel*, Listener*) override {
    const std::vector<std::string_view> keys = keys_.unpack();
    if (keys.size() != 1) throw Error(Code::kInvalidArgValue, "The argument 'keys' must be of one key");
    found_ = map_.has_key(keys[0]);
  }
  double nanoseconds() const noexcept override { return kLookUp; }
  napi_value finish(Napi::Env env) override { return Napi::Boolean::New(env, found_); }

 private:
  const IndexKeyMap& map_;
  TakenKeys keys_;
  bool found_ = false;
};

// (index, token)
class KeysOfIndex final : public Operation {
 public:
  static constexpr size_t kArgs = 1;
  explicit KeysOfIndex(const Call& call)
      : Operation(index_of(call.env, call[0]), Access::kRead),
        arrays_(call.environment.arrays),
        map_(as_key_map(*index())) {}
  void execute(const Cancel*, Listener*) override { keys_ = map_.packed_keys(); }
  napi_value finish(Napi::Env env) override { return arrays_.copy(env, keys_.data(), keys_.size()); }

 private:
  const Arrays& arrays_;
  const IndexKeyMap& map_;
  std::vector<uint8_t> keys_;
};

constexpr Export kExports[] = {
    {"keyMap", entry<key_map>},
    {"addWithKeys", entry_async<AddWithKeys>},
    {"addWithKeysSync", entry_sync<AddWithKeys>},
    {"upsertKeys", entry_async<UpsertKeys>},
    {"upsertKeysSync", entry_sync<UpsertKeys>},
    {"reconstructKeys", entry_async<ReconstructKeys>},
    {"reconstructKeysSync", entry_sync<ReconstructKeys>},
    {"hasKey", entry_async<HasKey>},
    {"hasKeySync", entry_sync<HasKey>},
    {"keys", entry_async<KeysOfIndex>},
    {"keysSync", entry_sync<KeysOfIndex>},
};

}  // namespace

std::span<const Export> key_exports() noexcept { return kExports; }

}  // namespace voronode
