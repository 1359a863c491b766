// The keys of an IndexKeyMap: the record "keys" (trailer.h), with n keys, one for each row in their order: of each its
// length as LEB128, then its UTF-8 (storage/key_list.h).
//
// The map that the record belongs to bears a mark in a field of its header that no reader of Faiss's looks at (kKeysMark in
// format.h): a file that was cut where the record begins is told from a map of ids by it.
#pragma once

#include "io/reader.h"
#include "io/writer.h"
#include "storage/key_table.h"

namespace voronode {

// n: the rows of the index. Throws kCorrupt for anything but n different keys.
KeyTable read_key_trailer(Reader& reader, size_t n);

// Whether keys follow. Takes nothing.
bool keys_follow(Reader& reader);

void write_key_trailer(Writer& writer, const KeyTable::View& keys, const RowNumbers::View& rows);

}  // namespace voronode
