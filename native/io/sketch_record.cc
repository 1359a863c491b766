#include "io/sketch_record.h"

#include "base/aligned.h"
#include "base/crc32c.h"

namespace voronode {
namespace {

uint64_t padding_at(uint64_t position) noexcept { return (kAlignment - position % kAlignment) % kAlignment; }

}  // namespace

SketchRecordWriter::SketchRecordWriter(Writer& writer, const SketchRecord& record, const SketchSpace& space)
    : writer_(writer) {
  const size_t centre_bytes = space.dimension() * sizeof(float);
  constexpr uint64_t kHeadBytes = sizeof(RecordHead) + sizeof(uint32_t);
  const uint64_t padding = padding_at(writer.position() + kHeadBytes + centre_bytes);
  write_record_head(writer, record.content, record.n, centre_bytes + padding + record.sketch_bytes);
  bytes(space.centre(), centre_bytes);
  const uint8_t zeros[kAlignment] = {};
  bytes(zeros, static_cast<size_t>(padding));
}

void SketchRecordWriter::bytes(const void* data, size_t n) {
  writer_.bytes(data, n);
  crc_ = crc32c(crc_, data, n);
}

void SketchRecordWriter::finish() { writer_.number(crc_); }

SketchRecordReader::SketchRecordReader(Reader& reader, const SketchRecord& record, size_t d)
    : reader_(reader), centre_(d) {
  const RecordHead head = read_record_head(reader, record.content);
  if (head.n != record.n) reader.corrupt(std::to_string(record.n) + " groups of 64 rows", std::to_string(head.n));
  const size_t centre_bytes = d * sizeof(float);
  const uint64_t padding = padding_at(reader.position() + centre_bytes);
  const uint64_t expected = centre_bytes + padding + record.sketch_bytes;
  if (head.bytes != expected) reader.corrupt(std::to_string(expected) + " bytes", std::to_string(head.bytes));
  reader.bytes("sketches.centre", centre_.data(), centre_bytes);
  if (!SketchSpace::is_centre(centre_)) reader.corrupt("a centre of sketches", "other numbers");
  uint8_t zeros[kAlignment];
  reader.bytes("sketches.padding", zeros, static_cast<size_t>(padding));
  if (reader.verifies()) crc_ = crc32c(crc32c(0, centre_.data(), centre_bytes), zeros, static_cast<size_t>(padding));
}

uint8_t* SketchRecordReader::next(size_t n, size_t bytes) {
  return reader_.in_place("sketches", {n, bytes},
                          [&](const uint8_t* at, size_t count, size_t) { crc_ = crc32c(crc_, at, count * bytes); });
}

void SketchRecordReader::finish() {
  if (reader_.verifies()) return check_crc(reader_, "sketches.crc", crc_);
  reader_.number<uint32_t>("sketches.crc");  // the file goes on to there
}

}  // namespace voronode
