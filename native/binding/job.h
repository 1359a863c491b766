// One operation under way off the event loop (jobs.h), which may share its run with others of the same index.
//
// Whatever happens to one job of a shared run concerns its own caller: it fails on its own, and if it is aborted its
// promise rejects at once, while the run goes on for the others. A run that nobody waits for any more stops.
#pragma once

#include <napi.h>

#include <atomic>
#include <chrono>
#include <exception>
#include <memory>
#include <vector>

#include "base/passage.h"
#include "base/task_queue.h"
#include "binding/jobs.h"

namespace voronode {

class Job final : public Task, public Listener {
 public:
  Job(JobQueue& queue, std::unique_ptr<Operation> operation, TokenPtr token) noexcept
      : queue_(queue),
        operation_(std::move(operation)),
        token_(std::move(token)),
        timed_(token_->timed),
        entry_(*this) {}

  // Queues at the gates, then at the pool.
  void enter(napi_deferred promise) noexcept;

  void run(Task* joined) noexcept override;
  bool joins(const Task& first) const noexcept override {
    return operation_->joins(*static_cast<const Job&>(first).operation_);  // only jobs bear the kinship of an index
  }
  void news() noexcept override;

  // ---- The environment's thread ----

  // The token has fired. Rejects the promise unless the work runs alone, which notices itself.
  void abort(Napi::Env env) noexcept;
  // Stops the work. Nobody is told.
  void abandon() noexcept;
  // After abandon(), until it is handed back: takes it out of the queues in which it waits, behind work of other
  // environments perhaps.
  void withdraw() noexcept;
  void tell(Napi::Env env) noexcept;
  void settle(Napi::Env env) noexcept;

 private:
  friend class JobQueue;
  enum class State { kWaiting, kAlone, kShared, kSettled };

  class Entry final : public Passage {
   public:
    explicit Entry(Job& job) noexcept : Passage(job.operation_->gates(), job.operation_->access()), job_(job) {}

   private:
    void passed() noexcept override { job_.submit(); }
    Job& job_;
  };

  // What the jobs of one run have in common.
  struct SharedRun {
    explicit SharedRun(size_t jobs) : wanted(jobs) {}
    void leave() noexcept {
      if (wanted.fetch_sub(1) == 1) cancel.fire();
    }
    Cancel cancel;
    std::atomic<size_t> wanted;  // jobs that somebody waits for
  };

  // When it came, began and ended, if it is timed.
  struct Stopwatch {
    using Clock = std::chrono::steady_clock;
    Clock::time_point came, began, ended;
    size_t calls = 0;  // that shared the run
    RunTimes times() const noexcept;
  };

  void submit() noexcept;
  void note_begin() noexcept;
  void note_end(size_t calls) noexcept;
  void run_alone() noexcept;
  bool join() noexcept;
  static void run_jointly(const std::vector<Job*>& jobs, const std::shared_ptr<SharedRun>& run,
                          std::vector<Operation::Member>* members) noexcept;
  static bool check_backing(std::vector<Operation::Member>* members) noexcept;
  static void hand_back(std::span<Job* const> jobs) noexcept;
  bool give_up(State from) noexcept;

  JobQueue& queue_;
  const std::unique_ptr<Operation> operation_;
  const TokenPtr token_;
  const bool timed_;
  napi_deferred promise_ = nullptr;
  Entry entry_;
  std::atomic<State> state_{State::kWaiting};
  std::atomic<bool> news_{false};
  std::shared_ptr<SharedRun> shared_;  // set before the state is kShared
  Stopwatch stopwatch_;
  std::exception_ptr failure_;  // of the work
  std::exception_ptr refusal_;  // of who was told of it
  // In JobQueue::pending_, and in Token::jobs.
  Job* prev_ = nullptr;
  Job* next_ = nullptr;
  Job* prev_of_token_ = nullptr;
  Job* next_of_token_ = nullptr;
  Job* next_returned_ = nullptr;
};

}  // namespace voronode
