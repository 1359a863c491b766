// Indexes to and from files and bytes.
#include <string>
#include <vector>

#include "base/copy.h"
#include "binding/args.h"
#include "binding/call.h"
#include "binding/exports.h"
#include "binding/input.h"
#include "binding/tagged.h"
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

// Bytes that are taken out piece by piece: an array of all of them, made at once, holds up the event loop for a second
// where they are half a gigabyte.
struct Serialized {
  std::vector<uint8_t> bytes;
};

class SerializeIndex final : public Operation {
 public:
  static constexpr size_t kArgs = 1;
  explicit SerializeIndex(const Call& call)
      : Operation(index_of(call.env, call[0]), Access::kRead), arrays_(call.environment.arrays), sync_(call.sync) {}
  void execute(const Cancel* cancel, Listener*) override { bytes_ = serialize_index(*index(), cancel); }
  napi_value finish(Napi::Env env) override {
    if (sync_ || bytes_.size() <= kAtOnce) return arrays_.copy(env, bytes_.data(), bytes_.size());
    const auto length = static_cast<double>(bytes_.size());
    const napi_value handle =
        new_handle(env, HandleKind::kBytes, std::make_unique<Serialized>(Serialized{std::move(bytes_)}));
    const napi_property_descriptor property_of_length = property("length", Napi::Number::New(env, length));
    check_status(env, napi_define_properties(env, handle, 1, &property_of_length));
    return handle;
  }

 private:
  static constexpr size_t kAtOnce = size_t{1} << 20;  // within a millisecond
  const Arrays& arrays_;
  const bool sync_;
  std::vector<uint8_t> bytes_;
};

// (bytes, begin, to): bytes [begin, begin + to.length) into `to`. With the last one all are let go.
napi_value take_bytes(const Call& call) {
  auto* const serialized = handled<Serialized>(call.env, call[0], HandleKind::kBytes);
  if (serialized == nullptr) throw wrong_type(call.env, "bytes", "bytes of this package", call[0]);
  std::vector<uint8_t>& bytes = serialized->bytes;
  const auto begin = static_cast<size_t>(integer_arg(call.env, "begin", call[1], 0, bytes.size()));
  const ArrayView<uint8_t> to = array_arg<uint8_t>(call.env, "to", call[2]);
  if (to.size > bytes.size() - begin) {
    throw Error(Code::kOutOfRange,
                format("The value of \"to\" is out of range. It must have a length of %zu at the most. "
                       "Received %zu",
                       bytes.size() - begin, to.size));
  }
  copy_bytes(to.data, bytes.data() + begin, to.size);
  if (begin + to.size == bytes.size()) std::vector<uint8_t>().swap(bytes);
  return call.env.Undefined();
}

constexpr Export kExports[] = {
    {"readIndex", entry_async<ReadIndex>},
    {"readIndexSync", entry_sync<ReadIndex>},
    {"mapIndex", entry_async<MapIndex>},
    {"mapIndexSync", entry_sync<MapIndex>},
    {"writeIndex", entry_async<WriteIndex>},
    {"writeIndexSync", entry_sync<WriteIndex>},
    {"serializeIndex", entry_async<SerializeIndex>},
    {"serializeIndexSync", entry_sync<SerializeIndex>},
    {"takeBytes", entry<take_bytes>},
    {"deserializeIndex", entry_async<DeserializeIndex>},
    {"deserializeIndexSync", entry_sync<DeserializeIndex>},
};

}  // namespace

std::span<const Export> file_exports() noexcept { return kExports; }

}  // namespace voronode
