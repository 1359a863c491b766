// Filters from none to all but one, of every kind of selector, over labels that are there.
#pragma once

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "index/selector.h"
#include "test/differential/choices.h"

namespace voronode::test {

inline SelectorPtr batch_of(const std::vector<idx_t>& labels, Choices& choices, size_t of) {
  const size_t passing = choices.below(of) + 1;  // in `of`
  std::vector<idx_t> some;
  for (idx_t label : labels) {
    if (choices.random().below(of) < passing) some.push_back(label);
  }
  return std::make_unique<IDSelectorBatch>(some.size(), some.data());
}

inline SelectorPtr bitmap_of(const std::vector<idx_t>& labels, Choices& choices) {
  std::vector<uint8_t> bits(512);
  const size_t one_in = choices.between(1, 40);
  for (idx_t label : labels) {
    const auto i = static_cast<uint64_t>(label);
    if (i < 8 * bits.size() && choices.random().one_in(one_in)) bits[i / 8] |= static_cast<uint8_t>(1u << i % 8);
  }
  return std::make_unique<IDSelectorBitmap>(std::move(bits));
}

inline SelectorPtr choose_selector(const std::vector<idx_t>& labels, Choices& choices, size_t depth = 0) {
  const auto any = [&] { return labels.empty() ? idx_t{3} : labels[choices.random().below(labels.size())]; };
  switch (choices.below(depth < 2 ? 8 : 5)) {
    case 0: {
      const idx_t first = any();
      const idx_t other = any();
      return std::make_unique<IDSelectorRange>(std::min(first, other), std::max(first, other));
    }
    case 1:
      return batch_of(labels, choices, 32);
    case 2:
      return batch_of(labels, choices, 4);
    case 3:
      return bitmap_of(labels, choices);
    case 4: {  // a single one
      const idx_t one = any();
      return std::make_unique<IDSelectorBatch>(1, &one);
    }
    case 5:
    case 6:
      return std::make_unique<IDSelectorNot>(choose_selector(labels, choices, depth + 1));
    default: {
      constexpr SetOperation kOperations[] = {SetOperation::kAnd, SetOperation::kOr, SetOperation::kXor};
      const SetOperation op = choices.any_of(kOperations);
      SelectorPtr a = choose_selector(labels, choices, depth + 1);
      return std::make_unique<IDSelectorBinary>(op, std::move(a), choose_selector(labels, choices, depth + 1));
    }
  }
}

}  // namespace voronode::test
