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
#include "base/spin.h"

#if !defined(_WIN32)
#include <pthread.h>
#include <signal.h>
#endif

namespace voronode {
namespace {

// One parallel_for, on its caller's stack, linked into the pool while it has work to give away.
struct Loop {
  Loop(size_t n_, size_t max_helpers_, const Cancel* cancel_, const std::function<void(size_t)>& body_)
      : n(n_), max_helpers(max_helpers_), cancel(cancel_), body(body_) {}

  const size_t n;
  const size_t max_helpers;
  const Cancel* const cancel;
  const std::function<void(size_t)>& body;
  std::atomic<size_t> next{0};

  // Changed under the pool's mutex:
  std::atomic<size_t> helpers{0};
  std::exception_ptr error;
  std::condition_variable helpers_gone;
  Loop* prev_open = nullptr;
  Loop* next_open = nullptr;

  bool wants_help() const noexcept { return helpers < max_helpers && next.load(std::memory_order_relaxed) < n; }

  // Takes iterations until none is left. Returns what the body threw, if it did.
  std::exception_ptr work() noexcept {
    try {
      for (size_t i = next.fetch_add(1); i < n; i = next.fetch_add(1)) {
        check(cancel);
        body(i);
      }
      return nullptr;
    } catch (...) {
      next.store(n);
      return std::current_exception();
    }
  }
};

#if !defined(_WIN32)
// Threads inherit the mask of their creator: pool threads take no signals, those belong to the host program.
class SignalsBlocked {
 public:
  SignalsBlocked() noexcept {
    sigset_t all;
    sigfillset(&all);
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
  Task* head = nullptr;
  Task* tail = nullptr;
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
  Loop* loop_to_help() noexcept {
    for (Loop* loop = open_loops; loop != nullptr; loop = loop->next_open) {
      if (loop->wants_help()) return loop;
    }
    return nullptr;
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

  void run(size_t slot) noexcept {
    std::unique_lock<std::mutex> lock(mutex);
    for (;;) {
      Loop* loop = nullptr;
      wait(lock, [&] { return superfluous() || head != nullptr || (loop = loop_to_help()) != nullptr; });
      if (superfluous()) break;
      if (head != nullptr) {
        Task* task = head;
        head = task->next_;
        if (head == nullptr) tail = nullptr;
        lock.unlock();
        task->run();
        lock.lock();
      } else {
        ++loop->helpers;
        lock.unlock();
        std::exception_ptr error = loop->work();
        lock.lock();
        if (error && !loop->error) loop->error = std::move(error);
        if (--loop->helpers == 0) loop->helpers_gone.notify_one();
      }
    }
    workers[slot].gone = true;
    --running;
    // A task that was queued while this thread decided to go must not be left without a listener.
    if (running > 0) announce();
  }

  // REQUIRES: mutex held.
  void start_one(size_t slot) {
    if (workers[slot].thread.joinable()) workers[slot].thread.join();  // gone: returns at once
    const SignalsBlocked block;
    workers[slot].thread = std::thread([this, slot] { run(slot); });
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

void ThreadPool::submit(Task& task) noexcept {
  std::lock_guard<std::mutex> lock(state_.mutex);
  task.next_ = nullptr;
  (state_.tail != nullptr ? state_.tail->next_ : state_.head) = &task;
  state_.tail = &task;
  state_.announce();
}

bool ThreadPool::withdraw(Task& task) noexcept {
  std::lock_guard<std::mutex> lock(state_.mutex);
  Task* before = nullptr;
  for (Task* at = state_.head; at != nullptr; before = at, at = at->next_) {
    if (at != &task) continue;
    (before != nullptr ? before->next_ : state_.head) = task.next_;
    if (state_.tail == &task) state_.tail = before;
    return true;
  }
  return false;
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
  std::exception_ptr error = loop.work();
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
