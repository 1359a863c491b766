// The sketches of inverted lists of vectors, for files that are to be mapped: the record "skli" (sketch_record.h), with n
// groups of 64 rows in all lists together. Behind its beginning, for each list that is not empty:
//
//   groups  of all its rows but the last n % 64, as they lie in memory (sketch/maker.h), in one block with room for no more
//   rest    if these are 16 or more: their high plane (storage/inverted_lists.h)
//
// Whatever they say, an index with them reads no other memory; but if it is not true, rows are missed.
#pragma once

#include "io/format.h"
#include "io/reader.h"
#include "io/writer.h"
#include "ivf/ivf_flat.h"

namespace voronode {

// Makes the sketches of the rows of the moment, if the index can have some.
void write_list_sketch_trailer(Writer& writer, const IndexIVFFlat& ivf, const Moment& moment);

// Gives the index, which has just been read and whose rows stay in the file, the sketches that follow; nothing if others
// follow or none. Throws kCorrupt.
void read_list_sketch_trailer(Reader& reader, IndexIVFFlat* ivf);

}  // namespace voronode
