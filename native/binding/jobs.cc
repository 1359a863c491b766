#include "binding/jobs.h"

#include <atomic>
#include <chrono>
#include <exception>

#include "base/thread_pool.h"
#include "binding/errors.h"
#include "binding/fault.h"

namespace voronode {

class Job final : public Gate::Waiter, public ThreadPool::Task {
 public:
  Job(JobQueue& queue, std::unique_ptr<Operation> operation, std::shared_ptr<Cancel> cancel) noexcept
      : queue_(queue), operation_(std::move(operation)), cancel_(std::move(cancel)) {}

  void enter(napi_deferred promise) noexcept {
    promise_ = promise;
    if (Gate* gate = operation_->gate()) {
      gate->enter(*this, operation_->access());
    } else {
      granted();
    }
  }

  void granted() noexcept override { ThreadPool::instance().submit(*this); }

  void run() noexcept override {
    State waiting = State::kWaiting;
    if (state_.compare_exchange_strong(waiting, State::kBegun)) {
      try {
        check(cancel_.get());
        fault_point(Place::kExecute);
        operation_->execute(cancel_.get());
      } catch (...) {
        failure_ = std::current_exception();
      }
    }
    if (Gate* gate = operation_->gate()) gate->leave(operation_->access());
    queue_.returned(*this);  // the job may be gone after this
  }

  // Rejects the promise if the work has not begun; it then never will.
  void abort_if_waiting(napi_env env) noexcept {
    State waiting = State::kWaiting;
    if (!state_.compare_exchange_strong(waiting, State::kSettled)) return;
    try {
      check(cancel_.get());
    } catch (...) {
      reject_with_current_error(env, promise_);
    }
  }

  void settle(Napi::Env env) noexcept {
    if (state_.exchange(State::kSettled) == State::kSettled) return;
    try {
      if (failure_) std::rethrow_exception(failure_);
      fault_point(Place::kFinish);
      napi_resolve_deferred(env, promise_, operation_->finish(env));
    } catch (...) {
      reject_with_current_error(env, promise_);
    }
  }

 private:
  friend class JobQueue;
  enum class State { kWaiting, kBegun, kSettled };

  JobQueue& queue_;
  const std::unique_ptr<Operation> operation_;
  const std::shared_ptr<Cancel> cancel_;
  napi_deferred promise_ = nullptr;
  std::atomic<State> state_{State::kWaiting};
  std::exception_ptr failure_;
  Job* prev_ = nullptr;
  Job* next_ = nullptr;
  Job* next_returned_ = nullptr;
};

JobQueue::JobQueue(Napi::Env env) : env_(env) {
  const Napi::String name = Napi::String::New(env, "voronode");
  check_status(env,
               napi_create_threadsafe_function(env, nullptr, nullptr, name, /*max_queue_size=*/0,
                                               /*initial_thread_count=*/1, nullptr, nullptr, this, on_wake, &wake_));
  check_status(env, napi_unref_threadsafe_function(env, wake_));
}

void JobQueue::start(std::unique_ptr<Operation> operation, std::shared_ptr<Cancel> cancel, napi_deferred promise) {
  ThreadPool::instance().start();
  Job* job = new Job(*this, std::move(operation), std::move(cancel));
  if (pending_ == nullptr) napi_ref_threadsafe_function(env_, wake_);
  job->prev_ = pending_last_;
  (pending_last_ != nullptr ? pending_last_->next_ : pending_) = job;
  pending_last_ = job;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    ++out_;
  }
  job->enter(promise);
}

void JobQueue::returned(Job& job) noexcept {
  std::lock_guard<std::mutex> lock(mutex_);
  const bool first = returned_last_ == nullptr;
  (first ? returned_first_ : returned_last_->next_returned_) = &job;
  returned_last_ = &job;
  // Under the lock: once it is released, close() may return and the environment go.
  if (first) napi_call_threadsafe_function(wake_, nullptr, napi_tsfn_nonblocking);
  if (--out_ == 0) all_returned_.notify_all();
}

void JobQueue::on_wake(napi_env env, napi_value, void* queue, void*) noexcept {
  if (env != nullptr) static_cast<JobQueue*>(queue)->drain(env);  // null: the environment has ended
}

void JobQueue::drain(Napi::Env env) noexcept {
  Job* job;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    job = returned_first_;
    returned_first_ = returned_last_ = nullptr;
  }
  while (job != nullptr) {
    Job* next = job->next_returned_;
    napi_handle_scope scope = nullptr;
    napi_open_handle_scope(env, &scope);
    job->settle(env);
    remove(*job);
    if (scope != nullptr) napi_close_handle_scope(env, scope);
    job = next;
  }
}

void JobQueue::remove(Job& job) noexcept {
  (job.prev_ != nullptr ? job.prev_->next_ : pending_) = job.next_;
  (job.next_ != nullptr ? job.next_->prev_ : pending_last_) = job.prev_;
  delete &job;
  if (pending_ == nullptr) napi_unref_threadsafe_function(env_, wake_);
}

void JobQueue::fire(Napi::Env env, const std::shared_ptr<Cancel>& cancel) noexcept {
  cancel->fire();
  for (Job* job = pending_; job != nullptr; job = job->next_) {
    if (job->cancel_ == cancel) job->abort_if_waiting(env);
  }
}

// Jobs still in the pool's queue are fetched back: tasks of other environments may stand before them for long. Where a
// gate lets further jobs in meanwhile, these are found by the next round at the latest; oldest first, most are by this
// one.
void JobQueue::close() noexcept {
  for (Job* job = pending_; job != nullptr; job = job->next_) job->cancel_->fire();
  for (bool done = false; !done;) {
    for (Job* job = pending_; job != nullptr; job = job->next_) {
      if (ThreadPool::instance().withdraw(*job)) job->run();
    }
    std::unique_lock<std::mutex> lock(mutex_);
    done = all_returned_.wait_for(lock, std::chrono::milliseconds(2), [&] { return out_ == 0; });
  }
  returned_first_ = returned_last_ = nullptr;
  while (pending_ != nullptr) remove(*pending_);
}

}  // namespace voronode
