// The way from an id to its row in inverted lists (Faiss's name for it).
//
// Nobody pays for it who does not ask: the first lookups scan the ids of all lists. From kScans lookups on a hash table
// is made, 2 to 4 slots of 8 bytes a row, and each lookup takes in the rows that came since. A removed row has no id any
// more (InvertedLists::kNoRow), so its slot leads nowhere; where a list is written anew, so are the slots of its rows. If
// several rows bear an id, one of them is found.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <vector>

#include "storage/inverted_lists.h"

namespace voronode {

class DirectMap {
 public:
  struct Place {
    size_t list;
    size_t row;
  };

  DirectMap();

  // The row with this id, if there is one, in the list as it is at that moment. Beside an appender; several threads at
  // once. May throw std::bad_alloc.
  struct Found {
    Place place;
    InvertedLists::List list;
  };
  std::optional<Found> find(const InvertedLists& lists, int64_t id) const;

  // The rows with these ids, in any order; nothing if that is not worth while: the table does not have all rows, and to
  // take them in would cost more than going over `instead` rows in each of the calls so far; or rows share an id; or
  // somebody else is at it. `ids`: each once.
  std::optional<std::vector<Place>> find_all(const InvertedLists& lists, const std::vector<int64_t>& ids,
                                             size_t instead) const;

  // Row r of a list comes to be what row kept[r] was (all that are not removed) when publish() returns, which is called
  // in between lookups. By the appender.
  void rewrite(const InvertedLists& lists, size_t list, const std::vector<uint32_t>& kept,
               const std::function<void()>& publish) noexcept;

  // When rows have moved, or the lists were emptied. Needs exclusivity.
  void forget() noexcept;

  size_t table_bytes() const noexcept { return table_bytes_.load(std::memory_order_relaxed); }  // at any time

 private:
  // A scan of a million ids takes about a millisecond, their table fifty.
  static constexpr size_t kScans = 32;

  std::optional<Found> scan(const InvertedLists& lists, int64_t id) const;
  void forget_all() noexcept;  // under the mutex
  bool has_room(size_t rows) const noexcept;
  void take_in(const InvertedLists& lists) const;
  std::optional<Found> look_up(const InvertedLists& lists, int64_t id) const;

  const uint64_t seed_;
  mutable std::mutex mutex_;  // guards what follows
  mutable size_t scans_ = 0;
  mutable std::atomic<size_t> table_bytes_{0};  // of slots_ and hashed_
  mutable std::vector<uint64_t> slots_;         // (list << 32 | row) + 1; 0: empty
  mutable size_t used_ = 0;                     // slots that are not empty
  mutable std::vector<uint32_t> hashed_;        // rows of each list that are in slots_, or are removed
  mutable size_t hashed_rows_ = 0;              // of all lists
  mutable bool repeats_ = false;                // several of these bear one id
  mutable size_t gone_over_ = 0;                // rows that find_all made others go over since the table took any in
};

}  // namespace voronode
