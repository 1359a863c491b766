#include "binding/shared_indexes.h"

#include <new>
#include <random>

#include "base/error.h"

namespace voronode {
namespace {

// 128 bits.
std::string random_id() {
  std::random_device random;
  std::string id;
  for (int i = 0; i < 4; ++i) id += format("%08x", static_cast<unsigned>(random()));
  return id;
}

}  // namespace

SharedIndexes& SharedIndexes::instance() noexcept {
  // Never destroyed: threads of other environments may still use it while static destructors run.
  alignas(SharedIndexes) static std::byte memory[sizeof(SharedIndexes)];
  static SharedIndexes* indexes = new (memory) SharedIndexes;
  return *indexes;
}

const std::string& SharedIndexes::copy() {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (copy_.empty()) copy_ = random_id();
  return copy_;
}

std::string SharedIndexes::pin(const std::shared_ptr<Index>& index, Rights rights) {
  const Key key(index.get(), rights);
  const std::lock_guard<std::mutex> lock(mutex_);
  auto found = entries_.find(key);
  if (found == entries_.end()) {
    Entry entry{index, random_id()};
    const auto [named, is_new] = keys_.emplace(entry.id, key);
    try {
      found = entries_.emplace(key, std::move(entry)).first;
    } catch (...) {
      keys_.erase(named);
      throw;
    }
  }
  std::string id = found->second.id;
  ++found->second.pins;
  return id;
}

void SharedIndexes::unpin(const Index* index, Rights rights) noexcept {
  std::shared_ptr<Index> last;  // goes without the lock: it may be large
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto found = entries_.find({index, rights});
  if (found == entries_.end() || --found->second.pins != 0) return;
  last = std::move(found->second.index);
  keys_.erase(found->second.id);
  entries_.erase(found);
}

SharedIndexes::Found SharedIndexes::find(const std::string& id) {
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto key = keys_.find(id);
  if (key == keys_.end()) {
    throw Error(Code::kClosed,
                "The shared index is closed: it was closed or unshared where it was shared, or that thread has ended");
  }
  return {entries_.at(key->second).index, key->second.second};
}

}  // namespace voronode
