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
// A waiter is a node in the caller's own memory: entering and leaving allocate nothing and cannot fail. Work does not
// come here itself: it has a Passage (passage.h), or a GateHold (gate_hold.h).
#pragma once

#include <cstddef>
#include <mutex>

namespace voronode {

enum class Access { kRead, kAppend, kExclusive };

class Gate {
 public:
  class Waiter {
   public:
    // Called for each grant, without the gate's lock: by enter() itself if the gate is free, else by the thread that
    // made room. Must be quick (hand work to a pool) and must not throw.
    virtual void granted() noexcept = 0;

   protected:
    ~Waiter() = default;

    // An exclusive grant is wanted by somebody who must not wait for it. Whether it was not used yet, and never will be:
    // the waiter then waits again, before all others. Called with the gate's lock.
    virtual bool give_back() noexcept { return false; }

   private:
    friend class Gate;
    Access access_ = Access::kRead;
    Waiter* next_ = nullptr;
  };

  Gate() = default;
  Gate(const Gate&) = delete;
  Gate& operator=(const Gate&) = delete;

  // kFirst: before all who wait, and also before an exclusive waiter that gives its grant back.
  enum class Place { kLast, kFirst };

  // REQUIRES: `waiter` stays alive until granted() was called; if its access is exclusive, until leave(). Each grant is
  // answered by one leave(access).
  void enter(Waiter& waiter, Access access, Place place = Place::kLast) noexcept;
  void leave(Access access) noexcept;

  // Takes a waiter that was not granted out of the queue; false if it does not stand there.
  bool withdraw(Waiter& waiter) noexcept;

  // Who appends takes exclusivity as well, if nobody reads just now; nobody is made to wait for it. Without waiting.
  bool try_exclude() noexcept;
  // And gives it back; who appends still does.
  void end_exclusion() noexcept;

 private:
  struct Ready {
    Waiter* first = nullptr;  // null: none
    Waiter* last = nullptr;
  };
  static void grant(const Ready& ready) noexcept;
  bool try_start(Waiter& waiter) noexcept;
  Ready take_ready() noexcept;
  void push_first(Waiter& waiter) noexcept;
  void push_last(Waiter& waiter) noexcept;

  std::mutex mutex_;
  Waiter* head_ = nullptr;
  Waiter* tail_ = nullptr;
  size_t readers_ = 0;
  bool appending_ = false;
  bool exclusive_ = false;
  Waiter* excluding_ = nullptr;  // whom the exclusive grant is for
};

}  // namespace voronode
