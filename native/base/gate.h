// Who may use an index when: a readers-writer lock that can be waited for without a thread.
//
//            running:  read   append   exclusive
//   may start read      yes    yes      no
//             append    yes    no       no
//             exclusive no     no       no
//
// Searches, saves and reconstructs read; adds, removals and upserts append (what searches saw stays where it is, so they
// go on beside them); training, merging and reset are exclusive. Entry is first come, first served, but for one rule: a
// read may pass waiting appends, which do not disturb it. So neither readers nor writers starve.
//
// A waiter is a node in the caller's own memory: entering and leaving allocate nothing and cannot fail.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <mutex>

namespace voronode {

enum class Access { kRead, kAppend, kExclusive };

class Gate {
 public:
  class Waiter {
   public:
    // Called once, without the gate's lock: by enter() itself if the gate is free, else by the thread whose leave()
    // made room. Must be quick (hand work to a pool) and must not throw.
    virtual void granted() noexcept = 0;

   protected:
    ~Waiter() = default;

   private:
    friend class Gate;
    Access access_ = Access::kRead;
    Waiter* next_ = nullptr;
  };

  Gate() = default;
  Gate(const Gate&) = delete;
  Gate& operator=(const Gate&) = delete;

  // REQUIRES: `waiter` stays alive until granted() was called. Each grant is answered by one leave(access).
  void enter(Waiter& waiter, Access access) noexcept;
  void leave(Access access) noexcept;

  // Who appends takes exclusivity as well, if nobody reads just now; nobody is made to wait for it. Without waiting.
  bool try_exclude() noexcept;
  // And gives it back; who appends still does.
  void end_exclusion() noexcept;

 private:
  static void grant(Waiter* ready) noexcept;
  bool try_start(Access access) noexcept;
  Waiter* take_ready() noexcept;

  std::mutex mutex_;
  Waiter* head_ = nullptr;
  Waiter* tail_ = nullptr;
  size_t readers_ = 0;
  bool appending_ = false;
  bool exclusive_ = false;
};

// Holds a gate for the life of a scope; the calling thread blocks until it is let in.
//
// Within that scope a script may run (a filter function does, in a search) and come back on the same thread. A thread
// that waited for itself would wait for ever: so it reads a gate that it reads already, whoever waits there, and is
// refused everything else (kUnsupported).
class GateHold {
 public:
  GateHold(Gate& gate, Access access);
  ~GateHold();
  GateHold(const GateHold&) = delete;
  GateHold& operator=(const GateHold&) = delete;

  // Whether a hold of the calling thread lives.
  static bool here(const Gate& gate) noexcept { return innermost(gate) != nullptr; }

 private:
  static const GateHold* innermost(const Gate& gate) noexcept;

  Gate& gate_;
  Access access_;
  bool within_;  // another hold of this thread, which has entered
  const GateHold* outer_;
};

}  // namespace voronode
