// A call that works on data. The same object serves both ways of calling: in place (`…Sync`) or as a job on the thread
// pool.
//
// A subclass reads its arguments in the constructor, on the environment's thread: whatever runs scripts (selectors)
// comes before the first pointer into a typed array is taken.
#pragma once

#include <napi.h>

#include <array>

#include "base/cancel.h"
#include "base/gate.h"
#include "binding/handles.h"

namespace voronode {

// Who hears of work under way.
class Listener {
 public:
  // There is something for Operation::tell. Any thread.
  virtual void news() noexcept = 0;

 protected:
  ~Listener() = default;
};

class Operation {
 public:
  // held: the index that is worked on; null if there is none yet.
  Operation(HeldPtr held, Access access) noexcept : held_(std::move(held)), access_(access) {}
  virtual ~Operation() = default;
  Operation(const Operation&) = delete;
  Operation& operator=(const Operation&) = delete;

  // The work. On any thread, with access() of the index's gate held (and of the other one's, if there are two); throws
  // whatever it likes. listener: null if it runs in place.
  virtual void execute(const Cancel* cancel, Listener* listener) = 0;

  // On the environment's thread, while execute() runs or after it, at least once after its last news(). May run
  // scripts. What it throws ends the work, and is what the caller gets.
  virtual void tell(Napi::Env) {}

  // The result, on the environment's thread, after execute() returned.
  virtual napi_value finish(Napi::Env env) = 0;

  Index* index() const noexcept { return held_ == nullptr ? nullptr : held_->index.get(); }
  Access access() const noexcept { return access_; }

  // The index that is changed together with index(), else null. Its gate is another one.
  virtual Index* other() const noexcept { return nullptr; }

  // The gates to pass, null where there is none.
  std::array<Gate*, 2> gates() const noexcept {
    return {held_ == nullptr ? nullptr : &index()->gate(), other() == nullptr ? nullptr : &other()->gate()};
  }

 protected:
  HeldIndex& held() const noexcept { return *held_; }

 private:
  HeldPtr held_;
  Access access_;
};

}  // namespace voronode
