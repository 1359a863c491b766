// Indexes to and from files and bytes.
#include <string>
#include <vector>

#include "binding/args.h"
#include "binding/call.h"
#include "binding/exports.h"
#include "binding/input.h"
#include "io/index_io.h"

namespace voronode {
namespace {

// An index comes to be.
class Makes : public Operation {
 public:
  napi_value finish(Napi::Env env) override { return new_index_handle(env, handles_, std::move(index_)); }

 protected:
  explicit Makes(const Call& call) : Operation(nullptr, Access::kRead), handles_(call.environment.handles) {}
  std::shared_ptr<Index> index_;

 private:
  std::shared_ptr<Handles> handles_;
};

class ReadIndex final : public Makes {
 public:
  static constexpr size_t kArgs = 1;
  explicit ReadIndex(const Call& call) : Makes(call), path_(path_arg(call.env, call[0])) {}
  void execute(const Cancel* cancel, Listener*) override { index_ = read_index(path_, cancel); }

 private:
  std::string path_;
};

// (path, verify, token)
class MapIndex final : public Makes {
 public:
  static constexpr size_t kArgs = 2;
  explicit MapIndex(const Call& call)
      : Makes(call), path_(path_arg(call.env, call[0])), verify_(boolean_arg(call.env, "verify", call[1])) {}
  void execute(const Cancel* cancel, Listener*) override { index_ = map_index(path_, verify_, cancel); }

 private:
  std::string path_;
  bool verify_;
};

class DeserializeIndex final : public Makes {
 public:
  static constexpr size_t kArgs = 1;
  explicit DeserializeIndex(const Call& call) : Makes(call), bytes_(call.env, "bytes", call[0], call.taking(kArgs)) {}
  void move_inputs(Napi::Env env, const Transfer& transfer) override { transfer.move(env, {&bytes_}); }
  void execute(const Cancel* cancel, Listener*) override {
    index_ = deserialize_index(bytes_.data(), bytes_.size(), cancel);
  }

 private:
  Input<uint8_t> bytes_;
};

class WriteIndex final : public Operation {
 public:
  static constexpr size_t kArgs = 4;
  explicit WriteIndex(const Call& call)
      : Operation(index_of(call.env, call[0]), Access::kRead),
        path_(path_arg(call.env, call[1])),
        save_{boolean_arg(call.env, "atomic", call[2]) ? Saving::kAtomic : Saving::kInPlace,
              boolean_arg(call.env, "mappable", call[3])} {}
  void execute(const Cancel* cancel, Listener*) override { write_index(*index(), path_, cancel, save_); }
  // A file that is in its place is whole: write_index has seen to that.
  bool tells() const noexcept override { return false; }
  napi_value finish(Napi::Env env) override { return env.Undefined(); }

 private:
  std::string path_;
  Save save_;
};

class SerializeIndex final : public Operation {
 public:
  static constexpr size_t kArgs = 1;
  explicit SerializeIndex(const Call& call)
      : Operation(index_of(call.env, call[0]), Access::kRead), arrays_(call.environment.arrays) {}
  void execute(const Cancel* cancel, Listener*) override { bytes_ = serialize_index(*index(), cancel); }
  napi_value finish(Napi::Env env) override { return arrays_.copy(env, bytes_.data(), bytes_.size()); }

 private:
  const Arrays& arrays_;
  std::vector<uint8_t> bytes_;
};

constexpr Export kExports[] = {
    {"readIndex", entry_async<ReadIndex>},
    {"readIndexSync", entry_sync<ReadIndex>},
    {"mapIndex", entry_async<MapIndex>},
    {"mapIndexSync", entry_sync<MapIndex>},
    {"writeIndex", entry_async<WriteIndex>},
    {"writeIndexSync", entry_sync<WriteIndex>},
    {"serializeIndex", entry_async<SerializeIndex>},
    {"serializeIndexSync", entry_sync<SerializeIndex>},
    {"deserializeIndex", entry_async<DeserializeIndex>},
    {"deserializeIndexSync", entry_sync<DeserializeIndex>},
};

}  // namespace

std::span<const Export> file_exports() noexcept { return kExports; }

}  // namespace voronode
