// The caller's keys, one for each slot of rows (row_numbers.h), and the way back from a key to its row.
//
// The text of the keys lies in an arena of blocks that never move, one entry (key_list.h) behind the other, none across
// the end of a block. A row has the place of its entry (8 bytes); a row that replaces another one under the same key
// has the same place. Text of keys that went stays until it is most of the arena.
//
// At most one of the rows that are there at a moment bears a key: the index sees to it.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "storage/blocks.h"
#include "storage/key_list.h"
#include "storage/row_finder.h"

namespace voronode {

class KeyTable {
 public:
  // What the rows of a moment bear.
  class View {
   public:
    using Key = std::string_view;
    size_t size() const noexcept { return places_.size(); }
    // The entry of a row, REQUIRES: slot < size().
    const uint8_t* entry(size_t slot) const noexcept { return text_.row(static_cast<size_t>(place(slot))); }
    std::string_view key(size_t slot) const noexcept { return key_at(entry(slot)); }
    int64_t place(size_t slot) const noexcept { return *places_.row(slot); }

    // For RowFinder.
    static uint64_t hash(std::string_view key, uint64_t seed) noexcept;
    uint64_t hash_of(size_t slot, uint64_t seed) const noexcept { return hash(key(slot), seed); }
    bool bears(size_t slot, std::string_view key) const noexcept { return this->key(slot) == key; }
    bool same(size_t a, size_t b) const noexcept { return place(a) == place(b) || key(a) == key(b); }

   private:
    friend class KeyTable;
    View(Blocks<int64_t>::View places, Blocks<uint8_t>::View text) noexcept
        : places_(std::move(places)), text_(std::move(text)) {}
    Blocks<int64_t>::View places_;
    Blocks<uint8_t>::View text_;
  };

  KeyTable();
  ~KeyTable();
  KeyTable(KeyTable&&) noexcept;
  KeyTable& operator=(KeyTable&&) noexcept;

  size_t size() const noexcept;
  View view() const;
  size_t allocated_bytes() const noexcept;  // without the table back
  size_t table_bytes() const noexcept;

  // The slot of the one of `rows` that bears the key, or kNoSlot. May throw std::bad_alloc.
  int64_t find(std::string_view key, const RowNumbers::View& rows) const;

  // Whether no two rows bear the same key. Makes what find() needs; may throw std::bad_alloc.
  bool is_distinct() const;

  // ---- One appender beside readers ----
  //
  // Gives the next slots these keys, each of kMaxKeyBytes at most. replaced: for each key the slot that bears it, or
  // kNoSlot; empty: none does. Throws kNoMemory and leaves all as it was.
  void append(Keys keys, std::span<const int64_t> replaced);
  // Takes back the last append, before a lookup can have seen its rows.
  void truncate(size_t n) noexcept;
  // When the rows are there: makes what find() needs, which otherwise the next find() does at one go.
  void catch_up(size_t rows) noexcept;
  // The rows in these slots went, and none came under their keys.
  void forget(const std::vector<size_t>& slots) noexcept;

  // ---- These need exclusivity ----
  void remove(const std::vector<size_t>& slots) noexcept;
  void move(const RowMove& move, const RowNumbers::View& rows) noexcept;
  void keep(size_t n) noexcept;
  void clear() noexcept;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace voronode
