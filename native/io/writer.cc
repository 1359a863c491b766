#include "io/writer.h"

#include <algorithm>

#include "base/poll.h"
#include "io/format.h"

namespace voronode {

void Writer::bytes(const void* data, size_t n) {
  const char* p = static_cast<const char*>(data);
  while (n != 0) {
    poll(cancel_);
    const size_t piece = std::min(n, kChunkBytes);
    sink_.write(p, piece);
    p += piece;
    position_ += piece;
    n -= piece;
  }
}

}  // namespace voronode
