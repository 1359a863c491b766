#include "io/key_trailer.h"

#include <algorithm>

#include "base/aligned.h"
#include "base/crc32c.h"
#include "io/format.h"
#include "io/trailer.h"

namespace voronode {
namespace {

constexpr Tag kContent = make_tag("keys");

}  // namespace

KeyTable read_key_trailer(Reader& reader, size_t n) {
  const RecordHead head = read_record_head(reader, kContent);
  if (head.n != n) reader.corrupt(std::to_string(n) + " keys, one for each row", std::to_string(head.n));
  const auto bytes = static_cast<size_t>(head.bytes);
  AlignedArray<uint8_t> packed(bytes);
  uint32_t crc = 0;
  const uint64_t begin = reader.position();
  for (size_t at = 0; at < bytes; at += kChunkBytes) {
    const size_t size = std::min(kChunkBytes, bytes - at);
    reader.bytes("keys", packed.data() + at, size);
    crc = crc32c(crc, packed.data() + at, size);
  }
  check_crc(reader, "keys.crc", crc);
  KeyTable table;
  try {
    const std::vector<std::string_view> keys = unpack_keys({packed.data(), bytes});
    if (keys.size() != n) reader.corrupt_at("keys", begin, std::to_string(n) + " keys", std::to_string(keys.size()));
    table.append(keys, {});
  } catch (const Error& error) {
    if (error.code() != Code::kInvalidArgValue) throw;
    reader.corrupt_at("keys", begin, "a list of keys", error.what());
  }
  if (!table.is_distinct()) reader.corrupt_at("keys", begin, "different keys", "one that comes twice");
  return table;
}

bool keys_follow(Reader& reader) { return record_follows(reader, kContent); }

void write_key_trailer(Writer& writer, const KeyTable::View& keys, const RowNumbers::View& rows) {
  uint64_t bytes = 0;
  rows.for_each_run([&](size_t begin, size_t end) {
    for (size_t slot = begin; slot < end; ++slot) bytes += entry_bytes(keys.key(slot));
  });
  write_record_head(writer, kContent, rows.size(), bytes);
  std::vector<uint8_t> chunk;
  chunk.reserve(kChunkBytes + kMaxKeyBytes + kMaxLengthBytes);
  uint32_t crc = 0;
  const auto flush = [&] {
    crc = crc32c(crc, chunk.data(), chunk.size());
    writer.bytes(chunk.data(), chunk.size());
    chunk.clear();
  };
  rows.for_each_run([&](size_t begin, size_t end) {
    for (size_t slot = begin; slot < end; ++slot) {
      const uint8_t* const entry = keys.entry(slot);
      chunk.insert(chunk.end(), entry, entry + entry_bytes(key_at(entry)));
      if (chunk.size() >= kChunkBytes) flush();
    }
  });
  flush();
  writer.number(crc);
}

}  // namespace voronode
