// Where a reader's bytes come from: a span of memory or a file, addressed by 64-bit offsets, of a size known at the
// start.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "io/file.h"
#include "io/mapping.h"

namespace voronode {

class Source {
 public:
  Source(const Source&) = delete;
  Source& operator=(const Source&) = delete;
  virtual ~Source() = default;

  // The file's path as the caller gave it, or "<buffer>".
  const std::string& name() const noexcept { return name_; }
  uint64_t size() const noexcept { return size_; }

  // Copies up to n bytes at `offset` into `out`; how many. REQUIRES: offset + n ≤ size(). Fewer than n only if the file
  // was cut after it was opened. Throws SystemError.
  virtual size_t read_at(uint64_t offset, void* out, size_t n) = 0;

  // If it is a file that is mapped.
  const std::shared_ptr<Mapping>& mapping() const noexcept { return mapping_; }
  size_t readable() const noexcept { return mapping_ == nullptr ? static_cast<size_t>(size_) : mapping_->readable(); }

 protected:
  Source(std::string name, uint64_t size, std::shared_ptr<Mapping> mapping = nullptr)
      : name_(std::move(name)), size_(size), mapping_(std::move(mapping)) {}

 private:
  std::string name_;
  uint64_t size_;
  std::shared_ptr<Mapping> mapping_;
};

// REQUIRES: the bytes outlive the source and do not change.
class MemorySource final : public Source {
 public:
  MemorySource(const uint8_t* bytes, size_t size) : Source("<buffer>", size), bytes_(bytes) {}
  size_t read_at(uint64_t offset, void* out, size_t n) override {
    if (n != 0) std::memcpy(out, bytes_ + offset, n);
    return n;
  }

 private:
  const uint8_t* bytes_;
};

// Small reads are served from a buffer, large ones go straight to the caller's memory.
class BufferedSource : public Source {
 public:
  size_t read_at(uint64_t offset, void* out, size_t n) override;

 protected:
  using Source::Source;
  virtual size_t read_file(uint64_t offset, void* out, size_t n) = 0;

 private:
  static constexpr size_t kBufferBytes = 16384;
  std::vector<uint8_t> buffer_;
  uint64_t buffer_begin_ = 0;
};

class FileSource final : public BufferedSource {
 public:
  explicit FileSource(const std::string& path) : FileSource(path, InputFile(path)) {}

 private:
  FileSource(const std::string& path, InputFile file) : BufferedSource(path, file.size()), file_(std::move(file)) {}
  size_t read_file(uint64_t offset, void* out, size_t n) override { return file_.read_at(offset, out, n); }

  InputFile file_;
};

// What is not taken in place is read from the same file.
class MappedSource final : public BufferedSource {
 public:
  MappedSource(const std::string& name, const std::shared_ptr<Mapping>& mapping)
      : BufferedSource(name, mapping->size(), mapping) {}

 private:
  size_t read_file(uint64_t offset, void* out, size_t n) override { return mapping()->read_at(offset, out, n); }
};

}  // namespace voronode
