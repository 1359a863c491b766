// Sets of ids, after Faiss's IDSelector family: which rows a search may return, which rows a removal takes.
#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "base/cancel.h"

namespace voronode {

using idx_t = int64_t;

// The ids from first to last, both included; none if last < first.
struct IdRange {
  idx_t first, last;

  uint64_t size() const noexcept {  // 2⁶⁴ - 1 for all ids
    if (last < first) return 0;
    const uint64_t more = static_cast<uint64_t>(last) - static_cast<uint64_t>(first);
    return more == std::numeric_limits<uint64_t>::max() ? more : more + 1;
  }
  bool has(idx_t id) const noexcept { return id >= first && id <= last; }
};

// More ids than any index has.
inline constexpr uint64_t kMany = std::numeric_limits<uint64_t>::max();

inline constexpr IdRange kAllIds{std::numeric_limits<idx_t>::min(), std::numeric_limits<idx_t>::max()};

class IDSelector;
using SelectorPtr = std::unique_ptr<IDSelector>;

// Where an index with keys of the caller's has its rows.
class RowsOfKeys {
 public:
  // kNoRow: nowhere. May throw std::bad_alloc.
  static constexpr idx_t kNoRow = -1;
  virtual idx_t row_of(std::string_view key) const = 0;
  // REQUIRES: there is such a row.
  virtual std::string_view key_of(idx_t row) const = 0;

  // While it is the same, keys are in the same rows.
  struct State {
    std::weak_ptr<const void> index;
    uint64_t version;
    bool operator==(const State& other) const noexcept {
      return version == other.version && !index.owner_before(other.index) && !other.index.owner_before(index);
    }
  };
  virtual const State& state() const noexcept = 0;

 protected:
  ~RowsOfKeys() = default;
};

class IDSelector {
 public:
  // Of a set: the ids in it, or the ids not in it.
  enum class Side { kIn, kOut };
  static constexpr Side other(Side side) noexcept { return side == Side::kIn ? Side::kOut : Side::kIn; }

  virtual ~IDSelector() = default;
  virtual bool is_member(idx_t id) const noexcept = 0;
  // What it holds besides itself.
  virtual size_t allocated_bytes() const noexcept { return 0; }

  // A set of few ids can name them, so that nobody need ask about every row.
  //
  // at_most: how many ids of the range on this side list() may append, perhaps too many; anything above `most` where to
  // find out would take longer than to append so many. list: appends them, each once, in any order.
  // REQUIRES: at_most(range, side, most) <= most.
  virtual uint64_t at_most(const IdRange&, Side, uint64_t /*most*/) const noexcept { return kMany; }
  virtual void list(const IdRange&, Side, uint64_t /*most*/, std::vector<idx_t>*) const {}

  // Whether keys are a part of it (selector_keys.h); then it has no members until it is turned into
  virtual bool has_keys() const noexcept { return false; }
  // the same set by rows. kUnsupported if ids are a part of it. It may refer to this one, and to `rows`.
  virtual SelectorPtr by_rows(const RowsOfKeys& rows, const Cancel* cancel) const;
};

// The way from an id to its row takes about as long as to ask a selector about so many rows.
inline constexpr size_t kAsksPerLookup = 64;

// The ids of the range that are in the set, each once, in any order, if it can name them and they are `most` or fewer.
std::optional<std::vector<idx_t>> few_ids(const IDSelector& selector, const IdRange& range, size_t most);

// Ids in [min, max).
class IDSelectorRange final : public IDSelector {
 public:
  IDSelectorRange(idx_t min, idx_t max) noexcept : min_(min), max_(max) {}
  bool is_member(idx_t id) const noexcept override { return id >= min_ && id < max_; }
  uint64_t at_most(const IdRange& range, Side side, uint64_t most) const noexcept override;
  void list(const IdRange& range, Side side, uint64_t most, std::vector<idx_t>* ids) const override;

 private:
  IdRange own() const noexcept;

  idx_t min_, max_;
};

// Id i is a member if bit i % 8 (least significant first) of byte i / 8 is set; ids beyond the bytes are not members.
class IDSelectorBitmap final : public IDSelector {
 public:
  explicit IDSelectorBitmap(std::vector<uint8_t> bits) noexcept : bits_(std::move(bits)) {}
  bool is_member(idx_t id) const noexcept override {
    const uint64_t i = static_cast<uint64_t>(id);
    return i / 8 < bits_.size() && ((bits_[i / 8] >> (i % 8)) & 1) != 0;
  }
  size_t allocated_bytes() const noexcept override { return bits_.capacity(); }
  uint64_t at_most(const IdRange& range, Side side, uint64_t most) const noexcept override;
  void list(const IdRange& range, Side side, uint64_t most, std::vector<idx_t>* ids) const override;

 private:
  std::vector<uint8_t> bits_;
};

class IDSelectorNot final : public IDSelector {
 public:
  explicit IDSelectorNot(SelectorPtr of) noexcept : of_(std::move(of)) {}
  bool is_member(idx_t id) const noexcept override { return !of_->is_member(id); }
  size_t allocated_bytes() const noexcept override { return of_->allocated_bytes(); }
  uint64_t at_most(const IdRange& range, Side side, uint64_t most) const noexcept override {
    return of_->at_most(range, other(side), most);
  }
  void list(const IdRange& range, Side side, uint64_t most, std::vector<idx_t>* ids) const override {
    of_->list(range, other(side), most, ids);
  }
  bool has_keys() const noexcept override { return of_->has_keys(); }
  SelectorPtr by_rows(const RowsOfKeys& rows, const Cancel* cancel) const override {
    return std::make_unique<IDSelectorNot>(of_->by_rows(rows, cancel));
  }

 private:
  SelectorPtr of_;
};

enum class SetOperation { kAnd, kOr, kXor };

class IDSelectorBinary final : public IDSelector {
 public:
  IDSelectorBinary(SetOperation op, SelectorPtr a, SelectorPtr b) noexcept
      : op_(op), a_(std::move(a)), b_(std::move(b)) {}
  bool is_member(idx_t id) const noexcept override {
    const bool a = a_->is_member(id);
    if (op_ == SetOperation::kAnd) return a && b_->is_member(id);
    if (op_ == SetOperation::kOr) return a || b_->is_member(id);
    return a != b_->is_member(id);
  }
  size_t allocated_bytes() const noexcept override { return a_->allocated_bytes() + b_->allocated_bytes(); }
  uint64_t at_most(const IdRange& range, Side side, uint64_t most) const noexcept override;
  void list(const IdRange& range, Side side, uint64_t most, std::vector<idx_t>* ids) const override;
  bool has_keys() const noexcept override { return a_->has_keys() || b_->has_keys(); }
  SelectorPtr by_rows(const RowsOfKeys& rows, const Cancel* cancel) const override {
    SelectorPtr a = a_->by_rows(rows, cancel);
    return std::make_unique<IDSelectorBinary>(op_, std::move(a), b_->by_rows(rows, cancel));
  }

 private:
  bool is_intersection(Side side) const noexcept;

  SetOperation op_;
  SelectorPtr a_, b_;
};

}  // namespace voronode
