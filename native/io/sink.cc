#include "io/sink.h"

#include <new>

#include "base/aligned.h"
#include "base/checked.h"

namespace voronode {

void CountingSink::write(const void*, size_t n) { size_ = checked_add(size_, n); }

MemorySink::MemorySink(uint64_t size) {
  try {
    bytes_.reserve(checked_mul(size, 1));
    prefer_huge_pages(bytes_.data(), bytes_.capacity());
  } catch (const std::bad_alloc&) {
    throw Error(Code::kNoMemory, "Cannot allocate " + std::to_string(size) + " bytes for a serialized index");
  }
}

void MemorySink::write(const void* data, size_t n) {
  const uint8_t* p = static_cast<const uint8_t*>(data);
  bytes_.insert(bytes_.end(), p, p + n);
}

std::unique_ptr<OutputFile> open_output(const std::string& path, Saving saving) {
  if (saving == Saving::kInPlace) return std::make_unique<InPlaceFile>(path);
  return std::make_unique<AtomicFile>(path);
}

FileSink::FileSink(const std::string& path, Saving saving) : file_(open_output(path, saving)) {
  buffer_.reserve(kBufferBytes);
}

void FileSink::write(const void* data, size_t n) {
  if (buffer_.size() + n > kBufferBytes) flush();
  if (n >= kBufferBytes) {
    file_->write(data, n);
  } else {
    const char* p = static_cast<const char*>(data);
    buffer_.insert(buffer_.end(), p, p + n);
  }
}

void FileSink::sync() {
  flush();
  file_->sync();
}

void FileSink::flush() {
  file_->write(buffer_.data(), buffer_.size());
  buffer_.clear();
}

}  // namespace voronode
