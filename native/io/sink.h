// Where a writer's bytes go.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "io/file.h"

namespace voronode {

class Sink {
 public:
  Sink() = default;
  Sink(const Sink&) = delete;
  Sink& operator=(const Sink&) = delete;
  virtual ~Sink() = default;
  virtual void write(const void* data, size_t n) = 0;
};

// Only counts: a first pass with it tells how much memory the second will fill.
class CountingSink final : public Sink {
 public:
  void write(const void*, size_t n) override;
  uint64_t size() const noexcept { return size_; }

 private:
  uint64_t size_ = 0;
};

// Memory for `size` bytes, allocated at once. Throws kNoMemory.
class MemorySink final : public Sink {
 public:
  explicit MemorySink(uint64_t size);
  void write(const void* data, size_t n) override;
  std::vector<uint8_t> take() noexcept { return std::move(bytes_); }

 private:
  std::vector<uint8_t> bytes_;
};

// A durable file. If it is saved atomically, nothing is seen under `path` before commit(). Small writes are gathered.
class FileSink final : public Sink {
 public:
  explicit FileSink(const std::string& path, Saving saving = Saving::kAtomic);
  void write(const void* data, size_t n) override;

  // Everything to the disk; then make it appear. Apart, so that the caller can still think better of it in between.
  void sync();
  void commit() { file_->commit(); }

 private:
  static constexpr size_t kBufferBytes = 65536;
  void flush();

  std::unique_ptr<OutputFile> file_;
  std::vector<char> buffer_;
};

}  // namespace voronode
