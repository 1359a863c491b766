#include "base/gate_hold.h"

#include "base/error.h"

namespace voronode {
namespace {

thread_local const GateHold* holds = nullptr;  // of this thread, the latest first

}  // namespace

void GateHold::Entry::wait() noexcept {
  std::unique_lock<std::mutex> lock(mutex_);
  changed_.wait(lock, [&] { return passed_; });
}

void GateHold::Entry::passed() noexcept {
  std::lock_guard<std::mutex> lock(mutex_);
  passed_ = true;
  changed_.notify_one();  // under the lock: the waiting thread may destroy this object right after
}

// A thread that waits although it holds gates. All of them are known to all: of threads that would wait for one another
// in a circle, the last to come is refused. It comes to its gates under the same lock, so that whoever came before it is
// known, and waits behind it.
struct GateHold::Nested {
  explicit Nested(GateHold& waiting) : holds(waiting.outer_) {
    List& list = all();
    const std::lock_guard<std::mutex> lock(list.mutex);
    for (const Nested* other = list.first; other != nullptr; other = other->next) {
      for (const GateHold* hold = other->holds; hold != nullptr; hold = hold->outer_) {
        if (!waiting.conflicts(*hold)) continue;
        throw Error(Code::kUnsupported,
                    "The index is being searched on another thread, where a filter function itself waits for an index: "
                    "it cannot be changed before, by a filter function of this thread");
      }
    }
    next = list.first;
    list.first = this;
    waiting.entry_.enter(Gate::Place::kFirst);
  }
  ~Nested() {
    List& list = all();
    const std::lock_guard<std::mutex> lock(list.mutex);
    Nested** link = &list.first;
    while (*link != this) link = &(*link)->next;
    *link = next;
  }
  Nested(const Nested&) = delete;
  Nested& operator=(const Nested&) = delete;

  struct List {
    std::mutex mutex;
    Nested* first = nullptr;
  };
  static List& all() noexcept {
    // Never destroyed: threads of other environments may still use it while static destructors run.
    alignas(List) static std::byte memory[sizeof(List)];
    static List* list = new (memory) List;
    return *list;
  }

  const GateHold* const holds;
  Nested* next = nullptr;
};

bool GateHold::is_of(const Gate& gate) const noexcept {
  return entry_.gates()[0] == &gate || entry_.gates()[1] == &gate;
}

const GateHold* GateHold::innermost(const Gate& gate) noexcept {
  const GateHold* hold = holds;
  while (hold != nullptr && !hold->is_of(gate)) hold = hold->outer_;
  return hold;
}

// Whether this thread reads the gate already and wants no more.
bool GateHold::reads_again() const {
  for (const Gate* gate : entry_.gates()) {
    const GateHold* const hold = gate == nullptr ? nullptr : innermost(*gate);
    if (hold == nullptr) continue;
    if (entry_.access() == Access::kRead && hold->entry_.access() == Access::kRead) return true;
    throw Error(Code::kUnsupported,
                "The index is being searched by a call that has not returned (its filter function runs): it cannot "
                "be changed before");
  }
  return false;
}

// Whether it must wait for what is held.
bool GateHold::conflicts(const GateHold& held) const noexcept {
  for (const Gate* gate : entry_.gates()) {
    if (gate == nullptr || !held.is_of(*gate)) continue;
    const Access mine = entry_.access();
    const Access its = held.entry_.access();
    if (mine == Access::kExclusive || its == Access::kExclusive) return true;
    if (mine == Access::kAppend && its == Access::kAppend) return true;
  }
  return false;
}

void GateHold::enter_nested() {
  const Nested waiting(*this);
  entry_.wait();
}

GateHold::GateHold(const Passage::Gates& gates, Access access)
    : entry_(gates, access), outer_(holds), within_(reads_again()) {
  if (outer_ != nullptr && !within_) {
    enter_nested();
  } else if (!within_) {
    entry_.enter();
    entry_.wait();
  }
  holds = this;
}

GateHold::~GateHold() {
  holds = outer_;
  if (!within_) entry_.leave();
}

}  // namespace voronode
