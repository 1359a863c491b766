// The gates that a piece of work passes: one as a rule, two if it changes two indexes together.
//
// Work on one index comes from several threads of JavaScript, so A <- B and B <- A may come at the same moment. Whoever
// needs two gates queues at both under one lock of the process; then it stands in the same order at both, and no two
// each hold what the other waits for. Until it has both it holds neither for good: who must not wait (GateHold) takes
// back the one.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>

#include "base/gate.h"

namespace voronode {

class Passage {
 public:
  // Null where there is none.
  using Gates = std::array<Gate*, 2>;
  // REQUIRES: kExclusive, if there are two gates.
  Passage(const Gates& gates, Access access) noexcept;
  Passage(const Passage&) = delete;
  Passage& operator=(const Passage&) = delete;

  // REQUIRES: this stays alive until passed() was called, then until leave(). Once for each passage.
  void enter(Gate::Place place = Gate::Place::kLast) noexcept;

  // Gives up the wait for gates that were not passed yet: passed() is called all the same, soon, and the work must then
  // not be done. To be called again until that has happened, as a gate may have been taken back meanwhile. The thread
  // of enter() only.
  void withdraw() noexcept;

  // Leaves what was passed.
  void leave() noexcept;

  const Gates& gates() const noexcept { return gates_; }
  Access access() const noexcept { return access_; }

 protected:
  ~Passage() = default;
  // All gates are passed. Called once, on any thread; must be quick and must not throw.
  virtual void passed() noexcept = 0;

 private:
  struct Waiter final : Gate::Waiter {
    Passage* passage = nullptr;
    bool withdrawn = false;
    void granted() noexcept override { passage->granted_one(); }
    bool give_back() noexcept override { return passage->wait_for_one_more(); }
  };
  void granted_one() noexcept {
    if (waits_.fetch_sub(1) == 1) passed();
  }
  bool wait_for_one_more() noexcept;

  Gates gates_;
  Access access_;
  Waiter waiters_[2];
  std::atomic<size_t> waits_{0};  // grants that are still to come, and one more while enter() runs
};

}  // namespace voronode
