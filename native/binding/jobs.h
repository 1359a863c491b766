// Operations under way off the event loop, from the call to the promise.
//
//   JS thread    start(): queue at the index's gate, or at those of two indexes
//   any thread   the gates let the job in: queue at the thread pool
//   pool thread  execute, perhaps several jobs as one, leave the gates, hand back, wake the JS thread (once for many jobs)
//   JS thread    drain(): tell news of work under way, make the results, settle the promises
//
// Environments that share an index have a queue each; their jobs meet at its gate, and may share a run. Each goes back to
// the queue it is from.
//
// Jobs keep the event loop alive; an idle queue does not. When the environment ends (worker.terminate(), the end of the
// program), close() fires every job's Cancel, takes out of the queues what waits there, and waits until none runs. A job
// itself: job.h.
#pragma once

#include <napi.h>

#include <condition_variable>
#include <memory>
#include <mutex>
#include <span>

#include "binding/operation.h"

namespace voronode {

class Job;

class JobQueue {
 public:
  explicit JobQueue(Napi::Env env);
  JobQueue(const JobQueue&) = delete;
  JobQueue& operator=(const JobQueue&) = delete;

  // Takes the promise over, unless it throws. token: not null.
  void start(std::unique_ptr<Operation> operation, TokenPtr token, napi_deferred promise);

  // Fires the token's Cancel. Jobs that bear it and have not begun, or share a run with others, reject at once; those
  // that run alone do when they notice.
  void fire(Napi::Env env, const TokenPtr& token) noexcept;

  // Stops all work and forgets it. For the environment's clean-up: runs no script.
  void close() noexcept;

 private:
  friend class Job;
  void returned(std::span<Job* const> jobs) noexcept;
  void wake() noexcept;
  void drain(Napi::Env env) noexcept;
  void remove(Job& job) noexcept;
  static void on_wake(napi_env env, napi_value, void* queue, void*) noexcept;

  napi_env env_;
  napi_threadsafe_function wake_ = nullptr;
  Job* pending_ = nullptr;  // all jobs, oldest first, doubly linked; the JS thread's own
  Job* pending_last_ = nullptr;

  std::mutex mutex_;
  std::condition_variable all_returned_;
  size_t out_ = 0;                 // jobs not handed back yet
  Job* returned_first_ = nullptr;  // handed back, not settled yet, oldest first
  Job* returned_last_ = nullptr;
  bool news_ = false;  // some pending job has news
};

}  // namespace voronode
