// IndexIDMap and IndexIDMap2: header, the wrapped index, then an array of int64, the id of each row.
#include <algorithm>
#include <string>

#include "base/aligned.h"
#include "index/id_map.h"
#include "io/format.h"

namespace voronode {
namespace {

constexpr Tag kMapTag = make_tag("IxMp");
constexpr Tag kMap2Tag = make_tag("IxM2");

IdTable read_ids(Reader& reader, size_t ntotal) {
  reader.count("id_map", ntotal, "ntotal", sizeof(int64_t));
  IdTable ids;
  const size_t ids_a_chunk = std::min(ntotal, kChunkBytes / sizeof(int64_t));
  AlignedArray<int64_t> chunk(ids_a_chunk);
  for (size_t row = 0; row < ntotal; row += ids_a_chunk) {
    const size_t n = std::min(ids_a_chunk, ntotal - row);
    reader.bytes("id_map", chunk.data(), n * sizeof(int64_t));
    check_ids(reader, chunk.data(), n, row);
    ids.append(n, chunk.data());
  }
  return ids;
}

std::shared_ptr<Index> read_id_map(Reader& reader, Tag tag, const Outer* outer) {
  const Header header = read_header(reader, outer, Training::kNeeded);
  const Outer promised(header);
  std::shared_ptr<Index> inner = read_any(reader, &promised);
  if (with_role(*inner, &Index::maps_ids) != nullptr) reader.unsupported("an IndexIDMap inside an IndexIDMap");
  if (!inner->numbered_by_position()) {
    reader.unsupported("an IndexIDMap around an index whose labels are not 0 to ntotal - 1");
  }
  IdTable ids = read_ids(reader, static_cast<size_t>(header.ntotal));
  return IndexIDMap::from_parts(inner, std::move(ids), tag == kMap2Tag);
}

bool write_id_map(Writer& writer, const Index& index, const Moment& moment) {
  const auto* map = dynamic_cast<const IndexIDMap*>(&index);
  if (map == nullptr) return false;
  writer.number(map->is_second() ? kMap2Tag : kMapTag);
  write_header(writer, index, moment);
  write_any(writer, *map->inner(), moment);
  writer.number(moment.ntotal());
  write_rows<int64_t>(writer, map->ids().view(), moment.rows());
  return true;
}

}  // namespace

extern const Format id_map_format;
const Format id_map_format{{kMapTag, kMap2Tag, 0}, read_id_map, write_id_map};

}  // namespace voronode
