#include "binding/jobs.h"

#include <atomic>
#include <chrono>
#include <exception>
#include <utility>

#include "base/thread_pool.h"
#include "binding/errors.h"
#include "binding/fault.h"

namespace voronode {
namespace {

class Scope {
 public:
  explicit Scope(napi_env env) noexcept : env_(env) { napi_open_handle_scope(env, &scope_); }
  ~Scope() {
    if (scope_ != nullptr) napi_close_handle_scope(env_, scope_);
  }
  Scope(const Scope&) = delete;
  Scope& operator=(const Scope&) = delete;

 private:
  napi_env env_;
  napi_handle_scope scope_ = nullptr;
};

}  // namespace

class Job final : public ThreadPool::Task, public Listener {
 public:
  Job(JobQueue& queue, std::unique_ptr<Operation> operation, std::shared_ptr<Cancel> cancel) noexcept
      : queue_(queue), operation_(std::move(operation)), cancel_(std::move(cancel)) {}

  void enter(napi_deferred promise) noexcept {
    promise_ = promise;
    const auto gates = operation_->gates();
    const Access access = operation_->access();
    // One more until both queues are entered: the job may be gone once it was submitted.
    waits_.store(gates.size() + 1, std::memory_order_relaxed);
    for (size_t i = 0; i < gates.size(); ++i) {
      if (gates[i] != nullptr) {
        waiters_[i].job = this;
        gates[i]->enter(waiters_[i], access);
      } else {
        passed();
      }
    }
    passed();
  }

  void news() noexcept override {
    news_.store(true, std::memory_order_release);
    queue_.wake();
  }

  void run() noexcept override {
    State waiting = State::kWaiting;
    if (state_.compare_exchange_strong(waiting, State::kBegun)) {
      try {
        check(cancel_.get());
        fault_point(Place::kExecute);
        operation_->execute(cancel_.get(), this);
      } catch (...) {
        failure_ = std::current_exception();
      }
    }
    for (Gate* gate : operation_->gates()) {
      if (gate != nullptr) gate->leave(operation_->access());
    }
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

  void tell(Napi::Env env) noexcept {
    if (!news_.exchange(false, std::memory_order_acquire) || refusal_) return;
    try {
      operation_->tell(env);
    } catch (...) {
      refusal_ = std::current_exception();
      cancel_->fire();
    }
  }

  void settle(Napi::Env env) noexcept {
    if (state_.exchange(State::kSettled) == State::kSettled) return;
    try {
      if (refusal_) std::rethrow_exception(refusal_);
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

  struct Waiter final : Gate::Waiter {
    Job* job = nullptr;
    void granted() noexcept override { job->passed(); }
  };
  void passed() noexcept {
    if (waits_.fetch_sub(1) == 1) ThreadPool::instance().submit(*this);
  }

  JobQueue& queue_;
  const std::unique_ptr<Operation> operation_;
  const std::shared_ptr<Cancel> cancel_;
  napi_deferred promise_ = nullptr;
  Waiter waiters_[2];
  std::atomic<size_t> waits_{0};
  std::atomic<State> state_{State::kWaiting};
  std::atomic<bool> news_{false};
  std::exception_ptr failure_;  // of the work
  std::exception_ptr refusal_;  // of who was told of it
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

void JobQueue::wake() noexcept {
  std::lock_guard<std::mutex> lock(mutex_);
  if (!news_) napi_call_threadsafe_function(wake_, nullptr, napi_tsfn_nonblocking);
  news_ = true;
}

void JobQueue::on_wake(napi_env env, napi_value, void* queue, void*) noexcept {
  if (env != nullptr) static_cast<JobQueue*>(queue)->drain(env);  // null: the environment has ended
}

void JobQueue::drain(Napi::Env env) noexcept {
  Job* job;
  bool news;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    job = returned_first_;
    returned_first_ = returned_last_ = nullptr;
    news = std::exchange(news_, false);
  }
  // First: what a job has to tell comes before its promise is settled. A script that runs here may append jobs.
  for (Job* one = news ? pending_ : nullptr; one != nullptr; one = one->next_) {
    const Scope scope(env);
    one->tell(env);
  }
  while (job != nullptr) {
    Job* next = job->next_returned_;
    const Scope scope(env);
    job->settle(env);
    remove(*job);
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
