#include "binding/input.h"

#include <string>

#include "base/copy.h"
#include "binding/args.h"

namespace voronode {
namespace {

// Memory that another addon made a buffer of need not be aligned.
template <class T>
bool is_aligned(const T* data) noexcept {
  return reinterpret_cast<uintptr_t>(data) % alignof(T) == 0;
}

Error not_transferred(const char* name, const char* why) {
  return Error(Code::kInvalidArgValue, std::string("The argument '") + name + "' cannot be transferred: " + why);
}

}  // namespace

template <class T>
Input<T>::Input(Napi::Env env, const char* name, napi_value value, Taking taking)
    : Transferable(name, taking == Taking::kTransfer ? value : nullptr) {
  const ArrayView<T> view = array_arg<T>(env, name, value);
  data_ = view.data;
  size_ = view.size;
  if (taking == Taking::kTransfer) {
    if (view.shared) throw not_transferred(name, "it is on a SharedArrayBuffer, which stays with everybody");
    return;
  }
  if (taking == Taking::kCopy || view.shared || !is_aligned(view.data)) copy();
}

template <class T>
void Input<T>::replace(Napi::Env env, napi_value array) {
  const ArrayView<T> view = array_arg<T>(env, name(), array);
  if (view.shared || view.size != size_) throw not_transferred(name(), "a script changed it meanwhile");
  data_ = view.data;
  if (is_aligned(view.data)) {
    owned_ = Napi::Persistent(Napi::Object(env, array));
  } else {
    copy();
  }
}

template <class T>
void Input<T>::copy() {
  copy_ = std::make_unique<StagedArray<T>>(size_);
  copy_bytes(copy_->data(), data_, size_ * sizeof(T));
  data_ = copy_->data();
}

template class Input<float>;
template class Input<int64_t>;
template class Input<uint8_t>;

}  // namespace voronode
