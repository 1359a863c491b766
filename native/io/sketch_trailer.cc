#include "io/sketch_trailer.h"

#include <algorithm>
#include <cstring>

#include "base/crc32c.h"
#include "base/poll.h"
#include "io/format.h"
#include "io/trailer.h"
#include "kernels/kernels.h"
#include "sketch/making.h"

namespace voronode {
namespace {

constexpr Tag kContent = make_tag("sket");

uint64_t padding_at(uint64_t position) noexcept { return (kAlignment - position % kAlignment) % kAlignment; }

// Bytes that are written and checked.
class Summed {
 public:
  explicit Summed(Writer& writer) noexcept : writer_(writer) {}
  void bytes(const void* data, size_t n) {
    writer_.bytes(data, n);
    crc_ = crc32c(crc_, data, n);
  }
  void finish() { writer_.number(crc_); }

 private:
  Writer& writer_;
  uint32_t crc_ = 0;
};

}  // namespace

void write_sketch_trailer(Writer& writer, const IndexFlat& flat, const RowNumbers::View& rows) {
  const size_t groups = rows.size() / kGroupRows;
  if (groups == 0 || !IndexFlat::sketchable(flat.d(), flat.metric())) return;
  const auto row = [&, stored = flat.rows().view()](size_t position) { return stored.row(rows.slot(position)); };
  SketchSpace space(flat.d(), flat.metric());
  space.choose_centre(sketch_sample(rows.size(), row));
  const size_t group_bytes = sketch_group_bytes(space.steps());
  const size_t centre_bytes = flat.d() * sizeof(float);
  constexpr uint64_t kHeadBytes = sizeof(RecordHead) + sizeof(uint32_t);
  const uint64_t padding = padding_at(writer.position() + kHeadBytes + centre_bytes);
  write_record_head(writer, kContent, groups, centre_bytes + padding + groups * group_bytes);
  Summed body(writer);
  body.bytes(space.centre(), centre_bytes);
  const uint8_t zeros[kAlignment] = {};
  body.bytes(zeros, static_cast<size_t>(padding));
  const BlockShape shape = Sketches::block_shape(space.steps());
  for (size_t b = 0; shape.begin(b) < groups; ++b) {
    poll(writer.cancel());
    const size_t count = std::min(shape.capacity(b), groups - shape.begin(b));
    AlignedArray<uint8_t> block(count * group_bytes);
    const auto place = [&](size_t g) { return SketchPlace{block.data(), count, g - shape.begin(b)}; };
    make_sketches(space, {shape.begin(b), count}, row, place, writer.cancel());
    body.bytes(block.data(), count * group_bytes);
  }
  body.finish();
}

void read_sketch_trailer(Reader& reader, IndexFlat* flat) {
  if (!record_follows(reader, kContent)) return;
  const RecordHead head = read_record_head(reader, kContent);
  const size_t d = flat->d();
  const size_t groups = flat->ntotal() / kGroupRows;
  if (!IndexFlat::sketchable(d, flat->metric())) reader.corrupt("no sketches of such an index", std::to_string(head.n));
  if (head.n != groups) reader.corrupt(std::to_string(groups) + " groups of 64 rows", std::to_string(head.n));
  std::vector<float> centre(d);
  const size_t centre_bytes = d * sizeof(float);
  const uint64_t padding = padding_at(reader.position() + centre_bytes);
  const size_t group_bytes = sketch_group_bytes(SketchSpace(d, flat->metric()).steps());
  const uint64_t expected = centre_bytes + padding + uint64_t{groups} * group_bytes;
  if (head.bytes != expected) reader.corrupt(std::to_string(expected) + " bytes", std::to_string(head.bytes));
  uint32_t crc = 0;
  reader.bytes("sket.centre", centre.data(), centre_bytes);
  if (!SketchSpace::is_centre(centre)) reader.corrupt("a centre of sketches", "other numbers");
  uint8_t zeros[kAlignment];
  reader.bytes("sket.padding", zeros, static_cast<size_t>(padding));
  if (reader.verifies()) crc = crc32c(crc32c(0, centre.data(), centre_bytes), zeros, static_cast<size_t>(padding));
  uint8_t* const planes = reader.in_place("sket", {groups, group_bytes}, [&](const uint8_t* at, size_t n, size_t) {
    crc = crc32c(crc, at, n * group_bytes);
  });
  const size_t spare = reader.spare();
  if (reader.verifies()) {
    check_crc(reader, "sket.crc", crc);
  } else {
    reader.number<uint32_t>("sket.crc");  // the file goes on to there
  }
  flat->adopt_sketches(centre, groups, planes, reader.mapping(), spare);
}

}  // namespace voronode
