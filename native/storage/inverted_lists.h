// The lists of an inverted file: nlist lists, each with rows (codes of a fixed number of bytes) and their int64 ids.
//
// A list lies in extents, runs of rows that never move: the first append to a list takes exactly what it needs, later
// ones at least a thirty-second of what is there, always whole units of kExtentRows. So a thousand lists of a thousand
// rows waste a few percent where blocks of powers of two would waste half, and a list filled at once lies in one piece.
//
// Beside its rows a list may keep groups, group_bytes for each kGroupRows rows that fill one. They lie in
// extents likewise, but in fewer: a search streams through them, and with a group or two here and there a query
// took 1.5 times as long (lists filled in ten calls, 128 × 1M). So tidy() puts the last extents together until each is
// larger than all behind it, list after list, which finds room where the lists before it lay. (Putting more together,
// as far as an extent was of four times the size of those behind it, was 5 % faster to search and left holes of 6 % of
// the index.) How the bytes of an extent are divided among its groups is the business of who makes and moves them.
//
// Rows behind the last full group, up to 63 a list, have a piece of rest_bytes instead (a fifth of what a query read
// were rows of lists' ends: 128 × 1M in 1024 lists, nprobe 16). It is never written again: an addition that leaves
// kRestStep rows without makes a new one.
//
// One appender may run beside any number of readers. A reader takes Lists of the lists it wants, all of one moment; the
// appender (Addition) fills rows behind the counts, then publishes all lists at once: a reader sees the whole addition
// or nothing of it. An addition also removes rows: these get the id kNoRow, in a copy of the ids of their extents, since
// earlier readers go on with the old ones; they lie there until their list is written anew (Addition, kRewrite). Where
// Faiss removes rows, the last rows of the list move into the holes: a list with removed rows knows the order that comes
// of it, for files, and is written anew in it.
// remove_if and clear need exclusivity.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "base/aligned.h"
#include "kernels/kernels.h"
#include "storage/slot_heap.h"

namespace voronode {

// Rows come in multiples of this, as kernels take them.
inline constexpr size_t kExtentRows = 16;
// So many rows behind the last group may lie outside the rest, which costs making the sketches of up to 63 rows.
inline constexpr size_t kRestStep = 16;
// Positions in a list are 32 bits, here and in the direct maps of files.
inline constexpr size_t kMaxListRows = 0xFFFFFFFF;

class InvertedLists {
  class Piece;
  class Adopted;
  struct Extent {
    size_t begin;
    size_t rows;  // capacity
    // shared: by the tables before and after a growth, and by the extents that were cut from one piece. A Piece of
    // codes, then ids; or an Adopted.
    std::shared_ptr<void> memory;
    uint8_t* codes;
    int64_t* ids;
    std::shared_ptr<Piece> id_memory;  // of ids with removed rows, and beside adopted codes; null: they lie in memory
  };
  struct GroupExtent {
    size_t begin;
    size_t groups;  // capacity
    std::shared_ptr<uint8_t> bytes;
  };
  struct Rest {
    size_t group = 0;  // it stands for the first rows of this group, and holds as long as that is not full
    size_t rows = 0;
    std::shared_ptr<uint8_t> bytes;
  };
  struct Table {
    std::vector<Extent> rows;
    std::vector<GroupExtent> groups;
    Rest rest;
    std::vector<uint32_t> order;  // of the rows that are there, where some were removed; else empty
    size_t rest_rows(size_t full_groups) const noexcept { return rest.group == full_groups ? rest.rows : 0; }
    size_t row_capacity() const noexcept { return rows.empty() ? 0 : rows.back().begin + rows.back().rows; }
    size_t group_capacity() const noexcept { return groups.empty() ? 0 : groups.back().begin + groups.back().groups; }
    template <class E>
    static size_t extent_of(const std::vector<E>& extents, size_t i) noexcept {
      const auto after = std::upper_bound(extents.begin(), extents.end(), i,
                                          [](size_t row, const E& extent) { return row < extent.begin; });
      return static_cast<size_t>(after - extents.begin()) - 1;
    }
  };

  struct Need;
  class Cutter;

 public:
  // The id of a row that was removed.
  static constexpr int64_t kNoRow = -1;

