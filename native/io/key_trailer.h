// The keys of an IndexKeyMap, behind what Faiss reads of a file. Faiss ignores what comes there.
//
//   8 bytes  "voronode"
//   uint32   1, the version
//   uint32   "keys"
//   uint64   n, how many keys there are: one for each row, in their order
//   uint64   b, how many bytes they take
//   uint32   CRC-32C of the 32 bytes before
//   b bytes  the keys: of each its length as LEB128, then its UTF-8 (storage/key_list.h)
//   uint32   CRC-32C of the b bytes
//
// All numbers little-endian. The map that the trailer belongs to bears a mark in a field of its header that no reader of
// Faiss's looks at (kKeysMark in format.h): a file that was cut where the trailer begins is told from a map of ids by it.
#pragma once

#include "io/reader.h"
#include "io/writer.h"
#include "storage/key_table.h"

namespace voronode {

// n: the rows of the index. Throws kCorrupt for anything but n different keys.
KeyTable read_key_trailer(Reader& reader, size_t n);

// Whether a trailer follows. REQUIRES: nothing else is read afterwards.
bool key_trailer_follows(Reader& reader);

void write_key_trailer(Writer& writer, const KeyTable::View& keys, const RowNumbers::View& rows);

}  // namespace voronode
