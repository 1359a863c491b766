// A call that works on data. The same object serves both ways of calling: in place (`…Sync`) or as a job on the thread
// pool.
//
// A subclass reads its arguments in the constructor, on the environment's thread: whatever runs scripts (selectors)
// comes before the first pointer into a typed array is taken.
#pragma once

#include <napi.h>

#include <exception>
#include <span>

#include "base/cancel.h"
#include "base/passage.h"
#include "base/task_queue.h"
#include "binding/handles.h"
#include "binding/transfer.h"

namespace voronode {

// Who hears of work under way.
class Listener {
 public:
  // There is something for Operation::tell. Any thread.
  virtual void news() noexcept = 0;

 protected:
  ~Listener() = default;
};

// What takes rows out goes on beside searches, unless so many lie there that they are to be moved away first.
inline Access changing_access(const Index& index) noexcept {
  return index.compaction() == Index::Compaction::kOverdue ? Access::kExclusive : Access::kAppend;
}

class Operation {
 public:
  // held: the index that is worked on; null if there is none yet.
  Operation(HeldPtr held, Access access) noexcept : held_(std::move(held)), access_(access) {}
  virtual ~Operation() = default;
  Operation(const Operation&) = delete;
  Operation& operator=(const Operation&) = delete;

  // Moves its inputs, if they were read with Taking::kTransfer: when nothing else can refuse the call any more.
  virtual void move_inputs(Napi::Env, const Transfer&) {}

  // The work. On any thread, with access() of the index's gate held (and of the other one's, if there are two); throws
  // whatever it likes. listener: null if it runs in place.
  virtual void execute(const Cancel* cancel, Listener* listener) = 0;

  // execute(), on memory that is what it was: else kCorrupt. What only reads is asked afterwards, too: see backing.h.
  void perform(const Cancel* cancel, Listener* listener) {
    check_backing();
    try {
      execute(cancel, listener);
    } catch (...) {
      check_backing();  // what went wrong may have come of that
      throw;
    }
    if (tells()) check_backing();
  }
  // Whether the result is what was read. What is written before it is told of must be asked about earlier.
  virtual bool tells() const noexcept { return access_ == Access::kRead; }
  void check_backing() const {
    if (index() != nullptr) index()->check_backing();
  }

  // On the environment's thread, while execute() runs or after it, at least once after its last news(). May run
  // scripts. What it throws ends the work, and is what the caller gets.
  virtual void tell(Napi::Env) {}

  // The result, on the environment's thread, after execute() returned.
  virtual napi_value finish(Napi::Env env) = 0;

  // What is known of the work before it is done.
  Effort effort() const noexcept {
    Effort effort;
    effort.nanoseconds = nanoseconds();
    effort.blocks = access_ == Access::kExclusive;
    if (shared_run_queries() != 0) {
      effort.kinship = index();
      effort.weight = shared_run_queries();
      effort.room = kSharedRunQueries;
    }
    return effort;
  }

  // ---- Operations that may run as one ----
  //
  // Queries in a run: a pass over the rows is shared by as many (kMaxGroup in index/flat_search.cc).
  static constexpr size_t kSharedRunQueries = 384;
  // Of them those of this operation; 0: it runs alone.
  virtual size_t shared_run_queries() const noexcept { return 0; }
  // Whether it may share a run with another one of the same index that says it may share one.
  virtual bool joins(const Operation&) const noexcept { return false; }
  // Executes all of `run`, of which this is the first; each fails on its own.
  struct Member {
    Operation* operation;
    std::exception_ptr failure;
  };
  virtual void execute_jointly(std::span<Member>, const Cancel&) noexcept {}

  Index* index() const noexcept { return held_ == nullptr ? nullptr : held_->index.get(); }
  Access access() const noexcept { return access_; }

  // The index that is changed together with index(), else null. Its gate is another one.
  virtual const HeldIndex* other() const noexcept { return nullptr; }

  // kUnsupported if it changes what must not be changed through this object: an index in a wrapper, which changes
  // through the wrapper only, else the two would get out of step; and one that was shared for reading.
  void check_allowed() const;

  // The gates to pass, null where there is none.
  Passage::Gates gates() const noexcept {
    return {held_ == nullptr ? nullptr : &index()->gate(), other() == nullptr ? nullptr : &other()->index->gate()};
  }

 protected:
  // How long it takes on one thread, roughly. Where nothing better is known: as long as all of the index is copied.
  virtual double nanoseconds() const noexcept {
    constexpr double kBytesPerNanosecond = 4;
    constexpr double kUnknown = 100e6;
    return index() == nullptr ? kUnknown : static_cast<double>(index()->allocated_bytes()) / kBytesPerNanosecond;
  }
  // What a core multiplies and adds in a nanosecond; with sketches it is several times as much.
  static constexpr double kWorkPerNanosecond = 50;
  // More iterations of k-means are rarely made, as it ends where nothing changes.
  static constexpr size_t kUsualIterations = 25;

  HeldIndex& held() const noexcept { return *held_; }

 private:
  HeldPtr held_;
  Access access_;
};

}  // namespace voronode
