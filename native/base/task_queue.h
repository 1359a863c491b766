// Tasks that wait for a thread, and which of them is next.
//
// A task is due some multiple of its own estimated time after it came. Of two that come together the shorter one is due
// first; and none waits for ever, as what comes later is due later.
//
// Tasks of about the same length wait in one lane, first come first served but for those that block others: lane l has
// those of 4^l to 4^(l+1) nanoseconds, and work in the background has lanes of its own behind the others. So the next task
// is one of few, and queueing allocates nothing and cannot fail.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace voronode {

// What is known of a piece of work before it is done.
struct Effort {
  double nanoseconds = 0;         // on one thread, roughly
  bool background = false;        // waits for everything else, within reason
  bool blocks = false;            // others wait for it at a gate: due at once, also in the background
  const void* kinship = nullptr;  // tasks that may share one run bear the same; null: runs alone
  size_t weight = 1, room = 1;    // of the tasks that share a run the weights add up to at most the room of the first
};

// A unit of work in the submitter's own memory.
class Task {
 public:
  // On a pool thread; may delete this. joined: tasks that joins() let share this run, a chain by next_joined(), each of
  // which is done as well when this returns; or null.
  virtual void run(Task* joined) noexcept = 0;
  // Whether this may share a run with `first`, which bears the same kinship. Quick: called under the queue's lock.
  virtual bool joins(const Task& /*first*/) const noexcept { return false; }

  Task* next_joined() const noexcept { return next_; }

 protected:
  Task() = default;
  ~Task() = default;
  Task(const Task&) = default;

 private:
  friend class TaskQueue;
  Effort effort_;
  unsigned lane_ = 0;
  std::chrono::steady_clock::time_point due_;
  Task* next_ = nullptr;
};

class TaskQueue {
 public:
  using Clock = std::chrono::steady_clock;
  // Of work that takes so long, in the background or not.
  static unsigned lane_of(double nanoseconds, bool background) noexcept;
  static constexpr unsigned kLanes = 50;

  // What a thread takes on: a task with those that joined it.
  struct Run {
    Task* first = nullptr;  // null: there is none
    Task* joined = nullptr;
    size_t count = 0;
    unsigned lane = 0;  // of all together
    const void* kinship = nullptr;
    Clock::time_point due;
  };

  void push(Task& task, const Effort& effort, Clock::time_point now) noexcept;
  // Takes it out; false if it is not there.
  bool remove(Task& task) noexcept;

  // When the next one is due. REQUIRES: size() > 0.
  Clock::time_point due() const noexcept;
  // Takes the next one, and what can join it.
  Run take() noexcept;
  // The same of tasks in the lanes of the mask that are not kin; all that is taken takes at most so long.
  struct Limits {
    uint64_t lanes;
    const void* kin;  // null: nobody is
    double nanoseconds;
  };
  Run take(const Limits& limits) noexcept;

  size_t size() const noexcept { return size_; }
  uint64_t lanes() const noexcept { return lanes_; }  // bit l: something waits in lane l

 private:
  struct Lane {
    Task* head = nullptr;
    Task* tail = nullptr;
  };
  static bool may_take(const Task& task, const Limits& limits) noexcept;
  Task* next(const Limits& limits) const noexcept;
  void unlink(Lane& lane, Task* before, Task& task) noexcept;

  std::array<Lane, kLanes> lane_;
  uint64_t lanes_ = 0;
  size_t size_ = 0;
};

}  // namespace voronode
