#include "base/copy.h"

#include <algorithm>
#include <cstring>

#include "base/aligned.h"
#include "base/thread_pool.h"

namespace voronode {

void copy_bytes(void* to, const void* from, size_t bytes) {
  constexpr size_t kPiece = size_t{4} << 20;  // two huge pages: half a millisecond
  prefer_huge_pages(to, bytes);
  ThreadPool::instance().parallel_for((bytes + kPiece - 1) / kPiece, nullptr, [&](size_t i) {
    const size_t begin = i * kPiece;
    std::memcpy(static_cast<char*>(to) + begin, static_cast<const char*>(from) + begin,
                std::min(kPiece, bytes - begin));
  });
}

}  // namespace voronode
