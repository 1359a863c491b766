// IndexIDMap and IndexIDMap2: header, the wrapped index, then an array of int64, the id of each row. IndexKeyMap: the same
// as an IndexIDMap with the ids 0, 1, …, and a mark in its header; its keys follow (key_trailer.h).
#include <algorithm>
#include <cstring>
#include <numeric>
#include <string>

#include "base/aligned.h"
#include "index/id_map.h"
#include "index/key_map.h"
#include "io/format.h"
#include "io/key_trailer.h"

namespace voronode {
namespace {

constexpr Tag kMapTag = make_tag("IxMp");
constexpr Tag kMap2Tag = make_tag("IxM2");

// f(chunk, n, row) for the ids of a map, in pieces.
template <class F>
void read_in_chunks(Reader& reader, size_t ntotal, const F& f) {
  reader.count("id_map", ntotal, "ntotal", sizeof(int64_t));
  const size_t ids_a_chunk = std::min(ntotal, kChunkBytes / sizeof(int64_t));
  AlignedArray<int64_t> chunk(ids_a_chunk);
  for (size_t row = 0; row < ntotal; row += ids_a_chunk) {
    const size_t n = std::min(ids_a_chunk, ntotal - row);
    reader.bytes("id_map", chunk.data(), n * sizeof(int64_t));
    f(chunk.data(), n, row);
  }
}

// Ids that stay in the file.
IdTable ids_in_place(Reader& reader, size_t ntotal) {
  reader.count("id_map", ntotal, "ntotal", sizeof(int64_t));
  IdTable ids;
  uint8_t* const at =
      reader.in_place("id_map", {ntotal, sizeof(int64_t)}, [&](const uint8_t* begin, size_t n, size_t row) {
        std::vector<int64_t> piece(n);
        std::memcpy(piece.data(), begin, n * sizeof(int64_t));
        check_ids(reader, piece.data(), n, row);
      });
  ids.adopt(ntotal, at, reader.mapping(), reader.spare());
  return ids;
}

IdTable read_ids(Reader& reader, size_t ntotal) {
  IdTable ids;
  read_in_chunks(reader, ntotal, [&](const int64_t* chunk, size_t n, size_t row) {
    check_ids(reader, chunk, n, row);
    ids.append(n, chunk);
  });
  return ids;
}

// The ids that stand in place of keys.
void check_positions(Reader& reader, size_t ntotal) {
  read_in_chunks(reader, ntotal, [&](const int64_t* chunk, size_t n, size_t row) {
    for (size_t i = 0; i < n; ++i) {
      if (chunk[i] == static_cast<int64_t>(row + i)) continue;
      reader.corrupt("the id " + std::to_string(row + i) + " in its place, as keys follow", std::to_string(chunk[i]));
    }
  });
}

void write_positions(Writer& writer, size_t ntotal) {
  std::vector<int64_t> chunk;
  for (size_t row = 0; row < ntotal; row += chunk.size()) {
    chunk.resize(std::min(ntotal - row, kChunkBytes / sizeof(int64_t)));
    std::iota(chunk.begin(), chunk.end(), static_cast<int64_t>(row));
    writer.bytes(chunk.data(), chunk.size() * sizeof(int64_t));
  }
}

std::shared_ptr<Index> read_id_map(Reader& reader, Tag tag, const Outer* outer) {
  const Header header = read_header(reader, outer, Training::kNeeded);
  const Outer promised(header);
  std::shared_ptr<Index> inner = read_any(reader, &promised);
  if (with_role(*inner, &Index::maps_ids) != nullptr) reader.unsupported("an IndexIDMap inside an IndexIDMap");
  if (!inner->numbered_by_position()) {
    reader.unsupported("an IndexIDMap around an index whose labels are not 0 to ntotal - 1");
  }
  const auto ntotal = static_cast<size_t>(header.ntotal);
  if (header.mark == kKeysMark) {
    if (outer != nullptr) reader.unsupported("an IndexKeyMap inside another index");
    check_positions(reader, ntotal);
    return IndexKeyMap::from_parts(inner, read_key_trailer(reader, ntotal));
  }
  // If all else was read, the index depends on the file no more.
  const bool in_place = inner->memory_use().mapped > 0;
  IdTable ids = in_place ? ids_in_place(reader, ntotal) : read_ids(reader, ntotal);
  if (outer == nullptr && keys_follow(reader)) reader.corrupt("no keys behind a map of ids", "keys");
  return IndexIDMap::from_parts(inner, std::move(ids), tag == kMap2Tag);
}

bool write_key_map(Writer& writer, const IndexKeyMap& map, const Moment& moment) {
  writer.number(kMapTag);
  write_header(writer, map, moment, kKeysMark);
  write_any(writer, *map.inner(), moment);
  writer.number(moment.ntotal());
  write_positions(writer, moment.rows().size());
  write_key_trailer(writer, map.keys().view(), moment.rows());
  return true;
}

bool write_id_map(Writer& writer, const Index& index, const Moment& moment) {
  if (const auto* keys = dynamic_cast<const IndexKeyMap*>(&index)) return write_key_map(writer, *keys, moment);
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
