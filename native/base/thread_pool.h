// The process's pool of threads: one mutable global, shared by every index and every environment (worker_threads).
//
// Two kinds of work pass through it. Tasks are whole operations (one asynchronous search); which is next, and which share
// a run, task_queue.h says. A task, or any thread, may spread a loop with parallel_for: it then works through the loop
// itself, and pool threads that have nothing better to do join in. The caller never waits for a helper that has not
// started, so nesting and a busy pool cannot deadlock, and under load every operation simply runs on its own thread (best
// throughput) while a lone operation gets all cores (best latency).
//
// Long work lets short work pass: it calls poll() (poll.h) about every millisecond, and a task that is much shorter than what runs
// here, and waits, is run right there, on top of it. What runs on top is shorter each time, and the depth is bounded; it
// holds no lock that what is below it could wait for, as nobody polls with a lock held.
#pragma once

#include <cstddef>
#include <functional>

#include "base/cancel.h"
#include "base/task_queue.h"

namespace voronode {

class ThreadPool {
 public:
  static ThreadPool& instance() noexcept;

  // How many threads work at once, the caller of parallel_for included; at first default_threads.h says.
  // set_threads: 1 ≤ n ≤ kMaxThreads, else kOutOfRange; takes effect for work that starts later; running work finishes
  // undisturbed.
  static constexpr size_t kMaxThreads = 1024;
  size_t threads() noexcept;
  void set_threads(size_t n);

  // Starts the threads. Throws SystemError if not one can be started. Call once before submit(); cheap afterwards.
  void start();

  // Queues the task. REQUIRES: start() succeeded since the last join.
  void submit(Task& task, const Effort& effort) noexcept;

  // Takes a task that has not begun out of the queue; false if it is not there (not submitted, begun or done).
  bool withdraw(Task& task) noexcept;

  // Runs what is waiting and much shorter than what this thread of the pool works on, if there is any.
  static void give_way() noexcept;

  // What has been, and what is, of tasks.
  struct Counts {
    uint64_t tasks = 0;   // that were begun
    uint64_t joined = 0;  // of these, that shared the run of another one
    uint64_t passed = 0;  // runs that were begun on top of longer work
    size_t waiting = 0;   // queued now
  };
  Counts counts() noexcept;

  // Runs body(i) once for every i in [0, n), on the calling thread and idle pool threads; returns when all are done.
  // The first exception stops the hand-out of further i and is rethrown here; so is kAborted if `cancel` fires.
  void parallel_for(size_t n, const Cancel* cancel, const std::function<void(size_t)>& body);

  // While one lives, the loops of its thread get no help (or, within another one, do again): for work that only this
  // thread may do, such as calling a script.
  class Alone {
   public:
    explicit Alone(bool alone = true) noexcept;
    ~Alone();
    Alone(const Alone&) = delete;
    Alone& operator=(const Alone&) = delete;

   private:
    bool before_;
  };

  // Environments that use the pool. When the last one goes, the threads are joined: no thread outlives the code.
  // REQUIRES before release: no task submitted by this environment is still queued or running.
  void retain() noexcept;
  void release() noexcept;

 private:
  struct State;
  explicit ThreadPool(State& state) noexcept : state_(state) {}
  State& state_;
};

}  // namespace voronode
