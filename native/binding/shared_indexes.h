// The process's registry of indexes that may be used from several environments: one mutable global, of this copy of the
// addon (a process may hold several).
//
// An index is there as long as it is pinned, by one environment or by several, and as long it has the same id. A pin for
// reading and one for everything are apart: who knows the one id does not know the other.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "index/index.h"

namespace voronode {

class SharedIndexes {
 public:
  static SharedIndexes& instance() noexcept;

  enum class Rights { kAll, kRead };

  // Of this copy of the addon in this process, and of no other: 32 hexadecimal digits.
  const std::string& copy();

  // The id of the index: 32 hexadecimal digits, which nobody guesses. Each pin is answered by one unpin.
  std::string pin(const std::shared_ptr<Index>& index, Rights rights);
  void unpin(const Index* index, Rights rights) noexcept;

  struct Found {
    std::shared_ptr<Index> index;
    Rights rights;
  };
  // kClosed if nothing that is pinned has this id.
  Found find(const std::string& id);

 private:
  using Key = std::pair<const Index*, Rights>;
  struct Entry {
    std::shared_ptr<Index> index;
    std::string id;
    size_t pins = 0;
  };

  SharedIndexes() = default;

  std::mutex mutex_;
  std::string copy_;
  std::map<Key, Entry> entries_;
  std::map<std::string, Key> keys_;  // by id
};

}  // namespace voronode
