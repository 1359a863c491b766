// How kinds of indexes are stored. Each family is one file (format_flat.cc, …) that defines a Format, and one line in
// formats.inc. What stands between a tag and the next is docs/file-format.md.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "index/index.h"
#include "io/reader.h"
#include "io/writer.h"
#include "storage/blocks.h"
#include "storage/inverted_lists.h"

namespace voronode {

// Vectors and ids pass through memory in pieces of about this size: big enough for the system calls, small beside the
// index.
inline constexpr size_t kChunkBytes = size_t{1} << 20;

// What every index says of itself first.
struct Header {
  size_t d;
  uint64_t ntotal;
  bool is_trained;
  Metric metric;
  int64_t mark = 0;  // of the first of two fields that no reader of Faiss's looks at
};

// The mark of a map whose keys follow in a trailer (key_trailer.h): "voronkey".
inline constexpr int64_t kKeysMark = 0x79656B6E6F726F76;
// What Faiss puts there.
inline constexpr int64_t kNoMark = 1 << 20;

// What an outer index promises of the one inside it.
struct Outer {
  // A wrapper of Faiss's that was made before the index in it was trained says "untrained" for ever.
  explicit Outer(const Header& wrapper)
      : d(wrapper.d), ntotal(wrapper.ntotal), trained(wrapper.is_trained), metric(wrapper.metric) {}
  explicit Outer(size_t dimension) : d(dimension), trained(false) {}

  size_t d;
  std::optional<uint64_t> ntotal;  // none: it may be any
  bool trained;                    // false: it may be either
  std::optional<Metric> metric;    // none: it may be any
  bool sketches = true;            // false: its own searches are not used, and sketches for them would be a waste
};

// The rows that a save holds: those that were complete at one moment, taken once for the whole file so that its parts
// agree beside an add.
class Moment {
 public:
  explicit Moment(const Index& index);

  uint64_t ntotal() const noexcept { return ntotal_; }
  // By their slots, where the index numbers its rows.
  const RowNumbers::View& rows() const noexcept { return rows_; }
  // The lists of the IVF index that is, or is inside, the index, as they stand in a file: without removed rows, rows that
  // are numbered under their positions.
  size_t nlist() const noexcept { return lists_.size(); }
  size_t list_size(size_t l) const noexcept { return sizes_[l]; }
  InvertedLists::List list(size_t l) const;

 private:
  bool has(int64_t id) const noexcept {
    return counted_ ? rows_.has(static_cast<size_t>(id)) : id != InvertedLists::kNoRow;
  }

  bool counted_;
  RowNumbers::View rows_;
  std::vector<InvertedLists::List> lists_;
  std::vector<size_t> sizes_;
  uint64_t ntotal_;
};

// The rows of a moment, side by side.
template <class T>
void write_rows(Writer& writer, const typename Blocks<T>::View& stored, const RowNumbers::View& rows) {
  rows.for_each_run([&](size_t begin, size_t end) {
    for (size_t at = begin; at < end;) {
      const auto block = stored.block_with(at);
      const size_t n = std::min(end, block.begin + block.rows) - at;
      writer.bytes(block.data + (at - block.begin) * stored.width(), n * stored.width() * sizeof(T));
      at += n;
    }
  });
}

struct Format {
  std::array<Tag, 3> tags;  // that this family reads; 0: none

  // Reads what follows the tag. outer: what the index must agree with, or null.
  std::shared_ptr<Index> (*read)(Reader& reader, Tag tag, const Outer* outer);

  // Writes tag and body. False, and nothing written, if the index is not of this family.
  bool (*write)(Writer& writer, const Index& index, const Moment& moment);
};

// An index, its tag first. A kind of Faiss's that is not offered: kUnsupported with its name.
std::shared_ptr<Index> read_any(Reader& reader, const Outer* outer);

// An index, its tag first.
void write_any(Writer& writer, const Index& index, const Moment& moment);

// The 33 bytes after the tag. Throws kCorrupt if they contradict themselves or `outer`, or say that an index is not
// trained which always is.
enum class Training { kNeeded, kNotNeeded };
Header read_header(Reader& reader, const Outer* outer, Training training);
void write_header(Writer& writer, const Index& index, const Moment& moment, int64_t mark = kNoMark);

// x: the n components that were read last, the first of them in row `first_row` (of size d) of the list `list`, if
// there are lists. Throws kCorrupt at the first that is not finite.
void check_components(const Reader& reader, const char* field, const float* x, size_t n, size_t first_row, size_t d,
                      std::optional<size_t> list = std::nullopt);

// ids: the n that were read last, of rows first_row, … Throws kUnsupported at the first that is -1.
void check_ids(const Reader& reader, const idx_t* ids, size_t n, size_t first_row);

}  // namespace voronode
