// The caller's own int64 ids over an index that numbers its rows.
//
// The row in slot i of the wrapped index has the id ids[i]. The wrapped index searches with that table in hand
// (SearchParams::ids), so filters and ties see the caller's ids. Ids are appended before rows: a search beside an add
// never meets a row without one.
#pragma once

#include "index/wrapper.h"
#include "storage/id_table.h"

namespace voronode {

class IndexIDMap final : public Wrapper {
 public:
  // Wraps an empty index (kUnsupported otherwise, or if `inner` is a map or wrapped already).
  // idmap2: only the name and the tag in files differ (IxM2); every map here reconstructs by id.
  IndexIDMap(const std::shared_ptr<Index>& inner, bool idmap2);

  // For files: wraps an index that already holds ids.size() rows.
  static std::shared_ptr<IndexIDMap> from_parts(const std::shared_ptr<Index>& inner, IdTable ids, bool idmap2);

  const char* kind() const noexcept override { return idmap2_ ? "IndexIDMap2" : "IndexIDMap"; }
  MemoryUse memory_use() const noexcept override {
    return base().memory_use() +
           MemoryUse{.ids = ids_.allocated_bytes(), .tables = ids_.table_bytes(), .mapped = ids_.adopted_bytes()};
  }
  void add(size_t n, const float* x, const Cancel* cancel) override;  // kUnsupported: a map needs ids
  void add_with_ids(size_t n, const float* x, const idx_t* ids, const Cancel* cancel) override;
  void search(size_t nq, const float* xq, size_t k, const SearchParams& params, float* distances,
              idx_t* labels) const override;
  void range_search(size_t nq, const float* xq, float radius, const SearchParams& params,
                    RangeResult* result) const override;
  bool look_up_at(const RowNumbers::View& rows, idx_t id, float* x) const override;
  std::vector<idx_t> row_ids() const override;
  // Few ids are looked up; else all are gone over.
  size_t remove_ids(const IDSelector& selector, const Cancel* cancel) override;
  size_t upsert(const Rows& rows, Missing missing, const Cancel* cancel) override;
  bool numbered_by_position() const override { return true; }  // its rows; what they are labelled with is in ids()
  void remove_rows(const std::vector<size_t>& slots) noexcept override;
  void move_rows(const RowMove& move) noexcept override;
  void keep_rows(size_t n) noexcept override;
  void reset() noexcept override;
  bool maps_ids() const noexcept override { return true; }

  bool is_second() const noexcept { return idmap2_; }

  // For files. By slots; those of an add under way may be among them.
  const IdTable& ids() const noexcept { return ids_; }

 protected:
  void merge_rows(Index& other, idx_t add_id, const Cancel* cancel) override;

 private:
  IndexIDMap(const std::shared_ptr<Index>& inner, IdTable ids, bool idmap2);
  template <class AppendRows>
  void append_ids(size_t n, const idx_t* ids, const AppendRows& append_rows);
  std::vector<size_t> slots_in(const IDSelector& selector, const RowNumbers::View& rows, const Cancel* cancel) const;

  IdTable ids_;
  bool idmap2_;
};

}  // namespace voronode