  // One list as it was when this was made.
  class List {
   public:
    size_t size() const noexcept { return n_; }  // removed rows among them
    size_t removed() const noexcept { return removed_; }
    // The rows that are there, in the order that Faiss would have brought them into.
    std::vector<uint32_t> ordered() const;
    size_t code_size() const noexcept { return code_size_; }

    // Piece p covers rows [begin, begin + rows). codes: row-major, 64-byte aligned unless adopted, readable (not used) up
    // to 64 bytes beyond the last row.
    struct Piece {
      const uint8_t* codes;
      const int64_t* ids;
      size_t begin;
      size_t rows;
    };
    size_t piece_count() const noexcept { return n_ == 0 ? 0 : Table::extent_of(table_->rows, n_ - 1) + 1; }
    Piece piece(size_t p) const noexcept {
      const Extent& extent = table_->rows[p];
      return {extent.codes, extent.ids, extent.begin, std::min(n_ - extent.begin, extent.rows)};
    }

    // REQUIRES: i < size().
    const uint8_t* code(size_t i) const noexcept {
      const Extent& extent = table_->rows[Table::extent_of(table_->rows, i)];
      return extent.codes + (i - extent.begin) * code_size_;
    }
    int64_t id(size_t i) const noexcept {
      const Extent& extent = table_->rows[Table::extent_of(table_->rows, i)];
      return extent.ids[i - extent.begin];
    }

    // Groups of rows [0, groups() * kGroupRows), in pieces: groups [begin, begin + groups) are the first of `capacity`
    // for which there is room at `bytes`.
    size_t groups() const noexcept { return groups_; }
    struct GroupPiece {
      const uint8_t* bytes;
      size_t capacity;
      size_t begin;
      size_t groups;
    };
    size_t group_piece_count() const noexcept {
      return groups_ == 0 ? 0 : Table::extent_of(table_->groups, groups_ - 1) + 1;
    }
    GroupPiece group_piece(size_t p) const noexcept {
      const GroupExtent& extent = table_->groups[p];
      return {extent.bytes.get(), extent.groups, extent.begin, std::min(groups_ - extent.begin, extent.groups)};
    }

    // What stands for rows [groups() * kGroupRows, groups() * kGroupRows + rest_rows()), if these are not 0.
    size_t rest_rows() const noexcept { return table_->rest_rows(groups_); }
    const uint8_t* rest() const noexcept { return table_->rest.bytes.get(); }

   private:
    friend class InvertedLists;
    List(std::shared_ptr<const Table> table, size_t n, size_t removed, size_t groups, size_t code_size) noexcept
        : table_(std::move(table)), n_(n), removed_(removed), groups_(groups), code_size_(code_size) {}
    std::shared_ptr<const Table> table_;
    size_t n_;
    size_t removed_;
    size_t groups_;
    size_t code_size_;
  };

  // Where a group goes: the index-th of `capacity` for which there is room at `bytes`.
  struct GroupRoom {
    uint8_t* bytes;
    size_t capacity;
    size_t index;
  };

  // Rows under way into the lists. Nothing is seen of it before publish(); without that it leaves no trace.
  class Addition {
   public:
    // Makes room for `count` more rows in each `list`, all different. Throws kNoMemory,
    // kUnsupported beyond kMaxListRows. REQUIRES: no other appender.
    struct Part {
      size_t list;
      size_t count;  // ≥ 1
    };
    // kRewrite: the new rows take the place of all rows of these lists.
    enum class Way { kAppend, kRewrite };
    Addition(InvertedLists& lists, const std::vector<Part>& parts, Way way = Way::kAppend);

    // Removes rows (ascending, unique, there) of a list, too. Before the first room() is asked for. Throws kNoMemory.
    void remove(size_t list, const std::vector<uint32_t>& rows);

    // Where the i-th new row of parts[part] goes, and how many lie together from there on (not more than are asked
    // for).
    struct Room {
      uint8_t* codes;
      int64_t* ids;
      size_t rows;
    };
    Room room(size_t part, size_t i) const noexcept;

    // The groups that parts[part] completes, or that are still to be made for other reasons: [first, last). They are to
    // be filled once the rows are; row i of the list, of the old rows or of the new.
    size_t first_group(size_t part) const noexcept { return growths_[part].old_groups; }
    size_t last_group(size_t part) const noexcept { return growths_[part].new_groups; }
    GroupRoom group(size_t part, size_t g) const noexcept { return group_at(*growths_[part].table, g); }
    const uint8_t* code(size_t part, size_t i) const noexcept { return lists_.code_at(*growths_[part].table, i); }

