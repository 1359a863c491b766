#include "base/thread_pool.h"

#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <cstddef>
#include <exception>
#include <mutex>
#include <new>
#include <system_error>
#include <thread>
#include <vector>

#include "base/default_threads.h"
#include "base/error.h"
#include "base/loop.h"
#include "base/spin.h"
#include "base/working.h"

#if !defined(_WIN32)
#include <pthread.h>
#include <signal.h>
#endif

namespace voronode {
namespace {

using Clock = TaskQueue::Clock;

// A free thread rather helps with a loop of a millisecond and more that is due than begin a task that is due later: the
// tasks that come meanwhile share a run. Less is not worth the hand-over.
constexpr double kWorthHelp = 1e6;  // ns

#if !defined(_WIN32)
// Threads inherit the mask of their creator: pool threads take no signals, those belong to the host program.
class SignalsBlocked {
 public:
  SignalsBlocked() noexcept {
    sigset_t all;
    sigfillset(&all);
    sigdelset(&all, SIGBUS);  // of a mapped file that was cut: bus_guard.h
    pthread_sigmask(SIG_SETMASK, &all, &old_);
  }
  ~SignalsBlocked() { pthread_sigmask(SIG_SETMASK, &old_, nullptr); }

 private:
  sigset_t old_;
};
#else
struct SignalsBlocked {};
#endif

}  // namespace

struct ThreadPool::State {
  struct Worker {
    std::thread thread;
    bool gone = true;  // never started, or about to return
  };

  std::mutex lifecycle;  // taken before mutex; keeps the first start apart from the last join
  std::mutex mutex;
  std::condition_variable work_or_stop;
  std::vector<Worker> workers;
  size_t target = default_threads(ThreadPool::kMaxThreads);
  size_t running = 0;  // workers that are not gone
  size_t users = 0;
  bool stopping = false;
  TaskQueue queue;
  std::atomic<uint64_t> waiting_lanes{0};  // queue.lanes(), for those who do not hold the mutex
  Counts counts;
  Loop* open_loops = nullptr;

  void open(Loop& loop) noexcept {
    loop.next_open = open_loops;
    if (open_loops != nullptr) open_loops->prev_open = &loop;
    open_loops = &loop;
  }
  void close(Loop& loop) noexcept {
    (loop.prev_open != nullptr ? loop.prev_open->next_open : open_loops) = loop.next_open;
    if (loop.next_open != nullptr) loop.next_open->prev_open = loop.prev_open;
  }
  Loop* loop_to_help() const noexcept {
    Loop* first = nullptr;
    for (Loop* loop = open_loops; loop != nullptr; loop = loop->next_open) {
      if (loop->wants_help() && (first == nullptr || loop->due < first->due)) first = loop;
    }
    return first;
  }
  // The loop that a free thread should help with; null: it should take a task, or there is nothing to do.
  Loop* loop_before_tasks() const noexcept {
    Loop* const loop = loop_to_help();
    if (loop == nullptr || queue.size() == 0) return loop;
    static const unsigned worth_help = TaskQueue::lane_of(kWorthHelp, false);
    return loop->lane >= worth_help && loop->due <= queue.due() ? loop : nullptr;
  }
  bool superfluous() const noexcept { return stopping || running > target; }

  // ---- Waiting for work ----
  //
  // While work comes soon after a worker ran out of it, workers spin before they sleep: searches in quick succession
  // find them awake, and with pauses between them nobody spins. Spinning yields to whoever brings the work.
  const size_t max_spinning = usable_cores();
  std::atomic<size_t> arrivals{0};                   // changes with every piece of work
  std::chrono::steady_clock::time_point idle_since;  // when a worker last ran out of work
  bool brisk = false;                                // whether the last work came soon after that
  size_t spinning = 0;                               // workers that spin, and have no work in prospect
  size_t claimed = 0;                                // workers that spin and will find work

  // There is work for one more worker. REQUIRES: mutex held.
  void announce() noexcept {
    brisk = std::chrono::steady_clock::now() - idle_since < kSpinTime;
    arrivals.fetch_add(1, std::memory_order_release);
    if (spinning == 0) return work_or_stop.notify_one();
    --spinning;
    ++claimed;
  }
  void alert_all() noexcept {
    arrivals.fetch_add(1, std::memory_order_release);
    work_or_stop.notify_all();
  }

