// Sets of ids, after Faiss's IDSelector family: which rows a search may return, which rows a removal takes.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <memory>
#include <unordered_set>
#include <utility>
#include <vector>

namespace voronode {

using idx_t = int64_t;

class IDSelector {
 public:
  virtual ~IDSelector() = default;
  virtual bool is_member(idx_t id) const noexcept = 0;

  // If this can name its members among 0 … n - 1 without being asked about each, and they are at most `most`: appends
  // them to `ids`, each once, in any order. Else false.
  virtual bool list(idx_t n, idx_t most, std::vector<idx_t>* ids) const {
    (void)n, (void)most, (void)ids;
    return false;
  }
};

using SelectorPtr = std::unique_ptr<IDSelector>;

// Ids in [min, max).
class IDSelectorRange final : public IDSelector {
 public:
  IDSelectorRange(idx_t min, idx_t max) noexcept : min_(min), max_(max) {}
  bool is_member(idx_t id) const noexcept override { return id >= min_ && id < max_; }
  bool list(idx_t n, idx_t most, std::vector<idx_t>* ids) const override {
    const idx_t begin = std::clamp<idx_t>(min_, 0, n);
    const idx_t end = std::clamp<idx_t>(max_, begin, n);
    if (end - begin > most) return false;
    for (idx_t id = begin; id < end; ++id) ids->push_back(id);
    return true;
  }

 private:
  idx_t min_, max_;
};

// A set of ids, in any order, repeats allowed.
class IDSelectorBatch final : public IDSelector {
 public:
  IDSelectorBatch(size_t n, const idx_t* ids) : set_(ids, ids + n), perhaps_(std::bit_ceil(8 * n + 64) / 64) {
    for (const idx_t id : set_) perhaps_[word(id)] |= bit(id);
  }
  bool is_member(idx_t id) const noexcept override {
    return (perhaps_[word(id)] & bit(id)) != 0 && set_.count(id) != 0;
  }
  bool list(idx_t n, idx_t most, std::vector<idx_t>* ids) const override {
    if (set_.size() > static_cast<size_t>(most)) return false;
    for (const idx_t id : set_) {
      if (id >= 0 && id < n) ids->push_back(id);
    }
    return true;
  }

 private:
  // A bit for each id's hash, eight times as many as ids: most questions about others end here (as in Faiss's batch
  // selector), within a cache line.
  static uint64_t hash(idx_t id) noexcept { return static_cast<uint64_t>(id) * 0x9E3779B97F4A7C15u; }
  size_t word(idx_t id) const noexcept { return (hash(id) >> 32) & (perhaps_.size() - 1); }
  static uint64_t bit(idx_t id) noexcept { return uint64_t{1} << (hash(id) >> 26 & 63); }

  std::unordered_set<idx_t> set_;
  std::vector<uint64_t> perhaps_;  // a power of two of words
};

// Id i is a member if bit i % 8 (least significant first) of byte i / 8 is set; ids beyond the bytes are not members.
class IDSelectorBitmap final : public IDSelector {
 public:
  explicit IDSelectorBitmap(std::vector<uint8_t> bits) noexcept : bits_(std::move(bits)) {}
  bool is_member(idx_t id) const noexcept override {
    const uint64_t i = static_cast<uint64_t>(id);
    return i / 8 < bits_.size() && ((bits_[i / 8] >> (i % 8)) & 1) != 0;
  }

 private:
  std::vector<uint8_t> bits_;
};

class IDSelectorNot final : public IDSelector {
 public:
  explicit IDSelectorNot(SelectorPtr of) noexcept : of_(std::move(of)) {}
  bool is_member(idx_t id) const noexcept override { return !of_->is_member(id); }

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

 private:
  SetOperation op_;
  SelectorPtr a_, b_;
};

}  // namespace voronode
