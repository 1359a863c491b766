#include "io/reader.h"

#include "base/error.h"
#include "base/poll.h"

namespace voronode {
namespace {

std::string decimal(uint64_t n) { return std::to_string(n); }

}  // namespace

Reader::Section::Section(Reader& reader, Tag tag) : reader_(reader) {
  if (reader.sections_.size() == kMaxDepth) {
    reader.corrupt(decimal(kMaxDepth) + " parts inside each other at most", quoted(tag) + " inside them");
  }
  reader.sections_.push_back(tag);
}

bool Reader::boolean(const char* field) {
  const uint8_t value = number<uint8_t>(field);
  if (value > 1) corrupt("0 or 1", decimal(value));
  return value == 1;
}

void Reader::count(const char* field, uint64_t expected, const char* why, size_t item_bytes) {
  const uint64_t n = number<uint64_t>(field);
  if (n != expected) corrupt(decimal(expected) + " items (" + why + ")", decimal(n));
  const uint64_t room = remaining() / item_bytes;
  if (n > room) corrupt(decimal(n) + " items (" + why + ") to follow", "room for " + decimal(room));
}

uint64_t Reader::count(const char* field, size_t item_bytes) {
  const uint64_t n = number<uint64_t>(field);
  const uint64_t room = remaining() / item_bytes;
  if (n > room) corrupt("no more than the " + decimal(room) + " items there is room for", decimal(n));
  return n;
}

void Reader::bytes(const char* field, void* out, size_t n) {
  field_ = field;
  field_begin_ = position_;
  if (n > remaining()) corrupt(decimal(n) + (n == 1 ? " byte" : " bytes"), "the end after " + decimal(remaining()));
  poll(cancel_);
  const size_t got = source_.read_at(position_, out, n);
  if (got < n) corrupt(decimal(n) + " bytes", "the end after " + decimal(got) + ": the file was cut while it was read");
  position_ += n;
}

bool Reader::peek(void* out, size_t n) { return n <= remaining() && source_.read_at(position_, out, n) == n; }

uint8_t* Reader::skip(const char* field, size_t n) {
  field_ = field;
  field_begin_ = position_;
  poll(cancel_);
  uint8_t* const at = source_.mapping()->data() + position_;
  position_ += n;
  return at;
}

void Reader::corrupt(const std::string& expected, const std::string& found) const {
  corrupt_at(field_, field_begin_, expected, found);
}

void Reader::corrupt_at(const char* field, uint64_t offset, const std::string& expected,
                        const std::string& found) const {
  throw Error(Code::kCorrupt, "Corrupt index in '" + source_.name() + "', section " + section(field) + ", byte " +
                                  decimal(offset) + ": expected " + expected + ", found " + found);
}

void Reader::unsupported(const std::string& what) const { unsupported_at(field_, field_begin_, what); }

void Reader::unsupported_at(const char* field, uint64_t offset, const std::string& what) const {
  throw Error(Code::kUnsupported, "Unsupported index in '" + source_.name() + "', section " + section(field) +
                                      ", byte " + decimal(offset) + ": " + what);
}

std::string Reader::section(const char* field) const {
  std::string out;
  for (const Tag tag : sections_) {
    if (!out.empty()) out += '/';
    out += printable(tag);
  }
  if (!out.empty()) out += '.';
  return out + field;
}

}  // namespace voronode
