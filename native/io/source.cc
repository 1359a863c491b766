#include "io/source.h"

#include <algorithm>

namespace voronode {

size_t BufferedSource::read_at(uint64_t offset, void* out, size_t n) {
  if (n >= kBufferBytes) return read_file(offset, out, n);
  const bool buffered = offset >= buffer_begin_ && offset + n <= buffer_begin_ + buffer_.size();
  if (!buffered) {
    buffer_.resize(static_cast<size_t>(std::min<uint64_t>(kBufferBytes, size() - offset)));
    const size_t got = read_file(offset, buffer_.data(), buffer_.size());
    buffer_.resize(got);
    buffer_begin_ = offset;
  }
  const size_t available = std::min(n, static_cast<size_t>(buffer_begin_ + buffer_.size() - offset));
  if (available != 0) std::memcpy(out, buffer_.data() + (offset - buffer_begin_), available);
  return available;
}

}  // namespace voronode
