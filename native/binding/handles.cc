#include "binding/handles.h"

#include <utility>

#include "base/error.h"
#include "binding/args.h"
#include "binding/errors.h"
#include "binding/tagged.h"

namespace voronode {

const napi_type_tag& tag_of(HandleKind kind) noexcept {
  // A random number, and an address in this copy of the addon: a process may hold several (two versions of the package),
  // whose objects are laid out differently. Environments share the copy and its tags.
  static constexpr char kThisCopy = 0;
  static const napi_type_tag kTags[] = {
      {0x7c5e1f0b92d34a68, reinterpret_cast<uintptr_t>(&kThisCopy)},
      {0x2fd80a6be1947c35, reinterpret_cast<uintptr_t>(&kThisCopy)},
      {0x51b6c3e07a28f49d, reinterpret_cast<uintptr_t>(&kThisCopy)},
      {0x1e93d7a45c0b86f2, reinterpret_cast<uintptr_t>(&kThisCopy)},
  };
  return kTags[static_cast<size_t>(kind)];
}

namespace {

constexpr int64_t kSweepEvery = int64_t{32} << 20;  // bytes of growth: what V8 takes for worth a thought of collecting

template <class T>
T& unwrap(Napi::Env env, napi_value value, HandleKind kind, const char* name, const char* expected) {
  T* const object = handled<T>(env, value, kind);
  if (object == nullptr) throw wrong_type(env, name, expected, value);
  return *object;
}

}  // namespace

class IndexHandle {
 public:
  IndexHandle(std::shared_ptr<Handles> handles, HeldPtr held) noexcept
      : held_(std::move(held)), handles_(std::move(handles)), next_(handles_->first_) {
    if (next_ != nullptr) next_->prev_ = this;
    handles_->first_ = this;
  }
  ~IndexHandle() {
    (prev_ != nullptr ? prev_->next_ : handles_->first_) = next_;
    if (next_ != nullptr) next_->prev_ = prev_;
  }
  IndexHandle(const IndexHandle&) = delete;
  IndexHandle& operator=(const IndexHandle&) = delete;

  static napi_value wrap(Napi::Env env, std::unique_ptr<IndexHandle> handle) {
    const Napi::Object object = Napi::Object::New(env);
    check_status(env, napi_type_tag_object(env, object, &tag_of(HandleKind::kIndex)));
    check_status(env, napi_wrap(env, object, handle.get(), finalize, nullptr, &handle->weak_));
    handle.release();
    return object;
  }

  // Whether the object was collected although its finalizer has not run yet.
  bool collected(napi_env env) const noexcept {
    napi_value object = nullptr;
    return napi_get_reference_value(env, weak_, &object) == napi_ok && object == nullptr;
  }

  const HeldPtr& held() const noexcept { return held_; }
  IndexHandle* next() const noexcept { return next_; }
  HeldPtr close() noexcept { return std::exchange(held_, nullptr); }

 private:
  static void finalize(napi_env env, void* data, void*) noexcept {
    const std::unique_ptr<IndexHandle> handle(static_cast<IndexHandle*>(data));
    napi_delete_reference(env, handle->weak_);
  }

  HeldPtr held_;  // null: closed
  std::shared_ptr<Handles> handles_;
  napi_ref weak_ = nullptr;
  IndexHandle* prev_ = nullptr;
  IndexHandle* next_;
};

void Handles::memory_changed(int64_t bytes) noexcept {
  if (env_ == nullptr || bytes == 0) return;
  int64_t total = 0;
  napi_adjust_external_memory(env_, bytes, &total);
  if (bytes < 0) return;
  growth_ += bytes;
  if (growth_ >= kSweepEvery) sweep();
}

void Handles::sweep() noexcept {
  growth_ = 0;
  for (IndexHandle* handle = first_; handle != nullptr; handle = handle->next()) {
    napi_handle_scope scope = nullptr;
    if (napi_open_handle_scope(env_, &scope) != napi_ok) return;
    if (handle->held() != nullptr && handle->collected(env_)) handle->close();
    napi_close_handle_scope(env_, scope);
  }
}

void HeldIndex::report_memory() noexcept {
  if (holding != Holding::kOwned) return;
  const auto bytes = static_cast<int64_t>(index->allocated_bytes());
  const int64_t change = bytes - reported_;
  reported_ = bytes;
  handles_->memory_changed(change);
}

void HeldIndex::check_changeable() const {
  if (holding != Holding::kReadOnly) return;
  throw Error(Code::kUnsupported, "This index was shared with { readonly: true }: it cannot be changed from here");
}

napi_value new_index_handle(Napi::Env env, const std::shared_ptr<Handles>& handles, std::shared_ptr<Index> index,
                            Holding holding) {
  HeldPtr held = std::make_shared<HeldIndex>(handles, std::move(index), holding);
  const bool reports = !held->index->wrapped();
  const napi_value handle = IndexHandle::wrap(env, std::make_unique<IndexHandle>(handles, held));
  if (reports) held->report_memory();
  return handle;
}

HeldPtr index_of(Napi::Env env, napi_value handle) {
  HeldPtr held = unwrap<IndexHandle>(env, handle, HandleKind::kIndex, "index", "an index of this package").held();
  if (held == nullptr) throw Error(Code::kClosed, "The index is closed");
  return held;
}

HeldPtr changeable_index_of(Napi::Env env, napi_value handle) {
  HeldPtr held = index_of(env, handle);
  held->check_changeable();
  return held;
}

HeldPtr close_index(Napi::Env env, napi_value handle) {
  return unwrap<IndexHandle>(env, handle, HandleKind::kIndex, "index", "an index of this package").close();
}

napi_value new_token(Napi::Env env, bool background, bool transfers) {
  return new_handle(env, HandleKind::kToken,
                    std::make_unique<TokenPtr>(std::make_shared<Token>(background, transfers)));
}

TokenPtr token_of(Napi::Env env, napi_value token) {
  return unwrap<TokenPtr>(env, token, HandleKind::kToken, "token", "a token of this package");
}

}  // namespace voronode
