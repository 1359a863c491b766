#include "binding/selector_arg.h"

#include <string>
#include <vector>

#include "binding/args.h"
#include "binding/errors.h"
#include "binding/tagged.h"
#include "filter/selector_batch.h"
#include "filter/selector_keys.h"
#include "index/key_map.h"

namespace voronode {
namespace {

using Sharing = std::weak_ptr<SharedSelector>;

constexpr int kMaxDepth = 64;
constexpr int kMaxParts = 1024;  // each is asked for every row

class Range final : public SelectorSource {
 public:
  Range(idx_t min, idx_t max) noexcept : min_(min), max_(max) {}
  SelectorPtr build() const override { return std::make_unique<IDSelectorRange>(min_, max_); }

 private:
  idx_t min_, max_;
};

class Batch final : public SelectorSource {
 public:
  explicit Batch(const ArrayView<int64_t>& ids) : ids_(ids.data, ids.data + ids.size) {}
  SelectorPtr build() const override { return std::make_unique<IDSelectorBatch>(ids_.size(), ids_.data()); }

 private:
  std::vector<idx_t> ids_;
};

class Bitmap final : public SelectorSource {
 public:
  explicit Bitmap(const ArrayView<uint8_t>& bits) : bits_(bits.data, bits.data + bits.size) {}
  SelectorPtr build() const override { return std::make_unique<IDSelectorBitmap>(bits_); }

 private:
  std::vector<uint8_t> bits_;
};

class KeySet final : public SelectorSource {
 public:
  explicit KeySet(const ArrayView<uint8_t>& packed) : packed_(packed.data, packed.data + packed.size) {}
  SelectorPtr build() const override {
    std::vector<uint8_t> packed = packed_;
    std::vector<std::string_view> keys = unpack_keys(packed);  // moving the bytes leaves them where they are
    return std::make_unique<IDSelectorKeys>(std::move(packed), std::move(keys));
  }

 private:
  std::vector<uint8_t> packed_;
};

class Not final : public SelectorSource {
 public:
  explicit Not(SelectorSourcePtr of) noexcept : of_(std::move(of)) {}
  SelectorPtr build() const override { return std::make_unique<IDSelectorNot>(of_->build()); }

 private:
  SelectorSourcePtr of_;
};

class Binary final : public SelectorSource {
 public:
  Binary(SetOperation op, SelectorSourcePtr a, SelectorSourcePtr b) noexcept
      : op_(op), a_(std::move(a)), b_(std::move(b)) {}
  SelectorPtr build() const override {
    SelectorPtr a = a_->build();
    return std::make_unique<IDSelectorBinary>(op_, std::move(a), b_->build());
  }

 private:
  SetOperation op_;
  SelectorSourcePtr a_, b_;
};

class Reader {
 public:
  Reader(Napi::Env env, const char* name) noexcept : env_(env), name_(name) {}

  SelectorSourcePtr read(napi_value value, int depth) {
    if (depth > kMaxDepth) throw too_much("nest up to ", kMaxDepth, " deep");
    if (++parts_ > kMaxParts) throw too_much("have up to ", kMaxParts, " parts");
    const Napi::HandleScope scope(env_);
    if (!Napi::Value(env_, value).IsObject()) throw wrong_type(env_, name_, "a selector", value);
    const Napi::Object object(env_, value);
    const std::string type = string_arg(env_, "type", object.Get("type"));
    if (type == "range") {
      const idx_t min = id_arg(env_, "min", object.Get("min"));
      return std::make_unique<Range>(min, id_arg(env_, "max", object.Get("max")));
    }
    if (type == "batch") return std::make_unique<Batch>(array_arg<int64_t>(env_, "ids", object.Get("ids")));
    if (type == "bitmap") return std::make_unique<Bitmap>(array_arg<uint8_t>(env_, "bits", object.Get("bits")));
    if (type == "keys") return std::make_unique<KeySet>(array_arg<uint8_t>(env_, "keys", object.Get("keys")));
    if (type == "not") return std::make_unique<Not>(read(object.Get("of"), depth + 1));
    if (type == "and") return binary(SetOperation::kAnd, object, depth);
    if (type == "or") return binary(SetOperation::kOr, object, depth);
    if (type == "xor") return binary(SetOperation::kXor, object, depth);
    throw Error(Code::kInvalidArgValue,
                std::string("The argument '") + name_ + "' has a type of selector that is not known");
  }

 private:
  SelectorSourcePtr binary(SetOperation op, const Napi::Object& object, int depth) {
    SelectorSourcePtr a = read(object.Get("a"), depth + 1);
    return std::make_unique<Binary>(op, std::move(a), read(object.Get("b"), depth + 1));
  }

  static Error too_much(const char* before, int limit, const char* after) {
    return Error(Code::kUnsupported, std::string("Selectors ") + before + std::to_string(limit) + after);
  }

  Napi::Env env_;
  const char* name_;
  int parts_ = 0;
};

}  // namespace

SelectorSourcePtr selector_arg(Napi::Env env, const char* name, napi_value value) {
  return Reader(env, name).read(value, 1);
}

void check_selector(const Index& index, const IDSelector& selector) {
  if (!selector.has_keys() || dynamic_cast<const IndexKeyMap*>(&index) != nullptr) return;
  throw Error(Code::kUnsupported,
              format("This %s has no keys; an IndexKeyMap has: new IndexKeyMap(index)", index.kind()));
}

SharedSelectorPtr filter_arg(Napi::Env env, const std::shared_ptr<KeptSelectors>& kept, napi_value value) {
  if (is_undefined(env, value)) return nullptr;
  if (!Napi::Value(env, value).IsObject()) throw wrong_type(env, "filter", "a selector", value);
  const Napi::Object object(env, value);
  const Napi::Value by = object.Get("by");
  Sharing* const sharing = handled<Sharing>(env, by, HandleKind::kSharing);
  if (sharing == nullptr) return std::make_shared<SharedSelector>(selector_arg(env, "filter", value));
  SharedSelectorPtr selector = sharing->lock();
  if (selector != nullptr) {
    kept->used(selector);
    return selector;
  }
  selector = std::make_shared<SharedSelector>(selector_arg(env, "filter", object.Get("of")), kept);
  *sharing = selector;
  return selector;
}

napi_value new_sharing(Napi::Env env) { return new_handle(env, HandleKind::kSharing, std::make_unique<Sharing>()); }

}  // namespace voronode
