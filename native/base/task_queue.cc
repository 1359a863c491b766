#include "base/task_queue.h"

#include <algorithm>
#include <bit>

namespace voronode {
namespace {

// Until a task is due, in multiples of its own time. With 4 a task that takes a second waits for at most four seconds
// of shorter ones that come later; background work is passed by all that comes within a minute and more.
constexpr double kPatience = 4;
constexpr double kBackgroundPatience = 64;
constexpr double kBackgroundDelay = 60e9;  // ns
constexpr double kLongest = 3600e9;        // ns: what is expected to take longer than an hour is not told apart

// How many tasks of a lane are asked whether they join: under the lock that every other thread needs.
constexpr size_t kAsked = 1024;

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
  const double patience = effort.blocks       ? 0
                          : effort.background ? kBackgroundDelay + kBackgroundPatience * own
                                              : kPatience * own;
  task.effort_ = effort;
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

Task* TaskQueue::next(uint64_t lanes, const void* kin) const noexcept {
  Task* next = nullptr;
  for (uint64_t left = lanes & lanes_; left != 0; left &= left - 1) {
    Task* const head = lane_[static_cast<size_t>(std::countr_zero(left))].head;
    if (kin != nullptr && head->effort_.kinship == kin) continue;
    if (next == nullptr || head->due_ < next->due_) next = head;
  }
  return next;
}

TaskQueue::Run TaskQueue::take(Task* first) noexcept {
  if (first == nullptr) return {};
  const Effort& effort = first->effort_;
  Lane& lane = lane_[first->lane_];
  Run run{first, nullptr, 1, first->lane_, effort.kinship, first->due_};
  unlink(lane, nullptr, *first);
  if (effort.kinship == nullptr) return run;

  double nanoseconds = effort.nanoseconds;
  size_t weight = effort.weight;
  Task** end = &run.joined;
  Task* before = nullptr;
  size_t asked = 0;
  for (Task* at = lane.head; at != nullptr && weight < effort.room && asked < kAsked; ++asked) {
    Task* const after = at->next_;
    const bool fits = at->effort_.kinship == effort.kinship && at->effort_.weight <= effort.room - weight;
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
