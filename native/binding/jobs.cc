#include "binding/jobs.h"

#include <chrono>
#include <utility>

#include "base/thread_pool.h"
#include "binding/errors.h"
#include "binding/job.h"

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

JobQueue::JobQueue(Napi::Env env) : env_(env) {
  const Napi::String name = Napi::String::New(env, "voronode");
  check_status(env,
               napi_create_threadsafe_function(env, nullptr, nullptr, name, /*max_queue_size=*/0,
                                               /*initial_thread_count=*/1, nullptr, nullptr, this, on_wake, &wake_));
  check_status(env, napi_unref_threadsafe_function(env, wake_));
}

void JobQueue::start(std::unique_ptr<Operation> operation, TokenPtr token, napi_deferred promise) {
  ThreadPool::instance().start();
  Job* job = new Job(*this, std::move(operation), std::move(token));
  if (pending_ == nullptr) napi_ref_threadsafe_function(env_, wake_);
  job->prev_ = pending_last_;
  (pending_last_ != nullptr ? pending_last_->next_ : pending_) = job;
  pending_last_ = job;
  Job*& first = job->token_->jobs;
  job->next_of_token_ = first;
  if (first != nullptr) first->prev_of_token_ = job;
  first = job;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    ++out_;
  }
  job->enter(promise);
}

void JobQueue::returned(std::span<Job* const> jobs) noexcept {
  std::lock_guard<std::mutex> lock(mutex_);
  const bool first = returned_last_ == nullptr;
  for (Job* job : jobs) {
    (returned_last_ == nullptr ? returned_first_ : returned_last_->next_returned_) = job;
    returned_last_ = job;
  }
  // Under the lock: once it is released, close() may return and the environment go.
  if (first) napi_call_threadsafe_function(wake_, nullptr, napi_tsfn_nonblocking);
  out_ -= jobs.size();
  if (out_ == 0) all_returned_.notify_all();
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
  (job.prev_of_token_ != nullptr ? job.prev_of_token_->next_of_token_ : job.token_->jobs) = job.next_of_token_;
  if (job.next_of_token_ != nullptr) job.next_of_token_->prev_of_token_ = job.prev_of_token_;
  delete &job;
  if (pending_ == nullptr) napi_unref_threadsafe_function(env_, wake_);
}

void JobQueue::fire(Napi::Env env, const TokenPtr& token) noexcept {
  token->cancel.fire();
  for (Job* job = token->jobs; job != nullptr; job = job->next_of_token_) job->abort(env);
}

// Jobs that wait are fetched back, at a gate as in the pool's queue: work of other environments may stand before them
// for long. What gets from the one to the other meanwhile is found by the next round.
void JobQueue::close() noexcept {
  for (Job* job = pending_; job != nullptr; job = job->next_) job->abandon();
  for (bool done = false; !done;) {
    for (Job* job = pending_; job != nullptr; job = job->next_) job->withdraw();
    std::unique_lock<std::mutex> lock(mutex_);
    done = all_returned_.wait_for(lock, std::chrono::milliseconds(2), [&] { return out_ == 0; });
  }
  returned_first_ = returned_last_ = nullptr;
  while (pending_ != nullptr) remove(*pending_);
}

}  // namespace voronode
