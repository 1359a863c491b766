#include "filter/selector_batch.h"

#include <algorithm>
#include <bit>

#include "base/hash.h"

namespace voronode {
namespace {

// Two to four slots of 8 bytes stand ready for an id in a large table: as much as so many bits.
constexpr uint64_t kBitsPerId = 128;
constexpr size_t kSlotsPerId = 2;
// While the table fits the cache it has so many, and nearly every question about another id ends at an empty slot, as
// the processor foresees: asked about the rows of an inverted file, 21 ids in 64 slots took 1.6 times as long as in
// 512.
constexpr size_t kSlotsPerIdOfFew = 16;
constexpr size_t kSlotsOfFew = 16384;

size_t slots_for(size_t ids) noexcept {
  return std::bit_ceil(std::max(kSlotsPerId * ids, std::min(kSlotsPerIdOfFew * ids, kSlotsOfFew)));
}

// Enough bytes for the ids below `limit` that there are.
std::vector<uint8_t> bits_of(size_t n, const idx_t* ids, uint64_t limit) {
  uint64_t end = 0;
  for (size_t i = 0; i < n; ++i) {
    const auto id = static_cast<uint64_t>(ids[i]);
    if (id < limit) end = std::max(end, id + 1);
  }
  std::vector<uint8_t> bits((end + 7) / 8);
  for (size_t i = 0; i < n; ++i) {
    const auto id = static_cast<uint64_t>(ids[i]);
    if (id < limit) bits[id / 8] |= static_cast<uint8_t>(1u << id % 8);
  }
  return bits;
}

}  // namespace

IDSelectorBatch::IDSelectorBatch(size_t n, const idx_t* ids)
    : limit_(kBitsPerId * (n + 1)), bits_(bits_of(n, ids, limit_)), factor_(hash_seed(this) | 1) {
  const auto is_large = [&](idx_t id) { return static_cast<uint64_t>(id) >= limit_; };
  const auto large = static_cast<size_t>(std::count_if(ids, ids + n, is_large));
  if (large == 0) return;
  slots_.resize(slots_for(large));
  shift_ = 64 - std::countr_zero(slots_.size());
  for (size_t i = 0; i < n; ++i) {
    if (!is_large(ids[i])) continue;
    idx_t& slot = slots_[slot_of(ids[i])];
    hashed_ += slot != ids[i] ? 1 : 0;
    slot = ids[i];
  }
}

// The slot with this id, or the empty one where it belongs. One multiplication by a number that nobody knows, of which
// the high bits count (Dietzfelbinger et al.: A Reliable Randomized Algorithm for the Closest-Pair Problem, 1997): this
// is asked about every row.
size_t IDSelectorBatch::slot_of(idx_t id) const noexcept {
  size_t s = static_cast<uint64_t>(id) * factor_ >> shift_;
  while (slots_[s] != 0 && slots_[s] != id) s = (s + 1) & (slots_.size() - 1);
  return s;
}

uint64_t IDSelectorBatch::at_most(const IdRange& range, Side side, uint64_t most) const noexcept {
  const uint64_t by_bits = bits_.at_most(range, side, most);
  // Those in the table are among the ids that are not in bits_.
  return side == Side::kOut || by_bits > most ? by_bits : by_bits + hashed_;
}

void IDSelectorBatch::list(const IdRange& range, Side side, uint64_t most, std::vector<idx_t>* ids) const {
  const auto begin = static_cast<ptrdiff_t>(ids->size());
  bits_.list(range, side, most, ids);
  if (side == Side::kOut) {
    const auto in = [&](idx_t id) { return is_member(id); };
    ids->erase(std::remove_if(ids->begin() + begin, ids->end(), in), ids->end());
    return;
  }
  for (const idx_t id : slots_) {
    if (id != 0 && range.has(id)) ids->push_back(id);
  }
}

}  // namespace voronode
