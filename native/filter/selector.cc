#include "filter/selector.h"

#include <algorithm>
#include <bit>

#include "base/error.h"

namespace voronode {
namespace {

// To count the bits of so many words takes about as long as to append an id.
constexpr uint64_t kWordsPerId = 2;

constexpr IdRange kNoIds{kAllIds.last, kAllIds.first};

IdRange both(const IdRange& a, const IdRange& b) noexcept {
  return {std::max(a.first, b.first), std::min(a.last, b.last)};
}

// What of a range is before and after another one; all of it is before one that is empty.
IdRange before(const IdRange& range, const IdRange& other) noexcept {
  if (other.size() == 0) return range;
  return other.first > range.first ? both(range, {range.first, other.first - 1}) : kNoIds;
}
IdRange after(const IdRange& range, const IdRange& other) noexcept {
  if (other.size() == 0) return kNoIds;
  return other.last < range.last ? both(range, {other.last + 1, range.last}) : kNoIds;
}

void append(const IdRange& range, std::vector<idx_t>* ids) {
  for (uint64_t i = 0; i < range.size(); ++i) ids->push_back(range.first + static_cast<idx_t>(i));
}

// The sum, or the largest number.
uint64_t saturated(uint64_t a, uint64_t b) noexcept { return a + b < a ? kMany : a + b; }

IdRange covered(const std::vector<uint8_t>& bits) noexcept { return {0, static_cast<idx_t>(8 * bits.size()) - 1}; }

uint64_t little_endian(const uint8_t* at, size_t bytes) noexcept {
  uint64_t word = 0;
  for (size_t b = 0; b < bytes; ++b) word |= uint64_t{at[b]} << 8 * b;
  return word;
}

// Calls f(first id, 64 bits) for the words with bits for ids of `range`, which the bits cover.
template <class F>
void for_each_word(const std::vector<uint8_t>& bits, const IdRange& range, const F& f) {
  if (range.size() == 0) return;
  const auto end = static_cast<size_t>(range.last) / 64;
  for (size_t w = static_cast<size_t>(range.first) / 64; w <= end; ++w) {
    const uint8_t* const at = bits.data() + 8 * w;
    const size_t bytes = bits.size() - 8 * w;
    const uint64_t word = bytes >= 8 ? little_endian(at, 8) : little_endian(at, bytes);  // one instruction, the former
    f(static_cast<idx_t>(64 * w), word);
  }
}

// Of a word whose first bit is for the id `first`: those of the range that are on this side.
uint64_t wanted(const IdRange& range, idx_t first, uint64_t word, IDSelector::Side side) noexcept {
  if (side == IDSelector::Side::kOut) word = ~word;
  if (first < range.first) word &= ~uint64_t{0} << (range.first - first);
  if (range.last - first < 63) word &= ~uint64_t{0} >> (63 - (range.last - first));
  return word;
}

// Takes out those of ids[begin …] that are in `set`, or all others.
void keep(const IDSelector& set, IDSelector::Side side, size_t begin, std::vector<idx_t>* ids) {
  const bool in = side == IDSelector::Side::kIn;
  const auto unwanted = [&](idx_t id) { return set.is_member(id) != in; };
  ids->erase(std::remove_if(ids->begin() + static_cast<ptrdiff_t>(begin), ids->end(), unwanted), ids->end());
}

}  // namespace

SelectorPtr IDSelector::by_rows(const RowsOfKeys&, const Cancel*) const {
  throw Error(Code::kUnsupported, "An IndexKeyMap has no ids: filter it, and remove from it, by keys");
}

// ---- Range ----

IdRange IDSelectorRange::own() const noexcept { return min_ < max_ ? IdRange{min_, max_ - 1} : kNoIds; }

uint64_t IDSelectorRange::at_most(const IdRange& range, Side side, uint64_t) const noexcept {
  if (side == Side::kIn) return both(range, own()).size();
  return saturated(before(range, own()).size(), after(range, own()).size());
}

void IDSelectorRange::list(const IdRange& range, Side side, uint64_t, std::vector<idx_t>* ids) const {
  if (side == Side::kIn) return append(both(range, own()), ids);
  append(before(range, own()), ids);
  append(after(range, own()), ids);
}

// ---- Bitmap ----

uint64_t IDSelectorBitmap::at_most(const IdRange& range, Side side, uint64_t most) const noexcept {
  const IdRange own = both(range, covered(bits_));
  if (own.size() / 64 > kWordsPerId * saturated(most, kWordsPerId)) return kMany;
  uint64_t count = side == Side::kIn ? 0 : range.size() - own.size();
  for_each_word(bits_, own, [&](idx_t first, uint64_t word) {
    if (count <= most) count += static_cast<uint64_t>(std::popcount(wanted(own, first, word, side)));
  });
  return count;
}

void IDSelectorBitmap::list(const IdRange& range, Side side, uint64_t, std::vector<idx_t>* ids) const {
  const IdRange own = both(range, covered(bits_));
  if (side == Side::kOut) append(before(range, own), ids);
  for_each_word(bits_, own, [&](idx_t first, uint64_t word) {
    for (word = wanted(own, first, word, side); word != 0; word &= word - 1) {
      ids->push_back(first + std::countr_zero(word));
    }
  });
  if (side == Side::kOut) append(after(range, own), ids);
}

// ---- And, or, xor ----

// Each child is gone into once, whatever the depth. Whether a side of an and or an or is the intersection of that side
// of a and b (kIn of an and; kOut of an or, what is in neither), else it is their union.
bool IDSelectorBinary::is_intersection(Side side) const noexcept {
  return (op_ == SetOperation::kAnd) == (side == Side::kIn);
}

uint64_t IDSelectorBinary::at_most(const IdRange& range, Side side, uint64_t most) const noexcept {
  if (op_ == SetOperation::kXor) {
    // In: what is in one of them. Out: what is in both or in neither, so in one and not in (not the other).
    return saturated(a_->at_most(range, Side::kIn, most), b_->at_most(range, side, most));
  }
  const uint64_t a = a_->at_most(range, side, most);
  const uint64_t b = b_->at_most(range, side, most);
  return is_intersection(side) ? std::min(a, b) : saturated(a, b);
}

void IDSelectorBinary::list(const IdRange& range, Side side, uint64_t most, std::vector<idx_t>* ids) const {
  size_t begin = ids->size();
  if (op_ == SetOperation::kXor) {
    a_->list(range, Side::kIn, most, ids);
    keep(*b_, other(side), begin, ids);
    begin = ids->size();
    b_->list(range, side, most, ids);
    keep(*a_, Side::kOut, begin, ids);
  } else if (is_intersection(side)) {
    const bool by_a = a_->at_most(range, side, most) <= b_->at_most(range, side, most);
    (by_a ? a_ : b_)->list(range, side, most, ids);
    keep(by_a ? *b_ : *a_, side, begin, ids);
  } else {
    a_->list(range, side, most, ids);
    begin = ids->size();
    b_->list(range, side, most, ids);
    keep(*a_, other(side), begin, ids);
  }
}

std::optional<std::vector<idx_t>> few_ids(const IDSelector& selector, const IdRange& range, size_t most) {
  constexpr auto kIn = IDSelector::Side::kIn;
  if (selector.at_most(range, kIn, most) > most) return std::nullopt;
  std::vector<idx_t> ids;
  selector.list(range, kIn, most, &ids);
  return ids;
}

}  // namespace voronode
