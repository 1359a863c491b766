// A map of keys as an index that numbers its rows: to its users, row i is the i-th key. What it is told of rows it tells
// the map of keys, and what the map says of keys it compares with the keys that it gave.
#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "index/key_map.h"
#include "test/differential/difference.h"
#include "test/keys.h"

namespace voronode::test {

class KeyedRows final : public Wrapper {
 public:
  // first_key: the number of the first key that it gives (key_of_number).
  KeyedRows(const std::shared_ptr<IndexKeyMap>& map, size_t first_key)
      : Wrapper(map->d(), map), map_(*map), next_key_(first_key), keys_(keys_of(map_)) {
    commit();
  }

  const char* kind() const noexcept override { return "KeyedRows"; }
  bool numbered_by_position() const override { return true; }
  const IndexKeyMap& map() const noexcept { return map_; }
  const std::vector<std::string>& keys() const noexcept { return keys_; }
  size_t next_key() const noexcept { return next_key_; }

  void add(size_t n, const float* x, const Cancel* cancel) override {
    const std::vector<std::string> fresh = new_keys(n);
    map_.add_with_keys({x, views(fresh)}, cancel);
    keys_.insert(keys_.end(), fresh.begin(), fresh.end());
  }

  // Ids: positions of rows that are there; others are of new keys.
  size_t upsert(const Rows& rows, Missing missing, const Cancel* cancel) override {
    std::map<idx_t, std::string> named;
    std::vector<std::string> keys;
    for (size_t i = 0; i < rows.n; ++i) {
      const auto row = static_cast<size_t>(rows.ids[i]);
      const auto [at, is_new] = named.try_emplace(rows.ids[i]);
      if (is_new) at->second = row < keys_.size() ? keys_[row] : new_keys(1)[0];
      keys.push_back(at->second);
    }
    const size_t known = map_.upsert_keys({rows.x, views(keys)}, missing, cancel);
    std::erase_if(keys_, [&](const std::string& key) { return has(keys, key); });
    for (size_t i = 0; i < keys.size(); ++i) {
      if (std::find(keys.begin() + static_cast<ptrdiff_t>(i) + 1, keys.end(), keys[i]) == keys.end())
        keys_.push_back(keys[i]);
    }
    return known;
  }

  // By keys.
  size_t remove_ids(const IDSelector& selector, const Cancel* cancel) override {
    const SelectorPtr positions = selector.by_rows(Positions(keys_), nullptr);
    const size_t gone = map_.remove_ids(selector, cancel);
    std::vector<std::string> kept;
    for (size_t i = 0; i < keys_.size(); ++i) {
      if (!positions->is_member(static_cast<idx_t>(i))) kept.push_back(keys_[i]);
    }
    keys_ = std::move(kept);
    return gone;
  }

  void search(size_t nq, const float* xq, size_t k, const SearchParams& params, float* distances,
              idx_t* labels) const override {
    map_.search(nq, xq, k, params, distances, labels);
    number(labels, nq * k);
  }
  void range_search(size_t nq, const float* xq, float radius, const SearchParams& params,
                    RangeResult* result) const override {
    map_.range_search(nq, xq, radius, params, result);
    number(result->labels.data(), result->labels.size());
  }

  bool look_up_at(const RowNumbers::View&, idx_t id, float* x) const override {
    if (id < 0 || static_cast<size_t>(id) >= keys_.size()) {
      expect_same(!map_.has_key(key_of_number(next_key_)), "a key that nobody gave");
      return false;
    }
    const std::string_view key[] = {keys_[static_cast<size_t>(id)]};
    if (x != nullptr) map_.reconstruct_keys(key, x, nullptr);
    return map_.has_key(key[0]);
  }
  std::vector<idx_t> row_ids() const override {
    expect_same(keys_of(map_) == keys_, "the keys of all rows");
    std::vector<idx_t> ids(keys_.size());
    for (size_t i = 0; i < ids.size(); ++i) ids[i] = static_cast<idx_t>(i);
    return ids;
  }
  void reset() noexcept override {
    map_.reset();
    keys_.clear();
  }

 protected:
  void merge_rows(Index& other, idx_t, const Cancel* cancel) override {
    auto& theirs = dynamic_cast<KeyedRows&>(other);
    map_.merge_from(theirs.map_, 0, cancel);
    keys_.insert(keys_.end(), theirs.keys_.begin(), theirs.keys_.end());
    next_key_ = std::max(next_key_, theirs.next_key_);
    theirs.keys_.clear();
  }

 private:
  // Where the keys are, by the list of them alone.
  class Positions final : public RowsOfKeys {
   public:
    explicit Positions(const std::vector<std::string>& keys) noexcept : keys_(keys) {}
    idx_t row_of(std::string_view key) const override {
      const auto at = std::find(keys_.begin(), keys_.end(), key);
      return at == keys_.end() ? kNoRow : at - keys_.begin();
    }
    std::string_view key_of(idx_t row) const override { return keys_[static_cast<size_t>(row)]; }
    const State& state() const noexcept override { return state_; }

   private:
    const std::vector<std::string>& keys_;
    // Its own: a selector that was asked before was asked about slots.
    const std::shared_ptr<const void> own_ = std::make_shared<char>();
    const State state_{own_, 0};
  };

  static bool has(const std::vector<std::string>& keys, const std::string& key) {
    return std::find(keys.begin(), keys.end(), key) != keys.end();
  }
  static std::vector<std::string> keys_of(const IndexKeyMap& map) {
    const std::vector<uint8_t> bytes = map.packed_keys();
    std::vector<std::string> keys;
    for (const std::string_view key : unpack_keys(bytes)) keys.emplace_back(key);
    return keys;
  }
  std::vector<std::string> new_keys(size_t n) {
    std::vector<std::string> keys;
    while (keys.size() < n) keys.push_back(key_of_number(next_key_++));
    return keys;
  }

  // From the labels of the map, which are slots, to positions; and that the map gives the keys for them.
  void number(idx_t* labels, size_t n) const {
    const std::vector<uint8_t> found = map_.packed_keys({labels, n});
    const RowNumbers::View rows = numbers().view();
    std::vector<uint8_t> expected;
    for (size_t i = 0; i < n; ++i) {
      uint8_t none[kMaxLengthBytes];
      const size_t none_bytes = write_length(kNoKey, none);
      if (labels[i] == -1) {
        expected.insert(expected.end(), none, none + none_bytes);
        continue;
      }
      expect_same(rows.has(static_cast<size_t>(labels[i])), "a row that is there");
      labels[i] = static_cast<idx_t>(rows.position(static_cast<size_t>(labels[i])));
      const std::vector<uint8_t> one = packed({keys_[static_cast<size_t>(labels[i])]});
      expected.insert(expected.end(), one.begin(), one.end());
    }
    expect_same(found == expected, "the keys of what was found");
  }

  IndexKeyMap& map_;
  size_t next_key_;
  std::vector<std::string> keys_;  // by position
};

}  // namespace voronode::test
