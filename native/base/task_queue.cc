#include "base/task_queue.h"

#include <algorithm>
#include <bit>
#include <limits>

namespace voronode {
namespace {

// Until a task is due, in multiples of its own time. With 4 a task that takes a second waits for at most four seconds
// of shorter ones that come later.
constexpr double kPatience = 4;
// Work in the background may begin after a second, as everything passes it: what waits for its end at a gate waits less.
constexpr double kBackgroundDelay = 1e9;  // ns
constexpr double kLongest = 3600e9;       // ns: what is expected to take longer than an hour is not told apart

// How many tasks of a lane are asked whether they join: under the lock that every other thread needs.
constexpr size_t kAsked = 1024;

constexpr TaskQueue::Limits kNoLimits{~uint64_t{0}, nullptr, std::numeric_limits<double>::infinity()};

// At least so many, at most kLongest; NaN is the least.
double within(double least, double nanoseconds) noexcept { return std::min(std::max(least, nanoseconds), kLongest); }

}  // namespace

unsigned TaskQueue::lane_of(double nanoseconds, bool background) noexcept {
  const auto whole = static_cast<uint64_t>(within(1, nanoseconds));
  const unsigned lane = static_cast<unsigned>(std::bit_width(whole) - 1) / 2;
  return background ? lane + kLanes / 2 : lane;
}

void TaskQueue::push(Task& task, const Effort& effort, Clock::time_point now) noexcept {
  const double own = within(0, effort.nanoseconds);
  const double patience = effort.blocks ? 0 : effort.background ? kBackgroundDelay : kPatience * own;
  task.effort_ = effort;
  task.effort_.nanoseconds = own;
  task.lane_ = lane_of(own, effort.background);
  task.due_ = now + std::chrono::nanoseconds(static_cast<int64_t>(patience));
  Lane& lane = lane_[task.lane_];
  Task* before = lane.tail;
  if (effort.blocks) {
    before = nullptr;
    for (Task* at = lane.head; at != nullptr && at->due_ <= task.due_; at = at->next_) before = at;
  }
  Task*& link = before != nullptr ? before->next_ : lane.head;
  task.next_ = link;
  link = &task;
  if (lane.tail == before) lane.tail = &task;
  lanes_ |= uint64_t{1} << task.lane_;
  ++size_;
}

bool TaskQueue::remove(Task& task) noexcept {
  Lane& lane = lane_[task.lane_];
  Task* before = nullptr;
  for (Task* at = lane.head; at != nullptr; before = at, at = at->next_) {
    if (at != &task) continue;
    unlink(lane, before, task);
    return true;
  }
  return false;
}

void TaskQueue::unlink(Lane& lane, Task* before, Task& task) noexcept {
  (before != nullptr ? before->next_ : lane.head) = task.next_;
  if (lane.tail == &task) lane.tail = before;
  if (lane.head == nullptr) lanes_ &= ~(uint64_t{1} << task.lane_);
  task.next_ = nullptr;
  --size_;
}

bool TaskQueue::may_take(const Task& task, const Limits& limits) noexcept {
  return (limits.kin == nullptr || task.effort_.kinship != limits.kin) &&
         task.effort_.nanoseconds <= limits.nanoseconds;
}

// Of each lane the first that may be taken, of these the one that is due first.
Task* TaskQueue::next(const Limits& limits) const noexcept {
  Task* next = nullptr;
  for (uint64_t left = limits.lanes & lanes_; left != 0; left &= left - 1) {
    Task* first = lane_[static_cast<size_t>(std::countr_zero(left))].head;
    for (size_t asked = 1; first != nullptr && !may_take(*first, limits); ++asked) {
      first = asked < kAsked ? first->next_ : nullptr;
    }
    if (first != nullptr && (next == nullptr || first->due_ < next->due_)) next = first;
  }
  return next;
}

TaskQueue::Clock::time_point TaskQueue::due() const noexcept { return next(kNoLimits)->due_; }

TaskQueue::Run TaskQueue::take() noexcept { return take(kNoLimits); }

TaskQueue::Run TaskQueue::take(const Limits& limits) noexcept {
  Task* const first = next(limits);
  if (first == nullptr) return {};
  const Effort& effort = first->effort_;
  Lane& lane = lane_[first->lane_];
  Run run{first, nullptr, 1, first->lane_, effort.kinship, first->due_};
  remove(*first);
  if (effort.kinship == nullptr) return run;

  double nanoseconds = effort.nanoseconds;
  size_t weight = effort.weight;
  Task** end = &run.joined;
  Task* before = nullptr;
  size_t asked = 0;
  for (Task* at = lane.head; at != nullptr && weight < effort.room && asked < kAsked; ++asked) {
    Task* const after = at->next_;
    const bool fits = at->effort_.kinship == effort.kinship && at->effort_.weight <= effort.room - weight &&
                      nanoseconds + at->effort_.nanoseconds <= limits.nanoseconds;
    if (fits && at->joins(*first)) {
      unlink(lane, before, *at);
      *end = at;
      end = &at->next_;
      ++run.count;
      weight += at->effort_.weight;
      nanoseconds += at->effort_.nanoseconds;
    } else {
      before = at;
    }
    at = after;
  }
  run.lane = lane_of(nanoseconds, effort.background);
  return run;
}

}  // namespace voronode
