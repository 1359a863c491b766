// A call that works on data. The same object serves both ways of calling: in place (`…Sync`) or as a job on the thread
// pool.
//
// A subclass reads its arguments in the constructor, on the environment's thread: whatever runs scripts (selectors)
// comes before the first pointer into a typed array is taken.
#pragma once

#include <napi.h>

#include "base/cancel.h"
#include "base/gate.h"
#include "binding/handles.h"

namespace voronode {

class Operation {
 public:
  // held: the index that is worked on; null if there is none yet.
  Operation(HeldPtr held, Access access) noexcept : held_(std::move(held)), access_(access) {}
  virtual ~Operation() = default;
  Operation(const Operation&) = delete;
  Operation& operator=(const Operation&) = delete;

  // The work. On any thread, with access() of the index's gate held; throws whatever it likes.
  virtual void execute(const Cancel* cancel) = 0;

  // The result, on the environment's thread, after execute() returned.
  virtual napi_value finish(Napi::Env env) = 0;

  Index* index() const noexcept { return held_ == nullptr ? nullptr : held_->index.get(); }
  Gate* gate() const noexcept { return held_ == nullptr ? nullptr : &index()->gate(); }
  Access access() const noexcept { return access_; }

 protected:
  HeldIndex& held() const noexcept { return *held_; }

 private:
  HeldPtr held_;
  Access access_;
};

}  // namespace voronode
