// Reads fields from a source that is not to be trusted. Nothing is handed out that was not there: every length is
// compared with the bytes that remain before anybody allocates for it, and every refusal says where and why.
//
// A refusal is an Error(kCorrupt): the source's name, the section (the tags of the enclosing parts and the field, as in
// "IxMp/IxF2.codes"), the byte offset of the field, what was expected and what was found.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <string>
#include <type_traits>
#include <vector>

#include "base/cancel.h"
#include "io/source.h"
#include "io/tag.h"

namespace voronode {

static_assert(std::endian::native == std::endian::little, "files are little-endian and are read as they lie");

class Reader {
 public:
  // REQUIRES: both outlive the reader. cancel may be null.
  Reader(Source& source, const Cancel* cancel) noexcept : source_(source), cancel_(cancel) {}
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  // Names a part in messages for the life of a scope. Throws kCorrupt when parts nest deeper than any real file.
  class Section {
   public:
    Section(Reader& reader, Tag tag);
    ~Section() { reader_.sections_.pop_back(); }
    Section(const Section&) = delete;
    Section& operator=(const Section&) = delete;

   private:
    Reader& reader_;
  };
  static constexpr size_t kMaxDepth = 8;  // an IDMap over a chain of transforms over an index: 3

  // The next field. T: a fixed-width number.
  template <class T>
  T number(const char* field) {
    static_assert(std::is_arithmetic_v<T> && !std::is_same_v<T, bool>);
    T value;
    bytes(field, &value, sizeof value);
    return value;
  }

  // A byte that must be 0 or 1.
  bool boolean(const char* field);

  Tag tag(const char* field) { return number<Tag>(field); }

  // The length that stands before an array of `item_bytes` each. Throws kCorrupt unless it is `expected` (`why`: where
  // that number comes from, as in "ntotal") and that many items follow.
  void count(const char* field, uint64_t expected, const char* why, size_t item_bytes);

  // The length that stands before an array of `item_bytes` each, whatever it is. Throws kCorrupt unless that many
  // follow.
  uint64_t count(const char* field, size_t item_bytes);

  // The next n bytes, raw.
  void bytes(const char* field, void* out, size_t n);

  // The next n bytes, which are not taken. False: there are not so many.
  bool peek(void* out, size_t n);

  // Where rows lie in a file that is mapped, instead of reading them: check(at, n, first) goes over all of them, in
  // pieces, if that is asked for. REQUIRES: they follow (count()).
  struct Extent {
    size_t rows;
    size_t row_bytes;
  };
  template <class Check>
  uint8_t* in_place(const char* field, const Extent& extent, const Check& check) {
    uint8_t* const begin = source_.mapping()->data() + position_;
    const size_t at_once =
        verifies_ ? std::max<size_t>(1, kPieceBytes / extent.row_bytes) : std::max<size_t>(1, extent.rows);
    for (size_t row = 0; row < extent.rows; row += at_once) {
      const size_t n = std::min(at_once, extent.rows - row);
      uint8_t* const at = skip(field, n * extent.row_bytes);
      if (verifies_) check(at, n, row);
    }
    return begin;
  }
  // Bytes that can be read behind those that were handed out last.
  size_t spare() const noexcept { return source_.readable() - static_cast<size_t>(position_); }
  // Whether rows are to stay where they are.
  bool maps() const noexcept { return source_.mapping() != nullptr && !in_memory_; }
  const std::shared_ptr<Mapping>& mapping() const noexcept { return source_.mapping(); }
  // For the life of this, all is read.
  class InMemory {
   public:
    explicit InMemory(Reader& reader) noexcept : reader_(reader), saved_(reader.in_memory_) {
      reader_.in_memory_ = true;
    }
    ~InMemory() { reader_.in_memory_ = saved_; }
    InMemory(const InMemory&) = delete;
    InMemory& operator=(const InMemory&) = delete;

   private:
    Reader& reader_;
    bool saved_;
  };
  // Whether what is not read is to be gone over all the same.
  bool verifies() const noexcept { return verifies_; }
  void set_verifies(bool verifies) noexcept { verifies_ = verifies; }

  // Of the next byte to be read.
  uint64_t position() const noexcept { return position_; }
  uint64_t remaining() const noexcept { return source_.size() - position_; }
  const Cancel* cancel() const noexcept { return cancel_; }

  // Refuse the field that was read last.
  [[noreturn]] void corrupt(const std::string& expected, const std::string& found) const;
  // Refuse the bytes at `offset`, of a field that was read before.
  [[noreturn]] void corrupt_at(const char* field, uint64_t offset, const std::string& expected,
                               const std::string& found) const;
  // kUnsupported: nothing is wrong with the field that was read last, but `what` stands in the way.
  [[noreturn]] void unsupported(const std::string& what) const;
  // The same of the bytes at `offset`, of a field that was read before.
  [[noreturn]] void unsupported_at(const char* field, uint64_t offset, const std::string& what) const;

 private:
  static constexpr size_t kPieceBytes = size_t{1} << 20;
  uint8_t* skip(const char* field, size_t n);
  std::string section(const char* field) const;

  Source& source_;
  const Cancel* cancel_;
  bool verifies_ = true;
  bool in_memory_ = false;
  uint64_t position_ = 0;
  uint64_t field_begin_ = 0;
  const char* field_ = "tag";
  std::vector<Tag> sections_;
};

}  // namespace voronode
