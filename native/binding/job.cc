#include "binding/job.h"

#include <utility>

#include "base/thread_pool.h"
#include "binding/errors.h"
#include "binding/fault.h"

namespace voronode {

void Job::enter(napi_deferred promise) noexcept {
  promise_ = promise;
  if (timed_) stopwatch_.came = Stopwatch::Clock::now();
  entry_.enter();
}

void Job::submit() noexcept {
  Effort effort = operation_->effort();
  effort.background = token_->background;
  ThreadPool::instance().submit(*this, effort);
}

void Job::news() noexcept {
  news_.store(true, std::memory_order_release);
  queue_.wake();
}

void Job::run(Task* joined) noexcept {
  std::vector<Job*> jobs;
  std::vector<Operation::Member> members;
  std::shared_ptr<SharedRun> shared;
  if (joined != nullptr) {
    try {
      jobs.push_back(this);
      for (Task* task = joined; task != nullptr; task = task->next_joined()) jobs.push_back(static_cast<Job*>(task));
      members.reserve(jobs.size());
      shared = std::make_shared<SharedRun>(jobs.size());
    } catch (...) {
      shared = nullptr;  // without memory for a common run each has one of its own
    }
  }
  if (shared != nullptr) {
    run_jointly(jobs, shared, &members);
    return hand_back(jobs);
  }
  for (Job* job = this; job != nullptr;) {
    Job* const next = static_cast<Job*>(job == this ? joined : job->next_joined());
    job->run_alone();
    hand_back({&job, 1});
    job = next;
  }
}

void Job::run_alone() noexcept {
  State waiting = State::kWaiting;
  if (!state_.compare_exchange_strong(waiting, State::kAlone)) return;
  note_begin();
  try {
    check(&token_->cancel);
    fault_point(Place::kExecute);
    operation_->check_allowed();  // again: an index may have been wrapped while this waited at its gate
    operation_->perform(&token_->cancel, this);
  } catch (...) {
    failure_ = std::current_exception();
  }
  note_end(1);
}

void Job::note_begin() noexcept {
  if (timed_) stopwatch_.began = Stopwatch::Clock::now();
}

void Job::note_end(size_t calls) noexcept {
  if (!timed_) return;
  stopwatch_.ended = Stopwatch::Clock::now();
  stopwatch_.calls = calls;
}

RunTimes Job::Stopwatch::times() const noexcept {
  using Milliseconds = std::chrono::duration<double, std::milli>;
  if (calls == 0) return {};
  return {calls, Milliseconds(began - came).count(), Milliseconds(ended - began).count()};
}

// Whether it takes part in the run of shared_: it was not aborted before.
bool Job::join() noexcept {
  State waiting = State::kWaiting;
  try {
    check(&token_->cancel);
  } catch (...) {
    if (state_.compare_exchange_strong(waiting, State::kAlone)) failure_ = std::current_exception();
    return false;
  }
  return state_.compare_exchange_strong(waiting, State::kShared);
}

// What was read from memory that is not any more what it was is nobody's answer. False if it is not.
bool Job::check_backing(std::vector<Operation::Member>* members) noexcept {
  try {
    members->front().operation->check_backing();
    return true;
  } catch (...) {
    for (Operation::Member& member : *members) member.failure = std::current_exception();
    return false;
  }
}

// REQUIRES: room for all in *members.
void Job::run_jointly(const std::vector<Job*>& jobs, const std::shared_ptr<SharedRun>& run,
                      std::vector<Operation::Member>* members) noexcept {
  for (Job* job : jobs) {
    job->shared_ = run;
    if (!job->join()) {
      run->leave();
      continue;
    }
    job->note_begin();
    members->push_back({job->operation_.get(), nullptr});
    try {
      fault_point(Place::kExecute);
    } catch (...) {
      members->back().failure = std::current_exception();
    }
  }
  if (!members->empty() && check_backing(members)) {
    members->front().operation->execute_jointly(*members, run->cancel);
    check_backing(members);
  }
  auto member = members->begin();
  for (Job* job : jobs) {
    if (member == members->end() || member->operation != job->operation_.get()) continue;
    job->note_end(members->size());
    job->failure_ = std::move(member->failure);
    ++member;
  }
}

// Leaves the gates, and gives back: the jobs may be gone after this.
void Job::hand_back(std::span<Job* const> jobs) noexcept {
  for (Job* job : jobs) job->entry_.leave();
  while (!jobs.empty()) {
    JobQueue& queue = jobs.front()->queue_;  // all environments that share an index may have jobs in a run
    size_t n = 1;
    while (n < jobs.size() && &jobs[n]->queue_ == &queue) ++n;
    queue.returned(jobs.first(n));
    jobs = jobs.subspan(n);
  }
}

// Whether it was in that state, and is settled now.
bool Job::give_up(State from) noexcept {
  if (!state_.compare_exchange_strong(from, State::kSettled)) return false;
  if (from == State::kShared) shared_->leave();
  return true;
}

void Job::abort(Napi::Env env) noexcept {
  if (!give_up(State::kWaiting) && !give_up(State::kShared)) return;
  try {
    check(&token_->cancel);
  } catch (...) {
    reject_with_current_error(env, promise_);
  }
}

void Job::abandon() noexcept {
  token_->cancel.fire();
  give_up(State::kShared);
}

void Job::withdraw() noexcept {
  entry_.withdraw();
  if (ThreadPool::instance().withdraw(*this)) run(nullptr);
}

void Job::tell(Napi::Env env) noexcept {
  if (!news_.exchange(false, std::memory_order_acquire) || refusal_) return;
  try {
    operation_->tell(env);
  } catch (...) {
    refusal_ = std::current_exception();
    token_->cancel.fire();
  }
}

void Job::settle(Napi::Env env) noexcept {
  if (state_.exchange(State::kSettled) == State::kSettled) return;
  if (timed_) token_->times = stopwatch_.times();
  try {
    if (refusal_) std::rethrow_exception(refusal_);
    if (failure_) std::rethrow_exception(failure_);
    fault_point(Place::kFinish);
    napi_resolve_deferred(env, promise_, operation_->finish(env));
  } catch (...) {
    reject_with_current_error(env, promise_);
  }
}

}  // namespace voronode
