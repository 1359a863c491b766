#include "binding/operation.h"

#include "base/error.h"

namespace voronode {

void Operation::check_allowed() const {
  if (access_ == Access::kRead) return;
  for (const HeldIndex* held : {static_cast<const HeldIndex*>(held_.get()), other()}) {
    if (held == nullptr) continue;
    held->check_changeable();
    if (!held->index->wrapped()) continue;
    throw Error(Code::kUnsupported, "This index belongs to a wrapper and changes only through it; use the wrapper");
  }
}

}  // namespace voronode
