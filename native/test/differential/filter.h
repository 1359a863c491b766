// Filters from none to all but one, of every kind of selector, nested, over labels that are there and others.
#pragma once

#include <algorithm>
#include <functional>
#include <limits>
#include <memory>
#include <set>
#include <utility>
#include <vector>

#include "filter/selector_batch.h"
#include "test/differential/choices.h"

namespace voronode::test {

// A filter as a search takes it, and the set that it stands for.
struct Filter {
  SelectorPtr selector;
  std::function<bool(idx_t)> has;
};

// The latter for the model: it names nothing.
class PlainFilter final : public IDSelector {
 public:
  explicit PlainFilter(const Filter& filter) : has_(filter.has) {}
  bool is_member(idx_t id) const noexcept override { return has_(id); }

 private:
  std::function<bool(idx_t)> has_;
};

inline Filter batch_of(std::vector<idx_t> ids) {
  auto selector = std::make_unique<IDSelectorBatch>(ids.size(), ids.data());
  return {std::move(selector),
          [set = std::set<idx_t>(ids.begin(), ids.end())](idx_t id) { return set.count(id) != 0; }};
}

inline Filter some_of(const std::vector<idx_t>& labels, Choices& choices, size_t of) {
  const size_t passing = choices.below(of) + 1;  // in `of`
  std::vector<idx_t> some;
  for (idx_t label : labels) {
    if (choices.random().below(of) < passing) some.push_back(label);
  }
  return batch_of(std::move(some));
}

// Few enough to be looked up; some of them twice, some far away.
inline Filter few_of(const std::vector<idx_t>& labels, Choices& choices) {
  std::vector<idx_t> few;
  for (size_t n = choices.between(1, 5); n > 0 && !labels.empty(); --n) {
    few.push_back(labels[choices.random().below(labels.size())]);
    if (choices.one_in(3)) few.push_back(few.front());
  }
  constexpr idx_t kFar[] = {std::numeric_limits<idx_t>::min(), -2, (idx_t{1} << 53) + 1,
                            std::numeric_limits<idx_t>::max()};
  if (choices.one_in(2)) few.push_back(choices.any_of(kFar));
  return batch_of(std::move(few));
}

inline Filter range_of(idx_t min, idx_t max) {
  return {std::make_unique<IDSelectorRange>(min, max), [=](idx_t id) { return id >= min && id < max; }};
}

inline Filter bitmap_of(const std::vector<idx_t>& labels, Choices& choices) {
  std::vector<uint8_t> bits(512);
  std::set<idx_t> set;
  const size_t one_in = choices.between(1, 40);
  for (idx_t label : labels) {
    const auto i = static_cast<uint64_t>(label);
    if (i >= 8 * bits.size() || !choices.random().one_in(one_in)) continue;
    bits[i / 8] |= static_cast<uint8_t>(1u << i % 8);
    set.insert(label);
  }
  return {std::make_unique<IDSelectorBitmap>(std::move(bits)),
          [set = std::move(set)](idx_t id) { return set.count(id) != 0; }};
}

inline Filter binary_of(SetOperation op, Filter a, Filter b) {
  auto selector = std::make_unique<IDSelectorBinary>(op, std::move(a.selector), std::move(b.selector));
  return {std::move(selector), [op, in_a = std::move(a.has), in_b = std::move(b.has)](idx_t id) {
            if (op == SetOperation::kAnd) return in_a(id) && in_b(id);
            if (op == SetOperation::kOr) return in_a(id) || in_b(id);
            return in_a(id) != in_b(id);
          }};
}

// How a map of keys is told of a set of labels; empty: it takes ids.
using NameRows = std::function<SelectorPtr(const std::function<bool(idx_t)>& has)>;

inline Filter choose_set(const std::vector<idx_t>& labels, Choices& choices) {
  const auto any = [&] { return labels.empty() ? idx_t{3} : labels[choices.random().below(labels.size())]; };
  switch (choices.below(6)) {
    case 0: {
      const idx_t first = any();
      const idx_t other = any();
      return range_of(std::min(first, other), std::max(first, other));
    }
    case 1: {  // no more than a few
      const idx_t first = any();
      return range_of(first, first + static_cast<idx_t>(choices.below(4)));
    }
    case 2:
      return some_of(labels, choices, 32);
    case 3:
      return some_of(labels, choices, 4);
    case 4:
      return bitmap_of(labels, choices);
    default:
      return few_of(labels, choices);
  }
}

inline Filter choose_filter(const std::vector<idx_t>& labels, Choices& choices, const NameRows& name,
                            size_t depth = 0) {
  const size_t nested = depth < 4 ? choices.below(9) : 0;
  if (nested < 6) {
    Filter set = choose_set(labels, choices);
    if (name) set.selector = name(set.has);
    return set;
  }
  Filter a = choose_filter(labels, choices, name, depth + 1);
  if (nested == 6) {
    return {std::make_unique<IDSelectorNot>(std::move(a.selector)),
            [has = std::move(a.has)](idx_t id) { return !has(id); }};
  }
  constexpr SetOperation kOperations[] = {SetOperation::kAnd, SetOperation::kOr, SetOperation::kXor};
  const SetOperation op = choices.any_of(kOperations);
  return binary_of(op, std::move(a), choose_filter(labels, choices, name, depth + 1));
}

}  // namespace voronode::test