    // The rest is to be made, of rest_rows rows from last_group * kGroupRows on; null: not.
    uint8_t* rest(size_t part) const noexcept {
      const Growth& growth = growths_[part];
      return growth.new_rest ? growth.table->rest.bytes.get() : nullptr;
    }
    size_t rest_rows(size_t part) const noexcept { return growths_[part].table->rest.rows; }

    void publish() noexcept;

   private:
    struct Growth {
      size_t list;
      size_t old_size, new_size;
      size_t removed;  // of the rows
      size_t old_groups, new_groups;
      bool new_rest;
      std::shared_ptr<Table> table;
    };
    Growth start(const Part& part, Way way) const;
    Growth& growth_of(size_t list);
    static void order(Growth& growth, const std::vector<uint32_t>* removed);
    void grow(Growth& growth, const Need& need, Cutter& cutter) const;

    InvertedLists& lists_;
    std::vector<Growth> growths_;
    std::unordered_map<size_t, size_t> by_list_;  // where growths_ has a list; made by remove()
  };

  // group_bytes, rest_bytes: 0 for none.
  InvertedLists(size_t nlist, size_t code_size, size_t group_bytes = 0, size_t rest_bytes = 0);

  size_t nlist() const noexcept { return slots_.size(); }
  size_t code_size() const noexcept { return code_size_; }
  size_t group_bytes() const noexcept { return group_bytes_; }
  size_t size() const noexcept { return total_.load(std::memory_order_acquire); }  // rows of all lists, none removed
  size_t rows() const noexcept { return rows_.load(std::memory_order_acquire); }   // removed ones among them
  // Goes up whenever rows are removed or move: what is known of the places of rows holds for views as long as it stays.
  size_t changes() const noexcept { return changes_.load(std::memory_order_acquire); }

  // May be called beside an appender.
  size_t list_size(size_t list) const;  // without removed rows
  std::vector<size_t> list_sizes() const;
  std::vector<List> view() const;                                      // all lists
  std::vector<List> view(const std::vector<uint32_t>& numbers) const;  // these
  List list(size_t number) const;
  // A list of its own of these rows of another one, under these ids.
  static List selected(const List& from, const std::vector<uint32_t>& rows, const std::vector<int64_t>& ids);
  // For files: bytes that lie elsewhere, at any address. `spare`: how many can be read behind them.
  struct Elsewhere {
    uint8_t* bytes;
    size_t spare;
    std::shared_ptr<void> owner;
  };
  // Fills an empty list with rows whose codes stay where they are, unless too little can be read behind them. Returns
  // where their ids go, which are memory of the lists. Throws as an Addition does. Needs exclusivity, as what follows.
  int64_t* adopt(const Addition::Part& part, const Elsewhere& codes);
  // From now on there are groups. REQUIRES: there were none.
  void keep_groups(size_t group_bytes, size_t rest_bytes);
  // The groups of all rows of a list, in one piece with room for no more; and the rest, if rest_rows(size) > 0.
  void adopt_groups(size_t list, const Elsewhere& groups, const Elsewhere& rest);
  // How many of so many rows in a list that was filled at once have a rest.
  static size_t rest_rows(size_t n) noexcept { return n % kGroupRows >= kRestStep ? n % kGroupRows : 0; }
  size_t adopted_bytes() const noexcept { return *adopted_codes_ + *adopted_groups_; }

  // What is allocated, filled or not. Codes and ids lie in the same memory, which is divided between them.
  struct Bytes {
    size_t lists;
    size_t codes;
    size_t ids;
    size_t groups;  // with the rests
    size_t total() const noexcept { return lists + codes + ids + groups; }
  };
  Bytes bytes() const noexcept;
  size_t allocated_bytes() const noexcept { return bytes().total(); }

  // After additions to these lists, by the appender: fewer extents of groups, copied by copy(from, to). Without memory
  // some lists stay as they are.
  using CopyGroup = std::function<void(const GroupRoom& from, const GroupRoom& to)>;
  void tidy(const std::vector<Addition::Part>& parts, const CopyGroup& copy) noexcept;

