// The caller's ids, one for each slot of rows (row_numbers.h), and the way back from an id to its row.
//
// The ids lie in Blocks (8 bytes a row). The way back (row_finder.h) is made by the first lookup, and each lookup takes in
// the rows that came since: indexes that never look up never pay.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "storage/blocks.h"
#include "storage/row_numbers.h"

namespace voronode {

class IdTable {
 public:
  static constexpr int64_t kNone = -1;

  IdTable();
  ~IdTable();
  IdTable(IdTable&&) noexcept;
  IdTable& operator=(IdTable&&) noexcept;

  size_t size() const noexcept;
  Blocks<int64_t>::View view() const;
  size_t allocated_bytes() const noexcept;  // of the ids, without the table
  size_t table_bytes() const noexcept;      // of the reverse table; as all that says how much there is, at any time

  // For files: n ids that lie elsewhere (Blocks::adopt). REQUIRES: empty.
  void adopt(size_t n, uint8_t* ids, const std::shared_ptr<void>& owner, size_t spare);
  size_t adopted_bytes() const noexcept;

  // One appender beside readers. Throws kNoMemory and leaves all as it was.
  void append(size_t n, const int64_t* ids);

  // The slot of the last of `rows` that bears the id, or kNone. May throw std::bad_alloc.
  int64_t find_last(int64_t id, const RowNumbers::View& rows) const;

  // All rows below `limit` that bear one of these ids, removed ones too, ascending; nothing if that is not worth while:
  // they are more than `most`, or the table does not have all rows, and to take them in would cost more than going over
  // all ids has in the calls so far; or somebody else is at it. `ids`: each once. `limit`: rows known to be complete,
  // ≤ size(). Several threads at once.
  std::optional<std::vector<size_t>> find_all(const std::vector<int64_t>& ids, size_t limit, size_t most) const;

  // Takes back the last append: no lookup has seen these rows.
  void truncate(size_t n) noexcept;

  // These need exclusivity.
  void remove(const std::vector<size_t>& rows) noexcept;
  // rows: those that are there before it.
  void move(const RowMove& move, const RowNumbers::View& rows) noexcept;
  void keep(size_t n) noexcept;
  void clear() noexcept;

 private:
  void forget_rows() noexcept;
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace voronode
