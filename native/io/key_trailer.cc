#include "io/key_trailer.h"

#include <cstring>

#include "base/aligned.h"
#include "base/crc32c.h"
#include "io/format.h"
#include "io/tag.h"

namespace voronode {
namespace {

constexpr char kMagic[9] = "voronode";
constexpr uint32_t kVersion = 1;

// As it lies in the file.
struct Head {
  char magic[8];
  uint32_t version;
  uint32_t content;
  uint64_t n;
  uint64_t bytes;
};
static_assert(sizeof(Head) == 32);

void check_crc(Reader& reader, const char* field, uint32_t computed) {
  const auto stored = reader.number<uint32_t>(field);
  if (stored != computed)
    reader.corrupt(format("the checksum %08x of what stands before", computed), format("%08x", stored));
}

Head read_head(Reader& reader, size_t n) {
  Head head;
  reader.bytes("keys.head", &head, sizeof head);
  if (std::memcmp(head.magic, kMagic, sizeof head.magic) != 0) reader.corrupt("keys", "something else");
  if (head.version != kVersion)
    reader.unsupported("keys in version " + std::to_string(head.version) + " of their format");
  if (head.content != make_tag("keys")) reader.corrupt("keys", "something else");
  check_crc(reader, "keys.head_crc", crc32c(0, &head, sizeof head));
  if (head.n != n) reader.corrupt(std::to_string(n) + " keys, one for each row", std::to_string(head.n));
  if (head.bytes > reader.remaining()) {
    reader.corrupt(std::to_string(head.bytes) + " bytes of keys", std::to_string(reader.remaining()));
  }
  return head;
}

}  // namespace

KeyTable read_key_trailer(Reader& reader, size_t n) {
  const Head head = read_head(reader, n);
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

bool key_trailer_follows(Reader& reader) {
  char magic[sizeof(Head::magic)];
  if (reader.remaining() < sizeof magic) return false;
  reader.bytes("trailer", magic, sizeof magic);
  return std::memcmp(magic, kMagic, sizeof magic) == 0;
}

void write_key_trailer(Writer& writer, const KeyTable::View& keys, const RowNumbers::View& rows) {
  Head head{{}, kVersion, make_tag("keys"), rows.size(), 0};
  std::memcpy(head.magic, kMagic, sizeof head.magic);
  rows.for_each_run([&](size_t begin, size_t end) {
    for (size_t slot = begin; slot < end; ++slot) head.bytes += entry_bytes(keys.key(slot));
  });
  writer.bytes(&head, sizeof head);
  writer.number(crc32c(0, &head, sizeof head));
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
