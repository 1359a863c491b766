// The caller's own keys, which are strings, over an index that numbers its rows.
//
// The row in slot i of the wrapped index has the key keys[i], and no other row that is there has it. The wrapped index
// searches by slots (SearchParams::slots), which whoever asked turns into keys (packed_keys) while it holds the gate:
// slots may be others afterwards. So filters see slots, and equal distances go by the order of addition. Keys are
// appended before rows: a search beside an add never meets a row without one.
#pragma once

#include <span>
#include <vector>

#include "index/wrapper.h"
#include "storage/key_table.h"

namespace voronode {

class IndexKeyMap final : public Wrapper {
 public:
  // Wraps an empty index that numbers its rows (kUnsupported otherwise, or if it is wrapped already).
  explicit IndexKeyMap(const std::shared_ptr<Index>& inner);

  // For files: wraps an index that already holds keys.size() rows. REQUIRES: no key comes twice.
  static std::shared_ptr<IndexKeyMap> from_parts(const std::shared_ptr<Index>& inner, KeyTable keys);

  const char* kind() const noexcept override { return "IndexKeyMap"; }
  MemoryUse memory_use() const noexcept override {
    return base().memory_use() + MemoryUse{.ids = keys_.allocated_bytes(), .tables = keys_.table_bytes()};
  }
  // What has to do with ids: kUnsupported.
  void add(size_t n, const float* x, const Cancel* cancel) override;
  void add_with_ids(size_t n, const float* x, const idx_t* ids, const Cancel* cancel) override;
  size_t upsert(const Rows& rows, Missing missing, const Cancel* cancel) override;
  bool look_up_at(const RowNumbers::View& rows, idx_t id, float* x) const override;
  std::vector<idx_t> row_ids() const override;

  // Vectors under keys, one for each, of kMaxKeyBytes at most.
  struct KeyedRows {
    const float* x;
    Keys keys;
  };
  // kInvalidArgValue if a key is there already, or comes twice. REQUIRES: kAppend.
  void add_with_keys(const KeyedRows& rows, const Cancel* cancel);
  // As upsert() does it with ids. REQUIRES: kAppend.
  size_t upsert_keys(const KeyedRows& rows, Missing missing, const Cancel* cancel);
  // By keys (IDSelectorKeys); kUnsupported if ids are a part of the selector.
  size_t remove_ids(const IDSelector& selector, const Cancel* cancel) override;

  // ---- REQUIRE: kRead ----

  // Labels: slots, of use to packed_keys and key_of until the gate is left.
  void search(size_t nq, const float* xq, size_t k, const SearchParams& params, float* distances,
              idx_t* labels) const override;
  void range_search(size_t nq, const float* xq, float radius, const SearchParams& params,
                    RangeResult* result) const override;
  // The keys of these labels; for -1 the length kNoKey.
  std::vector<uint8_t> packed_keys(std::span<const idx_t> labels) const;
  // kOutOfRange if there is none.
  std::string_view key_of(idx_t label) const;
  // Of all rows, in the order of addition.
  std::vector<uint8_t> packed_keys() const;
  bool has_key(std::string_view key) const { return keys_.find(key, numbers().view()) != kNoSlot; }
  // x of size keys.size() * d. kOutOfRange if there is none.
  void reconstruct_keys(Keys keys, float* x, const Cancel* cancel) const;

  bool maps_ids() const noexcept override { return true; }
  bool numbered_by_position() const override { return false; }
  void remove_rows(const std::vector<size_t>& slots) noexcept override;
  void move_rows(const RowMove& move) noexcept override;
  void keep_rows(size_t n) noexcept override;
  void reset() noexcept override;

  // For files. By slots; those of an add under way may be among them.
  const KeyTable& keys() const noexcept { return keys_; }

 protected:
  // kInvalidArgValue if a key is in both.
  void merge_rows(Index& other, idx_t add_id, const Cancel* cancel) override;

 private:
  IndexKeyMap(const std::shared_ptr<Index>& inner, KeyTable keys);
  [[noreturn]] static void refuse_ids();
  template <class Search>
  void search_rows(const SearchParams& params, const Search& search) const;
  void check_new(Keys keys, const RowNumbers::View& rows, const Cancel* cancel) const;
  std::vector<int64_t> slots_of(Keys keys, const RowNumbers::View& rows, const Cancel* cancel) const;
  template <class AppendRows>
  void append_keys(Keys keys, std::span<const int64_t> replaced, const AppendRows& append_rows);

  KeyTable keys_;
};

}  // namespace voronode
