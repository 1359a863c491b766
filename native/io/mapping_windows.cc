#ifdef _WIN32

#include "base/error.h"
#include "io/mapping.h"

namespace voronode {

std::shared_ptr<Mapping> Mapping::open(const std::string&) {
  throw Error(Code::kUnsupported, "Files are not mapped on Windows: leave { mmap } out, which reads them into memory");
}

}  // namespace voronode

#endif
