// What one environment shares with others: as long as it is pinned here, it can be adopted there. The environment's
// thread only.
#pragma once

#include <map>
#include <string>

#include "binding/handles.h"
#include "binding/shared_indexes.h"

namespace voronode {

class Pins {
 public:
  Pins() = default;
  ~Pins() { clear(); }
  Pins(const Pins&) = delete;
  Pins& operator=(const Pins&) = delete;

  // The id of the index for those rights. An object pins its index once for each; it need not live on.
  std::string pin(const HeldPtr& held, SharedIndexes::Rights rights);
  // What that object pins.
  void release(const HeldIndex* held) noexcept;
  void clear() noexcept;

 private:
  struct Pinned {
    HeldPtr held;           // reports its memory
    std::string all, read;  // the ids; empty: not pinned
  };
  static void unpin(const Pinned& pinned) noexcept;

  std::map<const HeldIndex*, Pinned> pinned_;
};

}  // namespace voronode
