// How kinds of indexes are stored. Each family is one file (format_flat.cc, …) that defines a Format, and one line in
// formats.inc. What stands between a tag and the next is docs/file-format.md.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "index/index.h"
#include "io/reader.h"
#include "io/writer.h"

namespace voronode {

// Vectors and ids pass through memory in pieces of about this size: big enough for the system calls, small beside the
// index.
inline constexpr size_t kChunkBytes = size_t{1} << 20;

// What every index says of itself first; also what an outer index promises of the one inside it.
struct Header {
  size_t d;
  uint64_t ntotal;
  Metric metric;
};

struct Format {
  std::array<Tag, 3> tags;  // that this family reads; 0: none

  // Reads what follows the tag. outer: what the index must agree with, or null.
  std::shared_ptr<Index> (*read)(Reader& reader, Tag tag, const Header* outer);

  // Writes tag and body of the first `ntotal` rows. False, and nothing written, if the index is not of this family.
  bool (*write)(Writer& writer, const Index& index, uint64_t ntotal);
};

// An index, its tag first. A kind of Faiss's that is not offered: kUnsupported with its name.
std::shared_ptr<Index> read_any(Reader& reader, const Header* outer);

// An index, its tag first. ntotal: how many rows, taken once for the whole file so that its parts agree beside an add.
void write_any(Writer& writer, const Index& index, uint64_t ntotal);

// The 33 bytes after the tag. Throws kCorrupt if they contradict themselves or `outer`.
Header read_header(Reader& reader, const Header* outer);
void write_header(Writer& writer, const Index& index, uint64_t ntotal);

}  // namespace voronode
