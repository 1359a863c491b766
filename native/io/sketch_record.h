// What the records of sketches (sketch_trailer.h, list_sketch_trailer.h) have in common. Their bodies begin with
//
//   float32[d]  the centre
//   zeros       up to a multiple of 64 bytes from the beginning of the file
//
// and what follows stays where it is in a file that is mapped.
#pragma once

#include <vector>

#include "io/reader.h"
#include "io/trailer.h"
#include "io/writer.h"
#include "sketch/space.h"

namespace voronode {

struct SketchRecord {
  Tag content;
  uint64_t n;             // groups
  uint64_t sketch_bytes;  // behind the zeros
};

class SketchRecordWriter {
 public:
  SketchRecordWriter(Writer& writer, const SketchRecord& record, const SketchSpace& space);
  void bytes(const void* data, size_t n);
  void finish();

 private:
  Writer& writer_;
  uint32_t crc_ = 0;
};

class SketchRecordReader {
 public:
  // Throws kCorrupt unless `record` stands there, with a centre of d components.
  SketchRecordReader(Reader& reader, const SketchRecord& record, size_t d);
  const std::vector<float>& centre() const noexcept { return centre_; }
  // Where the next n pieces of so many bytes are. Reader::spare() is then of them.
  uint8_t* next(size_t n, size_t bytes);
  void finish();

 private:
  Reader& reader_;
  std::vector<float> centre_;
  uint32_t crc_ = 0;
};

}  // namespace voronode
