// Holds gates for the life of a scope; the calling thread blocks until it is let in.
//
// Within that scope a script may run (a filter function does, in a search) and come back on the same thread. A thread
// that waited for itself would wait for ever: so it reads a gate that it reads already, whoever waits there, and is
// refused everything else (kUnsupported). To another gate it goes before all who wait, as these may wait for what it
// holds; and it is refused what another thread holds that waits in the same way, as that one may wait for this one.
#pragma once

#include <condition_variable>
#include <mutex>

#include "base/passage.h"

namespace voronode {

class GateHold {
 public:
  GateHold(Gate& gate, Access access) : GateHold({&gate, nullptr}, access) {}
  // REQUIRES: as for Passage.
  GateHold(const Passage::Gates& gates, Access access);
  ~GateHold();
  GateHold(const GateHold&) = delete;
  GateHold& operator=(const GateHold&) = delete;

  // Whether a hold of the calling thread lives.
  static bool here(const Gate& gate) noexcept { return innermost(gate) != nullptr; }

 private:
  class Entry final : public Passage {
   public:
    using Passage::Passage;
    void wait() noexcept;

   private:
    void passed() noexcept override;
    std::mutex mutex_;
    std::condition_variable changed_;
    bool passed_ = false;
  };
  struct Nested;

  static const GateHold* innermost(const Gate& gate) noexcept;
  bool is_of(const Gate& gate) const noexcept;
  bool reads_again() const;
  bool conflicts(const GateHold& held) const noexcept;
  void enter_nested();

  Entry entry_;
  const GateHold* outer_;  // of this thread
  bool within_;            // another hold of this thread, which has entered
};

}  // namespace voronode
