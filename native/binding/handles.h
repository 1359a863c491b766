// Handles (tagged.h) of indexes and of tokens.
#pragma once

#include <napi.h>

#include <cstdint>
#include <memory>

#include "base/cancel.h"
#include "index/index.h"

namespace voronode {

class IndexHandle;
class Job;

// What the garbage collector should know about one environment's indexes. JavaScript sees a few bytes where megabytes
// hang, so changes of their memory are reported. Lives until the last handle is gone, which may be after the
// environment's end.
class Handles {
 public:
  explicit Handles(napi_env env) noexcept : env_(env) {}
  Handles(const Handles&) = delete;
  Handles& operator=(const Handles&) = delete;

  // The environment's thread only. After growth it lets go of the indexes whose handles were collected: Node runs
  // finalizers from its event loop only, and a loop of synchronous calls would pile up dead indexes until then.
  void memory_changed(int64_t bytes) noexcept;

  // The environment ends: nothing is reported from now on.
  void close() noexcept { env_ = nullptr; }

 private:
  friend class IndexHandle;
  void sweep() noexcept;

  napi_env env_;
  IndexHandle* first_ = nullptr;
  int64_t growth_ = 0;  // bytes since the last sweep
};

// What an environment has of an index.
enum class Holding {
  kOwned,     // made here: its memory is reported here
  kAdopted,   // shared by another environment, or by this one
  kReadOnly,  // likewise, and not to be changed
};

// An index with the memory that was reported for it: one object, shared by a handle and the jobs that work through it.
// The environment's thread only, but for index.
class HeldIndex {
 public:
  HeldIndex(std::shared_ptr<Handles> handles, std::shared_ptr<Index> held, Holding holding_) noexcept
      : index(std::move(held)), holding(holding_), handles_(std::move(handles)) {}
  ~HeldIndex() { handles_->memory_changed(-reported_); }
  HeldIndex(const HeldIndex&) = delete;
  HeldIndex& operator=(const HeldIndex&) = delete;

  // To be called after each change. The memory of an index in a wrapper is reported by the wrapper, through which it
  // grows. (What it held before, the centroids of a quantizer, is counted twice as long as its own handle lives.)
  void report_memory() noexcept;

  // kUnsupported if it is not to be changed from here. Any thread.
  void check_changeable() const;

  const std::shared_ptr<Index> index;
  const Holding holding;

 private:
  std::shared_ptr<Handles> handles_;
  int64_t reported_ = 0;
};

using HeldPtr = std::shared_ptr<HeldIndex>;

napi_value new_index_handle(Napi::Env env, const std::shared_ptr<Handles>& handles, std::shared_ptr<Index> index,
                            Holding holding = Holding::kOwned);

// The index of a handle. Throws kInvalidArgType for anything else, kClosed after close_index.
HeldPtr index_of(Napi::Env env, napi_value handle);
// The same of one that is to be changed: kUnsupported if it must not be.
HeldPtr changeable_index_of(Napi::Env env, napi_value handle);

// Lets go of the index, and returns it; null if that was done before.
HeldPtr close_index(Napi::Env env, napi_value handle);

// How long an asynchronous operation waited and ran.
struct RunTimes {
  size_t calls = 0;  // that shared the run, this one included; 0: it never ran
  double queued_ms = 0;
  double run_ms = 0;
};

// How the caller wants its asynchronous operations: a token may be that of several.
struct Token {
  Token() = default;
  Token(bool background_, bool transfers_) noexcept : background(background_), transfers(transfers_) {}
  Cancel cancel;
  const bool background = false;  // everything else goes first
  const bool transfers = false;   // typed arrays are moved, not copied
  // The environment's thread only:
  Job* jobs = nullptr;  // that bear it and are not settled
  bool timed = false;   // operations that begin from now on are timed; as a rule that is one
  RunTimes times;       // of the last of them that is settled
};
using TokenPtr = std::shared_ptr<Token>;

napi_value new_token(Napi::Env env, bool background, bool transfers);
TokenPtr token_of(Napi::Env env, napi_value token);

}  // namespace voronode
