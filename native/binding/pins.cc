#include "binding/pins.h"

namespace voronode {

using Rights = SharedIndexes::Rights;

std::string Pins::pin(const HeldPtr& held, Rights rights) {
  Pinned& pinned = pinned_.try_emplace(held.get(), Pinned{held, {}, {}}).first->second;
  std::string& id = rights == Rights::kAll ? pinned.all : pinned.read;
  try {
    if (id.empty()) id = SharedIndexes::instance().pin(held->index, rights);
    return id;
  } catch (...) {
    if (pinned.all.empty() && pinned.read.empty()) pinned_.erase(held.get());
    throw;
  }
}

void Pins::release(const HeldIndex* held) noexcept {
  const auto found = pinned_.find(held);
  if (found == pinned_.end()) return;
  unpin(found->second);
  pinned_.erase(found);
}

void Pins::clear() noexcept {
  for (const auto& [held, pinned] : pinned_) unpin(pinned);
  pinned_.clear();
}

void Pins::unpin(const Pinned& pinned) noexcept {
  const Index* const index = pinned.held->index.get();
  if (!pinned.all.empty()) SharedIndexes::instance().unpin(index, Rights::kAll);
  if (!pinned.read.empty()) SharedIndexes::instance().unpin(index, Rights::kRead);
}

}  // namespace voronode