  // Until ready(), which looks under the mutex.
  template <class Ready>
  void wait(std::unique_lock<std::mutex>& lock, const Ready& ready) {
    if (ready()) return;
    idle_since = std::chrono::steady_clock::now();
    const auto end = idle_since + kSpinTime;
    while (brisk && spinning + claimed < max_spinning && !ready()) {
      const size_t seen = arrivals.load(std::memory_order_relaxed);
      ++spinning;
      lock.unlock();
      const bool came = spin_until(end, [&] { return arrivals.load(std::memory_order_acquire) != seen; });
      lock.lock();
      --(claimed > 0 ? claimed : spinning);
      if (!came) break;
    }
    work_or_stop.wait(lock, ready);
  }

  // Runs what was taken from the queue. REQUIRES: mutex held, as it is again afterwards.
  void run(const TaskQueue::Run& taken, std::unique_lock<std::mutex>& lock) noexcept {
    waiting_lanes.store(queue.lanes(), std::memory_order_relaxed);
    counts.tasks += taken.count;
    counts.joined += taken.count - 1;
    lock.unlock();
    {
      const Working working(taken.lane, taken.kinship, taken.due);
      taken.first->run(taken.joined);
    }
    lock.lock();
  }

  void help(Loop& loop, std::unique_lock<std::mutex>& lock) noexcept {
    ++loop.helpers;
    lock.unlock();
    std::exception_ptr error;
    {
      const Working working(loop.lane, loop.kinship, loop.due);
      error = loop.work([&] { return loop.foreign && waiting_lanes.load(std::memory_order_relaxed) != 0; });
    }
    lock.lock();
    if (error && !loop.error) loop.error = std::move(error);
    if (--loop.helpers == 0) loop.helpers_gone.notify_one();
  }

  void live(size_t slot) noexcept {
    std::unique_lock<std::mutex> lock(mutex);
    for (;;) {
      Loop* loop = nullptr;
      wait(lock, [&] { return superfluous() || (loop = loop_before_tasks()) != nullptr || queue.size() > 0; });
      if (superfluous()) break;
      if (loop != nullptr) {
        help(*loop, lock);
      } else {
        run(queue.take(), lock);
      }
    }
    workers[slot].gone = true;
    --running;
    // A task that was queued while this thread decided to go must not be left without a listener.
    if (running > 0) announce();
  }

  void give_way(Working& working) noexcept {
    const TaskQueue::Limits limits = working.limits();
    if (limits.nanoseconds <= 0) return;
    const auto begin = Clock::now();
    {
      std::unique_lock<std::mutex> lock(mutex);
      const TaskQueue::Run shorter = queue.take(limits);
      if (shorter.first == nullptr) return;
      ++counts.passed;
      run(shorter, lock);
    }
    working.lend(Clock::now() - begin);
  }

