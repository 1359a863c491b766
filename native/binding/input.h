// What an operation reads from a typed array, for as long as it works.
#pragma once

#include <napi.h>

#include <cstddef>
#include <memory>

#include "base/staging.h"

namespace voronode {

enum class Taking {
  kBorrow,    // reads the array itself: a synchronous call blocks the only thread that could change it
  kCopy,      // the caller may do with the array what it likes at once
  kTransfer,  // moves it out of the caller's reach (binding/transfer.h), after the operation was constructed
};

// What Transfer moves.
class Transferable {
 public:
  virtual ~Transferable() = default;
  Transferable(const Transferable&) = delete;
  Transferable& operator=(const Transferable&) = delete;

  const char* name() const noexcept { return name_; }
  // The caller's array, within the call from JavaScript; null if it is not to be transferred.
  napi_value array() const noexcept { return array_; }
  // Its elements, which nobody else can reach, are in another array now. Throws kInvalidArgValue if they are others.
  virtual void replace(Napi::Env env, napi_value array) = 0;

 protected:
  Transferable(const char* name, napi_value array) noexcept : name_(name), array_(array) {}

 private:
  const char* name_;
  napi_value array_;
};

template <class T>
class Input final : public Transferable {
 public:
  // Borrows nothing that is shared, which other threads may change: that is copied, and not transferred
  // (kInvalidArgValue). REQUIRES: if borrowed, no script runs until the last use; if to be transferred, replace()
  // comes before the first use.
  Input(Napi::Env env, const char* name, napi_value value, Taking taking);

  void replace(Napi::Env env, napi_value array) override;

  const T* data() const noexcept { return data_; }
  size_t size() const noexcept { return size_; }

 private:
  void copy();

  std::unique_ptr<StagedArray<T>> copy_;
  Napi::ObjectReference owned_;  // keeps what was transferred
  const T* data_;
  size_t size_;
};

extern template class Input<float>;
extern template class Input<int64_t>;
extern template class Input<uint8_t>;

}  // namespace voronode
