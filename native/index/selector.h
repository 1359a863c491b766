// Sets of ids, after Faiss's IDSelector family: which rows a search may return, which rows a removal takes.
#pragma once

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
};

using SelectorPtr = std::unique_ptr<IDSelector>;

// Ids in [min, max).
class IDSelectorRange final : public IDSelector {
 public:
  IDSelectorRange(idx_t min, idx_t max) noexcept : min_(min), max_(max) {}
  bool is_member(idx_t id) const noexcept override { return id >= min_ && id < max_; }

 private:
  idx_t min_, max_;
};

// A set of ids, in any order, repeats allowed.
class IDSelectorBatch final : public IDSelector {
 public:
  IDSelectorBatch(size_t n, const idx_t* ids) : set_(ids, ids + n) {}
  bool is_member(idx_t id) const noexcept override { return set_.count(id) != 0; }

 private:
  std::unordered_set<idx_t> set_;
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
