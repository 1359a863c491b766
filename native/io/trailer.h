// What stands behind an index in a file, where Faiss looks no more: records, one behind the other.
//
//   8 bytes  "voronode"
//   uint32   1, the version
//   4 bytes  what it is: "keys" (key_trailer.h), "sket" (sketch_trailer.h), "skli" (list_sketch_trailer.h)
//   uint64   how many things it holds
//   uint64   b, the bytes of its body
//   uint32   CRC-32C of the 32 bytes before
//   b bytes  the body
//   uint32   CRC-32C of the body
//
// All numbers little-endian.
#pragma once

#include <optional>

#include "io/reader.h"
#include "io/tag.h"
#include "io/writer.h"

namespace voronode {

struct RecordHead {
  char magic[8];
  uint32_t version;
  Tag content;
  uint64_t n;
  uint64_t bytes;
};
static_assert(sizeof(RecordHead) == 32);

// Takes the head of the next record, which must be of this content: else kCorrupt, or kUnsupported for a version to come.
RecordHead read_record_head(Reader& reader, Tag content);
// Whether a record of this content follows. Takes nothing.
bool record_follows(Reader& reader, Tag content);

void write_record_head(Writer& writer, Tag content, uint64_t n, uint64_t bytes);

// Takes a checksum and compares it.
void check_crc(Reader& reader, const char* field, uint32_t computed);

}  // namespace voronode