  // REQUIRES: mutex held.
  void start_one(size_t slot) {
    if (workers[slot].thread.joinable()) workers[slot].thread.join();  // gone: returns at once
    const SignalsBlocked block;
    workers[slot].thread = std::thread([this, slot] { live(slot); });
    workers[slot].gone = false;
    ++running;
  }
};

ThreadPool& ThreadPool::instance() noexcept {
  // Never destroyed: threads of other environments may still use it while static destructors run.
  alignas(State) static std::byte memory[sizeof(State)];
  static State* state = new (memory) State;
  static ThreadPool pool(*state);
  return pool;
}

size_t ThreadPool::threads() noexcept {
  std::lock_guard<std::mutex> lock(state_.mutex);
  return state_.target;
}

void ThreadPool::set_threads(size_t n) {
  if (n < 1 || n > kMaxThreads) {
    throw Error(Code::kOutOfRange, format("The value of \"n\" is out of range. It must be an integer >= 1 and <= %zu. "
                                          "Received %zu",
                                          kMaxThreads, n));
  }
  {
    std::lock_guard<std::mutex> lock(state_.mutex);
    state_.target = n;
    state_.alert_all();
    if (state_.running == 0) return;  // nobody has asked for threads yet
  }
  start();
}

void ThreadPool::start() {
  std::lock_guard<std::mutex> lock(state_.mutex);
  if (state_.running >= state_.target) return;
  // Fewer threads than asked for still do all the work; the next call tries again.
  try {
    if (state_.workers.size() < state_.target) state_.workers.resize(state_.target);
    for (size_t slot = 0; slot < state_.workers.size() && state_.running < state_.target; ++slot) {
      if (state_.workers[slot].gone) state_.start_one(slot);
    }
  } catch (const std::system_error& error) {
    if (state_.running == 0) throw SystemError(error.code().value(), "pthread_create", "");
  } catch (const std::bad_alloc&) {
    if (state_.running == 0) throw;
  }
}

void ThreadPool::submit(Task& task, const Effort& effort) noexcept {
  const auto now = Clock::now();
  std::lock_guard<std::mutex> lock(state_.mutex);
  state_.queue.push(task, effort, now);
  state_.waiting_lanes.store(state_.queue.lanes(), std::memory_order_relaxed);
  state_.announce();
}

bool ThreadPool::withdraw(Task& task) noexcept {
  std::lock_guard<std::mutex> lock(state_.mutex);
  const bool there = state_.queue.remove(task);
  state_.waiting_lanes.store(state_.queue.lanes(), std::memory_order_relaxed);
  return there;
}

void ThreadPool::give_way() noexcept {
  Working* const working = working_here;
  if (working == nullptr) return;
  State& state = instance().state_;
  if ((state.waiting_lanes.load(std::memory_order_relaxed) & working->shorter()) != 0) state.give_way(*working);
}

ThreadPool::Counts ThreadPool::counts() noexcept {
  std::lock_guard<std::mutex> lock(state_.mutex);
  Counts counts = state_.counts;
  counts.waiting = state_.queue.size();
  return counts;
}

namespace {
thread_local bool alone_here = false;
}

ThreadPool::Alone::Alone(bool alone) noexcept : before_(alone_here) { alone_here = alone; }
ThreadPool::Alone::~Alone() { alone_here = before_; }

void ThreadPool::parallel_for(size_t n, const Cancel* cancel, const std::function<void(size_t)>& body) {
  if (n == 0) return;
  size_t helpers = 0;
  if (n > 1 && !alone_here) {
    helpers = threads() - 1;
    if (helpers > n - 1) helpers = n - 1;
  }
  Loop loop(n, helpers, cancel, body);
  if (helpers > 0) {
    try {
      start();
    } catch (const std::exception&) {
      // Without helpers the caller does all the work.
    }
    std::lock_guard<std::mutex> lock(state_.mutex);
    state_.open(loop);
    for (size_t i = 0; i < helpers; ++i) state_.announce();
  }
  std::exception_ptr error = loop.work([] { return false; });
  if (helpers > 0) {
    std::unique_lock<std::mutex> lock(state_.mutex);
    state_.close(loop);
    if (loop.helpers > 0) {
      lock.unlock();
      spin_until(std::chrono::steady_clock::now() + kSpinTime, [&] { return loop.helpers == 0; });
      lock.lock();  // a helper lets go of the loop and of the mutex at once
    }
    loop.helpers_gone.wait(lock, [&] { return loop.helpers == 0; });
    if (!error) error = loop.error;
  }
  if (error) std::rethrow_exception(error);
}

void ThreadPool::retain() noexcept {
  std::lock_guard<std::mutex> lifecycle(state_.lifecycle);
  std::lock_guard<std::mutex> lock(state_.mutex);
  ++state_.users;
}

void ThreadPool::release() noexcept {
  std::lock_guard<std::mutex> lifecycle(state_.lifecycle);
  {
    std::lock_guard<std::mutex> lock(state_.mutex);
    if (--state_.users > 0) return;
    state_.stopping = true;
    state_.alert_all();
  }
  for (State::Worker& worker : state_.workers) {
    if (worker.thread.joinable()) worker.thread.join();
  }
  std::lock_guard<std::mutex> lock(state_.mutex);
  state_.workers.clear();
  state_.stopping = false;
}

}  // namespace voronode
