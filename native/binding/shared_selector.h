// Filters that many searches use: read and built once, not once for each search.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <mutex>
#include <utility>

#include "filter/selector.h"

namespace voronode {

// What a selector is built of, where the search runs.
class SelectorSource {
 public:
  virtual ~SelectorSource() = default;
  virtual SelectorPtr build() const = 0;
};

using SelectorSourcePtr = std::unique_ptr<SelectorSource>;

class SharedSelector;
using SharedSelectorPtr = std::shared_ptr<SharedSelector>;

// The selectors that an environment used last, at most 64 of at most 32 MiB together: the next search finds them built.
// They do not wait for the garbage collector, to which a filter is a small object. Any thread.
class KeptSelectors {
 public:
  void keep(SharedSelectorPtr selector, size_t bytes) noexcept;
  // Others go before this one.
  void used(const SharedSelectorPtr& selector) noexcept;

 private:
  struct Entry {
    SharedSelectorPtr selector;
    size_t bytes = 0;
  };
  static constexpr size_t kMost = 64;
  static constexpr size_t kMostBytes = size_t{32} << 20;

  void drop_last() noexcept;

  std::mutex mutex_;
  std::array<Entry, kMost> entries_;  // the one used last first
  size_t count_ = 0;
  size_t bytes_ = 0;
};

class SharedSelector : public std::enable_shared_from_this<SharedSelector> {
 public:
  // kept: who keeps it once it is built; may be empty.
  explicit SharedSelector(SelectorSourcePtr source, std::weak_ptr<KeptSelectors> kept = {}) noexcept
      : source_(std::move(source)), kept_(std::move(kept)) {}
  // Builds it for the first that asks. Any thread.
  const IDSelector& get();

 private:
  std::mutex mutex_;
  SelectorSourcePtr source_;  // null once it is built
  SelectorPtr built_;
  std::weak_ptr<KeptSelectors> kept_;
};

}  // namespace voronode
