#include "io/trailer.h"

#include <cstring>

#include "base/crc32c.h"

namespace voronode {
namespace {

constexpr char kMagic[9] = "voronode";
constexpr uint32_t kVersion = 1;

bool is_magic(const RecordHead& head) noexcept { return std::memcmp(head.magic, kMagic, sizeof head.magic) == 0; }

}  // namespace

RecordHead read_record_head(Reader& reader, Tag content) {
  RecordHead head;
  reader.bytes("record", &head, sizeof head);
  if (!is_magic(head) || head.content != content) reader.corrupt(quoted(content), "something else");
  if (head.version != kVersion)
    reader.unsupported("version " + std::to_string(head.version) + " of " + quoted(content));
  check_crc(reader, "record.crc", crc32c(0, &head, sizeof head));
  if (head.bytes > reader.remaining()) {
    reader.corrupt(std::to_string(head.bytes) + " bytes of " + quoted(content), std::to_string(reader.remaining()));
  }
  return head;
}

bool record_follows(Reader& reader, Tag content) {
  RecordHead head;
  return reader.peek(&head, sizeof head) && is_magic(head) && head.content == content;
}

void write_record_head(Writer& writer, Tag content, uint64_t n, uint64_t bytes) {
  RecordHead head{{}, kVersion, content, n, bytes};
  std::memcpy(head.magic, kMagic, sizeof head.magic);
  writer.bytes(&head, sizeof head);
  writer.number(crc32c(0, &head, sizeof head));
}

void check_crc(Reader& reader, const char* field, uint32_t computed) {
  const auto stored = reader.number<uint32_t>(field);
  if (stored == computed) return;
  reader.corrupt(format("the checksum %08x of what stands before", computed), format("%08x", stored));
}

}  // namespace voronode
