// Which rows of an index there are at a moment, and how they are numbered: an index and those around it share one
// object, as they share their gate.
//
// A row lies in a slot, and keeps it until the index is compacted. Removing a row marks its slot; the position of a row,
// which is its id where an index numbers its rows itself, is its place among those that are left. So nothing moves
// beside a search, and a search sees the rows of one moment: those below the number of slots of then that were not
// removed then. Rows that replace others appear in the moment in which the others go (Change).
//
// One thread changes it, beside any number that read.
//
// Compacting goes step by step, in sweeps (Step): the rows behind the first hole move down, some in a step, and the hole
// moves up with all holes that it meets. When it arrives at the end, there is so much less. Rows that are removed behind
// it meanwhile wait for the next sweep.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "storage/removed_rows.h"

namespace voronode {

// The rows in the slots of some runs, ascending, go to the slots from `to` on, side by side. No run begins before `to`.
struct RowMove {
  struct Run {
    size_t begin;
    size_t end;
  };
  size_t to;
  size_t count;
  std::vector<Run> runs;
  Run met;  // the slots that a sweep comes to: those of the runs, and of removed rows

  // f(slot) for each removed row that the sweep comes to.
  template <class F>
  void for_each_removed(const F& f) const {
    size_t slot = met.begin;
    for (const Run& run : runs) {
      for (; slot < run.begin; ++slot) f(slot);
      slot = run.end;
    }
    for (; slot < met.end; ++slot) f(slot);
  }

  // f(from, to), ascending.
  template <class F>
  void for_each(const F& f) const {
    size_t at = to;
    for (const Run& run : runs) {
      for (size_t from = run.begin; from < run.end; ++from) f(from, at++);
    }
  }
};

class RowNumbers {
 public:
  // The rows of a moment. Take it before the rows themselves: what lies behind slots() is not there yet.
  class View {
   public:
    size_t slots() const noexcept { return slots_; }
    // Another one after each change.
    uint64_t version() const noexcept { return version_; }
    size_t size() const noexcept { return slots_ - (removed_ == nullptr ? 0 : removed_->count()); }
    bool dense() const noexcept { return removed_ == nullptr; }
    bool has(size_t slot) const noexcept { return slot < slots_ && (removed_ == nullptr || !removed_->has(slot)); }
    size_t position(size_t slot) const noexcept { return removed_ == nullptr ? slot : slot - removed_->before(slot); }
    // REQUIRES: position < size().
    size_t slot(size_t position) const noexcept { return removed_ == nullptr ? position : removed_->slot_of(position); }
    // f(begin, end) for each run of slots of rows that are there.
    template <class F>
    void for_each_run(const F& f) const {
      if (removed_ == nullptr) {
        if (slots_ > 0) f(size_t{0}, slots_);
        return;
      }
      for (size_t begin = removed_->next(0, slots_, false); begin < slots_;) {
        const size_t end = removed_->next(begin, slots_, true);
        f(begin, end);
        begin = removed_->next(end, slots_, false);
      }
    }

   private:
    friend class RowNumbers;
    View(size_t slots, std::shared_ptr<const RemovedRows> removed, uint64_t version) noexcept
        : slots_(slots), version_(version), removed_(std::move(removed)) {}
    size_t slots_;
    uint64_t version_;
    std::shared_ptr<const RemovedRows> removed_;  // null: none
  };

  RowNumbers() = default;
  RowNumbers(const RowNumbers&) = delete;
  RowNumbers& operator=(const RowNumbers&) = delete;

  View view() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return {slots_, removed_, version_};
  }
  // Of this object and no other, for as long as somebody asks.
  std::weak_ptr<const void> identity() const noexcept { return identity_; }
  size_t size() const noexcept { return size_.load(std::memory_order_acquire); }
  size_t removed() const noexcept { return gone_.load(std::memory_order_relaxed); }

  // Whether the index numbers its rows by position: all but inverted files with ids of their own, which do without.
  bool counted() const noexcept { return counted_.load(std::memory_order_acquire); }
  // From now on it does, and has n rows. REQUIRES: exclusivity.
  void count_from(size_t n) noexcept;

  // n rows more are filled in.
  void appended(size_t n) noexcept;

  // Rows go, and those that are appended while this lives come, in one moment.
  class Change {
   public:
    // slots: of rows that are there, ascending, unique. May throw std::bad_alloc.
    Change(RowNumbers& numbers, const std::vector<size_t>& slots);
    ~Change();
    Change(const Change&) = delete;
    Change& operator=(const Change&) = delete;
    void publish() noexcept;

   private:
    friend class RowNumbers;
    RowNumbers& numbers_;
    std::shared_ptr<const RemovedRows> removed_;
    size_t appended_ = 0;
  };

  // REQUIRES: exclusivity, which all that follows needs.
  std::vector<size_t> removed_slots() const;
  // The rows lie in slots 0 … n - 1.
  void restart(size_t n) noexcept;

  // Whether a sweep has begun and is not at its end.
  bool sweeping() const noexcept { return sweep_.begin < sweep_.end; }
  // A step of the sweep under way, or of a new one. REQUIRES: removed() > 0.
  class Step {
   public:
    // Of up to `most` rows. May throw std::bad_alloc.
    Step(RowNumbers& numbers, size_t most);
    Step(const Step&) = delete;
    Step& operator=(const Step&) = delete;
    const RowMove& move() const noexcept { return move_; }
    // When the rows have moved. Whether the sweep is at its end: the slots from slots() on are free then.
    bool finish() noexcept;

   private:
    RowNumbers& numbers_;
    RowMove move_;
    size_t end_;  // of the hole behind the rows that have moved
    std::shared_ptr<const RemovedRows> removed_;
  };
  size_t slots() const noexcept { return slots_; }

 private:
  void set(size_t slots, std::shared_ptr<const RemovedRows> removed) noexcept;

  const std::shared_ptr<const void> identity_ = std::make_shared<char>();
  mutable std::mutex mutex_;  // guards slots_, removed_ and version_
  size_t slots_ = 0;
  uint64_t version_ = 0;
  std::shared_ptr<const RemovedRows> removed_;
  std::atomic<size_t> size_{0};
  std::atomic<size_t> gone_{0};
  std::atomic<bool> counted_{false};
  Change* change_ = nullptr;  // under way
  RowMove::Run sweep_{0, 0};  // the hole of the sweep: all its slots are of removed rows; empty: none is under way
};

}  // namespace voronode
