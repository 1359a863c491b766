// Where a reader's bytes come from: a span of memory or a file, addressed by 64-bit offsets, of a size known at the
// start.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "io/file.h"

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

 protected:
  Source(std::string name, uint64_t size) : name_(std::move(name)), size_(size) {}

 private:
  std::string name_;
  uint64_t size_;
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
class FileSource final : public Source {
 public:
  explicit FileSource(const std::string& path) : FileSource(path, InputFile(path)) {}
  size_t read_at(uint64_t offset, void* out, size_t n) override;

 private:
  static constexpr size_t kBufferBytes = 16384;
  FileSource(const std::string& path, InputFile file) : Source(path, file.size()), file_(std::move(file)) {}

  InputFile file_;
  std::vector<uint8_t> buffer_;
  uint64_t buffer_begin_ = 0;
};

}  // namespace voronode