  // Removes the rows of one list whose id is in a set; those that stay keep their order. The groups from the first hole on
  // are gone then, until remake_groups.
  template <class InSet>
  void remove_if(size_t list, const InSet& in_set) noexcept {
    Slot& slot = slots_[list];
    size_t to = 0;
    size_t first_hole = slot.n;
    for (size_t i = 0; i < slot.n; ++i) {
      if (in_set(ids_at(*slot.table, i)[0])) {
        first_hole = std::min(first_hole, i);
      } else {
        move_row(slot, i, to++);
      }
    }
    shrink(slot, to, first_hole);
  }

  // Makes the groups that a removal took, with make(first row of the group, its GroupRoom).
  template <class Make>
  void remake_groups(size_t list, const Make& make) noexcept {
    Slot& slot = slots_[list];
    const size_t last = std::min(slot.table->group_capacity(), slot.n / kGroupRows);
    for (; slot.groups < last; ++slot.groups) make(slot.groups * kGroupRows, group_at(*slot.table, slot.groups));
  }
  // And the rest, with make(its first row, how many, its bytes). Throws kNoMemory; the list then has none.
  template <class Make>
  void remake_rest(size_t list, const Make& make) {
    Slot& slot = slots_[list];
    const size_t rows = slot.n - slot.groups * kGroupRows;
    if (!needs_rest(*slot.table, slot.n, slot.groups) || rows >= kGroupRows) return;
    Rest rest{slot.groups, rows, rest_heap_.allocate(1)};
    make(slot.groups * kGroupRows, rows, rest.bytes.get());
    slot.table->rest = std::move(rest);
  }
  const uint8_t* code(size_t list, size_t i) const noexcept { return code_at(*slots_[list].table, i); }

  // Writable ids of a list, in pieces like those of List. Needs exclusivity.
  template <class F>
  void for_each_id(const F& f) noexcept {
    for (Slot& slot : slots_) {
      for (Extent& extent : slot.table->rows) {
        for (size_t i = 0; i < extent.rows && extent.begin + i < slot.n; ++i) f(extent.ids[i]);
      }
    }
  }
  void clear() noexcept;

 private:
  struct Slot {
    std::shared_ptr<Table> table;
    size_t n = 0;
    size_t removed = 0;
    size_t groups = 0;
  };
  uint8_t* code_at(const Table& table, size_t i) const noexcept {
    const Extent& extent = table.rows[Table::extent_of(table.rows, i)];
    return extent.codes + (i - extent.begin) * code_size_;
  }
  static int64_t* ids_at(const Table& table, size_t i) noexcept {
    const Extent& extent = table.rows[Table::extent_of(table.rows, i)];
    return extent.ids + (i - extent.begin);
  }
  static GroupRoom group_at(const Table& table, size_t g) noexcept {
    const GroupExtent& extent = table.groups[Table::extent_of(table.groups, g)];
    return {extent.bytes.get(), extent.groups, g - extent.begin};
  }
  List list_of(const Slot& slot) const noexcept {
    return List(slot.table, slot.n, slot.removed, slot.groups, code_size_);
  }
  bool needs_rest(const Table& table, size_t n, size_t groups) const noexcept {
    return rest_bytes_ > 0 && n - groups * kGroupRows - table.rest_rows(groups) >= kRestStep;
  }
  static size_t id_offset(size_t rows, size_t code_size);
  static size_t extent_bytes(size_t rows, size_t code_size);
  void tidy(Slot& slot, const CopyGroup& copy);
  void move_row(Slot& slot, size_t from, size_t to) noexcept;
  void shrink(Slot& slot, size_t n, size_t first_hole) noexcept;

  size_t code_size_;
  size_t group_bytes_;
  size_t rest_bytes_;
  mutable std::mutex mutex_;  // guards slots_ (the pointers and counts)
  std::vector<Slot> slots_;
  std::atomic<size_t> total_{0};
  std::atomic<size_t> rows_{0};
  std::atomic<size_t> changes_{0};
  std::shared_ptr<std::atomic<size_t>> row_bytes_;  // of all Pieces
  std::shared_ptr<std::atomic<size_t>> adopted_codes_;
  std::shared_ptr<std::atomic<size_t>> adopted_groups_;
  SlotHeap group_heap_;
  SlotHeap rest_heap_;
};

}  // namespace voronode
