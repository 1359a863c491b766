#include "io/sketch_trailer.h"

#include <algorithm>

#include "base/poll.h"
#include "io/sketch_record.h"
#include "sketch/making.h"

namespace voronode {
namespace {

constexpr Tag kContent = make_tag("sket");

}  // namespace

void write_sketch_trailer(Writer& writer, const IndexFlat& flat, const RowNumbers::View& rows) {
  const size_t groups = rows.size() / kGroupRows;
  if (groups == 0 || !IndexFlat::sketchable(flat.d(), flat.metric())) return;
  const auto row = [&, stored = flat.rows().view()](size_t position) { return stored.row(rows.slot(position)); };
  SketchSpace space(flat.d(), flat.metric());
  space.choose_centre(sketch_sample(rows.size(), row));
  const size_t group_bytes = sketch_group_bytes(space.steps());
  SketchRecordWriter record(writer, {kContent, groups, groups * group_bytes}, space);
  const BlockShape shape = Sketches::block_shape(space.steps());
  for (size_t b = 0; shape.begin(b) < groups; ++b) {
    poll(writer.cancel());
    const size_t count = std::min(shape.capacity(b), groups - shape.begin(b));
    AlignedArray<uint8_t> block(count * group_bytes);
    const auto place = [&](size_t g) { return SketchPlace{block.data(), count, g - shape.begin(b)}; };
    make_sketches(space, {shape.begin(b), count}, row, place, writer.cancel());
    record.bytes(block.data(), count * group_bytes);
  }
  record.finish();
}

void read_sketch_trailer(Reader& reader, IndexFlat* flat) {
  if (!record_follows(reader, kContent)) return;
  const size_t d = flat->d();
  const size_t groups = flat->ntotal() / kGroupRows;
  if (!IndexFlat::sketchable(d, flat->metric())) reader.corrupt("no sketches of such an index", "some");
  const size_t group_bytes = sketch_group_bytes(SketchSpace(d, flat->metric()).steps());
  SketchRecordReader record(reader, {kContent, groups, uint64_t{groups} * group_bytes}, d);
  uint8_t* const planes = record.next(groups, group_bytes);
  const size_t spare = reader.spare();
  record.finish();
  flat->adopt_sketches(record.centre(), groups, planes, reader.mapping(), spare);
}

}  // namespace voronode
