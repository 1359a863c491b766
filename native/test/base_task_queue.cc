// Which of the tasks that wait is next, and which share its run.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <deque>
#include <vector>

#include "base/task_queue.h"
#include "test/random.h"

namespace voronode::test {
namespace {

using Clock = TaskQueue::Clock;
using std::chrono::milliseconds;

struct Named final : Task {
  explicit Named(int name_ = 0, int group_ = 0) : name(name_), group(group_) {}
  void run(Task*) noexcept override {}
  bool joins(const Task& first) const noexcept override { return static_cast<const Named&>(first).group == group; }
  int name;
  int group;
};

int name_of(const Task* task) { return task == nullptr ? -1 : static_cast<const Named*>(task)->name; }

Effort taking(double nanoseconds, const void* kinship = nullptr) {
  Effort effort;
  effort.nanoseconds = nanoseconds;
  effort.kinship = kinship;
  return effort;
}

Effort in_background(double nanoseconds) {
  Effort effort = taking(nanoseconds);
  effort.background = true;
  return effort;
}

std::vector<int> names_of(const TaskQueue::Run& run) {
  std::vector<int> names{name_of(run.first)};
  for (const Task* task = run.joined; task != nullptr; task = task->next_joined()) names.push_back(name_of(task));
  CHECK(run.count == names.size());
  return names;
}

// The order in which all that is there is taken.
std::vector<int> order_of(TaskQueue& queue) {
  std::vector<int> order;
  while (queue.size() > 0) order.push_back(name_of(queue.take().first));
  CHECK(queue.lanes() == 0);
  return order;
}

const Clock::time_point start{};

// Kin of 0.1 ms each.
void push_all(TaskQueue& queue, std::vector<Named>& tasks, const void* kinship) {
  for (Named& task : tasks) {
    Effort effort = taking(1e5, kinship);
    effort.room = 384;
    queue.push(task, effort, start);
  }
}

}  // namespace

TEST_CASE("of tasks that come together the shorter one is next, of equals the first") {
  TaskQueue queue;
  std::vector<Named> tasks;
  for (int i = 0; i < 6; ++i) tasks.emplace_back(i);
  const double nanoseconds[] = {1e9, 1e5, 1e5, 1e3, 1e7, 1e5};
  for (size_t i = 0; i < tasks.size(); ++i) queue.push(tasks[i], taking(nanoseconds[i]), start);
  CHECK(order_of(queue) == std::vector{3, 1, 2, 5, 4, 0});
}

TEST_CASE("a long task goes before short ones that come when it is due") {
  TaskQueue queue;
  Named giant(0), early(1), late(2);
  queue.push(giant, taking(1e9), start);  // a second
  queue.push(early, taking(1e5), start + milliseconds(3900));
  queue.push(late, taking(1e5), start + milliseconds(4100));
  CHECK(order_of(queue) == std::vector{1, 0, 2});
}

TEST_CASE("work in the background waits for a second, what blocks others for nothing") {
  TaskQueue queue;
  Named background(0), later(1), much_later(2), blocking(3), short_one(4);
  queue.push(background, in_background(1e3), start);
  queue.push(later, taking(1e7), start + milliseconds(900));
  queue.push(much_later, taking(1e3), start + milliseconds(1001));
  Effort effort = taking(1e9);
  effort.blocks = true;
  queue.push(blocking, effort, start);
  queue.push(short_one, taking(1e6), start);
  Named blocking_in_background(5);
  effort.background = true;
  queue.push(blocking_in_background, effort, start);
  CHECK(order_of(queue) == std::vector{3, 5, 4, 1, 0, 2});
}

TEST_CASE("lanes are powers of four, and those of the background lie behind") {
  CHECK(TaskQueue::lane_of(0, false) == 0);
  CHECK(TaskQueue::lane_of(3.9, false) == 0);
  CHECK(TaskQueue::lane_of(4, false) == 1);
  CHECK(TaskQueue::lane_of(1e6, false) == 9);
  CHECK(TaskQueue::lane_of(1e300, false) < TaskQueue::kLanes / 2);
  CHECK(TaskQueue::lane_of(-1, false) == 0);
  CHECK(TaskQueue::lane_of(std::nan(""), false) == 0);
  CHECK(TaskQueue::lane_of(0, true) == TaskQueue::kLanes / 2);
  CHECK(TaskQueue::lane_of(1e300, true) < TaskQueue::kLanes);
}

TEST_CASE("kin that fit and agree share a run, in their order") {
  TaskQueue queue;
  const int index = 0, other = 0;
  std::deque<Named> tasks;
  const auto push = [&](int name, int group, const void* kinship, size_t weight) {
    Effort effort = taking(1e5, kinship);
    effort.weight = weight;
    effort.room = 10;
    queue.push(tasks.emplace_back(name, group), effort, start);
  };
  push(0, 0, &index, 3);
  push(1, 1, &index, 1);  // disagrees
  push(2, 0, &other, 1);  // of another index
  push(3, 0, nullptr, 1);
  push(4, 0, &index, 5);
  push(5, 0, &index, 3);  // does not fit: 8 of 10 are taken
  push(6, 0, &index, 2);
  push(7, 0, &index, 1);  // no room is left
  CHECK(names_of(queue.take()) == std::vector{0, 4, 6});
  CHECK(names_of(queue.take()) == std::vector{1});
  CHECK(names_of(queue.take()) == std::vector{2});
  CHECK(names_of(queue.take()) == std::vector{3});
  CHECK(names_of(queue.take()) == std::vector{5, 7});
  CHECK(queue.size() == 0);
  CHECK(queue.take().first == nullptr);
}

TEST_CASE("a run is as long as all that share it") {
  TaskQueue queue;
  const int index = 0;
  std::vector<Named> tasks(64);
  push_all(queue, tasks, &index);
  const TaskQueue::Run run = queue.take();
  CHECK(run.count == 64);
  CHECK(run.kinship == &index);
  CHECK(run.lane == TaskQueue::lane_of(64e5, false));
}

TEST_CASE("within limits: of some lanes, without kin, not too long") {
  TaskQueue queue;
  const int index = 0;
  Named kin(0), other(1), longer(2), behind_kin(3);
  queue.push(kin, taking(1e3, &index), start);
  queue.push(behind_kin, taking(1e3), start);
  queue.push(other, taking(1e4), start);
  queue.push(longer, taking(1e8), start);
  const uint64_t below = (uint64_t{1} << TaskQueue::lane_of(1e8, false)) - 1;
  CHECK(name_of(queue.take({below, &index, 100}).first) == -1);
  CHECK(name_of(queue.take({below, &index, 1e9}).first) == 3);
  CHECK(name_of(queue.take({below, &index, 9999}).first) == -1);
  CHECK(name_of(queue.take({below, &index, 1e4}).first) == 1);
  CHECK(name_of(queue.take({below, &index, 1e9}).first) == -1);
  CHECK(name_of(queue.take({below, nullptr, 1e9}).first) == 0);
  CHECK(name_of(queue.take({below, nullptr, 1e9}).first) == -1);
  CHECK(queue.size() == 1);
}

TEST_CASE("a run within limits is no longer than they allow, all together") {
  TaskQueue queue;
  const int index = 0;
  std::vector<Named> tasks(10);
  push_all(queue, tasks, &index);
  CHECK(queue.take({~uint64_t{0}, nullptr, 3.5e5}).count == 3);
  CHECK(queue.take({~uint64_t{0}, nullptr, 1e5}).count == 1);
  CHECK(queue.take().count == 6);
}

TEST_CASE("tasks can be taken out again, wherever they are") {
  Random random(3);
  for (int round = 0; round < 200; ++round) {
    TaskQueue queue;
    std::vector<Named> tasks;
    for (int i = 0; i < 20; ++i) tasks.emplace_back(i);
    std::vector<bool> there(tasks.size());
    for (int step = 0; step < 100; ++step) {
      const size_t i = random.below(tasks.size());
      if (there[i] || random.one_in(3)) {
        CHECK(queue.remove(tasks[i]) == there[i]);
        there[i] = false;
      } else {
        queue.push(tasks[i], taking(random.one_in(2) ? 10 : 1e6), start);
        there[i] = true;
      }
    }
    std::vector<int> left = order_of(queue);
    std::sort(left.begin(), left.end());
    std::vector<int> expected;
    for (int i = 0; i < 20; ++i) {
      if (there[static_cast<size_t>(i)]) expected.push_back(i);
    }
    CHECK(left == expected);
  }
}

}  // namespace voronode::test
