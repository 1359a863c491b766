// The sketches of a flat index, for files that are to be mapped: the record "sket" (sketch_record.h), with n groups of 64
// rows. Behind its beginning:
//
//   groups  as they lie in memory (sketch/maker.h, kernels/kernels.h), in blocks of as many groups as an index in memory
//           has in a block (Sketches::block_shape); the last block has room for those in it and no more
//
// They are of the rows that stand before, one group behind the other, without the last few rows. Whatever they say, an
// index with them reads no other memory; but if it is not true, rows are missed.
#pragma once

#include "index/flat.h"
#include "io/reader.h"
#include "io/writer.h"

namespace voronode {

// Makes the sketches of the rows of the moment, if the index can have some.
void write_sketch_trailer(Writer& writer, const IndexFlat& flat, const RowNumbers::View& rows);

// Gives the index those that follow, if some do. They stay in the file. REQUIRES: it is mapped, and the rows stay there, too.
void read_sketch_trailer(Reader& reader, IndexFlat* flat);

}  // namespace voronode
