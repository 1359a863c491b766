// An index beside its model, and what may happen to both: adding, removing, merging, being written and read back.
#pragma once

#include <cstring>
#include <map>
#include <memory>
#include <string>
#include <tuple>
#include <vector>

#include "base/error.h"
#include "filter/selector_batch.h"
#include "index/flat.h"
#include "test/differential/data.h"
#include "test/differential/difference.h"
#include "test/differential/filter.h"
#include "test/differential/keyed.h"
#include "test/differential/model.h"
#include "test/differential/stored.h"
#include "test/heap_mapping.h"
#include "test/scalar_reference.h"

namespace voronode::test {

// SQ8 and PCA learn nothing from vectors so far apart that their range is no float; nor does PCAW where nothing varies.
struct NothingToLearn : std::exception {};

class Subject {
 public:
  // NothingToLearn: with these vectors.
  Subject(Choices& choices, const Kind& kind)
      : choices_(choices),
        data_(choices, kind.d),
        centroids_(std::max<size_t>(1, kind.nlist) * kind.d),
        model_(kind, {}, {}) {
    centroids_ = data_.vectors(std::max<size_t>(1, kind.nlist));
    try {
      make(kind);
    } catch (const Error& error) {
      const bool learns = kind.is_picky() || !kind.front.empty();
      if (learns && (error.code() == Code::kInvalidArgValue || error.code() == Code::kOutOfRange))
        throw NothingToLearn();
      throw;
    }
    const auto* const ivf = find_in<IndexIVF>(*index_);
    model_ = Model(kind, chain_in(index_), ivf == nullptr ? std::vector<float>() : centroids_of(*ivf->quantizer()));
  }

  const Index& index() const { return *index_; }
  const Model& model() const { return model_; }
  Data& data() { return data_; }
  std::vector<idx_t> labels() const {
    std::vector<idx_t> out;
    for (const ModelRow& row : model_.rows()) out.push_back(row.label);
    return out;
  }

  // How filters name rows.
  NameRows namer() {
    if (!model_.kind().keyed) return nullptr;
    return [this](const std::function<bool(idx_t)>& has) {
      const std::vector<std::string>& all = dynamic_cast<const KeyedRows&>(*index_).keys();
      std::vector<std::string> keys;
      for (size_t i = 0; i < all.size(); ++i) {
        if (has(static_cast<idx_t>(i))) keys.push_back(all[i]);
      }
      if (choices_.one_in(3)) keys.push_back("none");
      return selector_of_keys(keys);
    };
  }

  // One thing that changes the index.
  void change() {
    switch (choices_.below(10)) {
      case 0:
        remove();
        break;
      case 1:
        read_back();
        break;
      case 2:
        merge();
        break;
      case 3:
        if (choices_.one_in(8)) clear();
        break;
      case 4:
      case 5:
        upsert();
        break;
      case 6:
        compact();
        break;
      default:
        add();
    }
    // Histories are short: what was removed or replaced is moved away in the same one.
    if (index_->removed() > 0 && choices_.one_in(2)) compact();
    expect_same(index_->ntotal() == model_.rows().size(), "ntotal");
    check_lists();
    check_refinement();
    check_ids();
  }

  // Rows around the sizes where a list's end, a group of sketches or a piece of work begins.
  void add() {
    constexpr size_t kCounts[] = {1, 15, 16, 17, 30, 63, 64, 65, 79, 80, 127, 128, 129, 143, 200, 286, 500, 1100};
    const size_t most = model_.kind().nlist > 8 ? kMaxRowsOfMany : kMaxRows;
    const size_t n = std::min(choices_.any_of(kCounts), most - std::min(most, model_.rows().size()));
    add_to(*index_, n, choices_.below(std::max<size_t>(1, model_.kind().nlist)), 0);
  }

 private:
  // Enough for sketches of a flat index, which begin at 1024 rows.
  static constexpr size_t kMaxRows = 2500;
  static constexpr size_t kMaxRowsOfMany = 600;  // where the model compares each with many centroids

  void make(const Kind& kind) {
    const std::vector<float> sample = data_.vectors(choices_.between(std::max<size_t>(40, kind.nlist), 300));
    const size_t n = sample.size() / kind.d;
    if (kind.has_description() && choices_.one_in(4)) {  // by the factory, with centroids that k-means finds
      index_ = index_factory(kind.d, kind.description(), kind.metric);
    } else {
      const TransformChain chain = make_chain(kind, n, sample.data());
      const Model bare(kind, chain, {});
      std::vector<float> transformed;
      for (size_t l = 0; l < kind.nlist; ++l) {
        const std::vector<float> y = bare.transformed(centroids_.data() + l * kind.d);
        transformed.insert(transformed.end(), y.begin(), y.end());
      }
      index_ = make_index(kind, chain, transformed);
    }
    index_ = with_keys(kind, index_);
    if (!index_->is_trained()) index_->train(n, sample.data(), nullptr);
  }

  // n rows to an index like this one, most of them to one list; the model labels them label + shift.
  void add_to(Index& index, size_t n, size_t list, idx_t shift) {
    const Kind& kind = model_.kind();
    const std::vector<float> x = vectors_near(n, list);
    const bool named = kind.maps > 0 || (kind.has_ids() && choices_.one_in(2));
    const std::vector<idx_t> ids =
        named ? new_ids(n) : running_ids(n, &index == index_.get() ? model_.next_label() : 0);
    for (idx_t id : ids) next_id_ = std::max(next_id_, id + 1);
    const bool can_be_added = model_.can_transform(n, x.data());
    try {
      if (named) {
        index.add_with_ids(n, x.data(), ids.data(), nullptr);
      } else {
        index.add(n, x.data(), nullptr);
      }
    } catch (const Error& error) {
      if (error.code() == Code::kOutOfRange && (kind.is_picky() || !can_be_added)) return;  // no half is so large
      throw;
    }
    expect_same(can_be_added, "vectors beyond what can be transformed are refused");
    std::vector<idx_t> labels = ids;
    for (idx_t& label : labels) label += shift;
    model_.add(n, x.data(), labels);
  }

  // n vectors, most of them near the centroid of one list.
  std::vector<float> vectors_near(size_t n, size_t list) {
    const Kind& kind = model_.kind();
    std::vector<float> x(n * kind.d);
    for (size_t i = 0; i < n; ++i) {
      const size_t l = choices_.random().one_in(5) ? choices_.random().below(std::max<size_t>(1, kind.nlist)) : list;
      data_.near(centroids_.data() + l * kind.d, x.data() + i * kind.d);
      const bool copies = i > 0 && choices_.random().one_in(30);
      if (copies) std::copy_n(x.data() + (i - 1) * kind.d, kind.d, x.data() + i * kind.d);
    }
    return x;
  }

  void compact() {
    if (choices_.one_in(2)) {
      index_->compact();
      return expect_same(index_->removed() == 0, "a compact index has no removed rows");
    }
    const size_t steps = index_->moves_rows() ? choices_.below(6) : 0;
    for (size_t step = 0; step < steps && index_->removed() > 0; ++step) index_->compact_some(choices_.below(20'000));
  }

  // Vectors under ids of rows that are there, under new ones, and some under one id.
  void upsert() {
    const Kind& kind = model_.kind();
    if (!kind.has_ids() && !kind.keyed) return;
    if (kind.keyed) next_id_ = std::max(next_id_, model_.next_label());  // no position
    const size_t n = choices_.between(1, choices_.one_in(4) ? 200 : 8);
    const std::vector<float> x = vectors_near(n, choices_.below(std::max<size_t>(1, kind.nlist)));
    const std::vector<idx_t> there = labels();
    std::vector<idx_t> ids = running_ids(n, next_id_);
    next_id_ += static_cast<idx_t>(n);
    for (size_t i = 0; i < n; ++i) {
      const bool again = !there.empty() && choices_.random().one_in(2);
      if (again) ids[i] = there[choices_.random().below(there.size())];
      if (i > 0 && choices_.random().one_in(10)) ids[i] = ids[choices_.random().below(i)];
    }
    size_t known = 0;
    std::map<idx_t, size_t> last;
    for (size_t i = 0; i < n; ++i) last[ids[i]] = i;
    for (const auto& one : last) known += std::find(there.begin(), there.end(), one.first) != there.end();
    const bool can_be_added = model_.can_transform(n, x.data());
    try {
      const size_t found = index_->upsert({n, x.data(), ids.data()}, Index::Missing::kAdd, nullptr);
      expect_same(found == known, "how many ids of an upsert were there");
    } catch (const Error& error) {
      if (error.code() == Code::kOutOfRange && (kind.is_picky() || !can_be_added)) return;
      throw;
    }
    expect_same(can_be_added, "vectors beyond what can be transformed are refused");
    model_.remove(IDSelectorBatch(n, ids.data()));
    for (size_t i = 0; i < n; ++i) {
      if (last[ids[i]] == i) model_.add(1, x.data() + i * kind.d, {ids[i]});
    }
    if (!kind.has_ids()) model_.number();
  }

  std::vector<idx_t> running_ids(size_t n, idx_t first) const {
    std::vector<idx_t> ids(n);
    for (size_t i = 0; i < n; ++i) ids[i] = first + static_cast<idx_t>(i);
    return ids;
  }

  // Unlike each other; where rows are told apart by their vectors as well, sometimes not.
  std::vector<idx_t> new_ids(size_t n) {
    std::vector<idx_t> ids = running_ids(n, next_id_);
    next_id_ += static_cast<idx_t>(n);
    for (size_t i = n; i > 1; --i) std::swap(ids[i - 1], ids[choices_.random().below(i)]);
    if (choices_.one_in(4)) {
      for (idx_t& id : ids) id = id % 2 == 0 ? -id - 2 : id + (idx_t{1} << 40);
    }
    const bool may_repeat = !model_.kind().coded() || model_.kind().maps > 0;
    if (may_repeat && choices_.one_in(4)) {
      for (idx_t& id : ids) id = std::abs(id) % 50 + 1;
    }
    return ids;
  }

  void remove() {
    const Filter filter = choose_filter(labels(), choices_, namer());
    const size_t gone = model_.remove(PlainFilter(filter));
    expect_same(index_->remove_ids(*filter.selector, nullptr) == gone, "how many were removed");
  }

  void read_back() {
    // From a file that is mapped as well: rows lie at any address, and sketches beside them or not.
    const std::vector<uint8_t> bytes =
        choices_.one_in(2) ? mappable_bytes(stored()) : serialize_index(stored(), nullptr);
    index_ = named_again(choices_.one_in(2) ? map_bytes(bytes, choices_.one_in(2))
                                            : deserialize_index(bytes.data(), bytes.size(), nullptr));
  }

  // What can be written.
  const Index& stored() const {
    if (model_.kind().keyed) return dynamic_cast<const KeyedRows&>(*index_).map();
    return *index_;
  }
  std::shared_ptr<Index> named_again(const std::shared_ptr<Index>& read) const {
    if (!model_.kind().keyed) return read;
    const auto& before = dynamic_cast<const KeyedRows&>(*index_);
    auto again = std::make_shared<KeyedRows>(std::dynamic_pointer_cast<IndexKeyMap>(read), before.next_key());
    expect_same(again->keys() == before.keys(), "the keys that were read back");
    return again;
  }

  // Rows of an index with the same training move here, behind the own where rows are numbered.
  void merge() {
    const Kind& kind = model_.kind();
    const std::vector<uint8_t> bytes = serialize_index(stored(), nullptr);
    const std::shared_ptr<Index> other = named_again(deserialize_index(bytes.data(), bytes.size(), nullptr));
    other->reset();
    const auto ntotal = static_cast<idx_t>(index_->ntotal());
    const idx_t shift = kind.has_ids() ? 2 * next_id_ + 500 : ntotal;  // so that negative ids, too, become new ones
    add_to(*other, choices_.between(1, 200), choices_.below(std::max<size_t>(1, kind.nlist)), shift);
    next_id_ += shift + 1;
    index_->merge_from(*other, kind.has_ids() || choices_.one_in(2) ? shift : 0, nullptr);
    expect_same(other->ntotal() == 0, "a merged index is empty");
  }

  void clear() {
    index_->reset();
    model_.rows().clear();
  }

  // ---- The lists ----

  // Every row is in the list of its nearest centroid, its vector as it came or as its code says; those the model does
  // not know yet it takes from there.
  void check_lists() {
    const auto* const ivf = find_in<IndexIVF>(*index_);
    if (ivf == nullptr && !model_.kind().coded()) return;
    std::vector<StoredRow> stored = ivf != nullptr ? rows_in(*ivf) : rows_of(innermost(*index_));
    std::sort(stored.begin(), stored.end());
    const Kind& kind = model_.kind();
    std::map<std::pair<size_t, idx_t>, const StoredRow*> by_id;
    if (kind.coded()) {
      for (const StoredRow& row : stored) by_id[{std::get<0>(row), std::get<1>(row)}] = &row;
    }
    std::vector<StoredRow> expected;
    for (size_t i = 0; i < model_.rows().size(); ++i) {
      ModelRow& row = model_.rows()[i];
      const idx_t id = kind.by_position() ? static_cast<idx_t>(i) : row.label;
      if (row.y.empty()) {
        const auto found = by_id.find({row.list, id});
        expect_same(found != by_id.end(), "a row is in the list of its nearest centroid");
        row.y.resize(model_.transformed_d());
        std::memcpy(row.y.data(), std::get<2>(*found->second).data(), row.y.size() * sizeof(float));
      }
      expected.emplace_back(row.list, id, bits_of(row.y));
    }
    std::sort(expected.begin(), expected.end());
    for (size_t i = 0; i < expected.size(); ++i) {
      if (stored[i] == expected[i]) continue;
      throw Difference(format("list %zu holds id %lld; expected list %zu, id %lld", std::get<0>(stored[i]),
                              static_cast<long long>(std::get<1>(stored[i])), std::get<0>(expected[i]),
                              static_cast<long long>(std::get<1>(expected[i]))));
    }
  }

  // The vectors that order candidates stay as they are once they are there.
  void check_refinement() {
    if (!model_.kind().refined_by_code()) return;
    const auto stored = find_in<IndexRefine>(*index_)->rows().stored_rows();
    const RowNumbers::View rows = index_->numbers().view();
    std::vector<float> room(model_.kind().d);
    for (size_t i = 0; i < model_.rows().size(); ++i) {
      ModelRow& row = model_.rows()[i];
      const float* const z = stored->row(rows.slot(i), room.data());
      if (row.z.empty()) row.z.assign(z, z + room.size());
      expect_same(bits_of(row.z) == bits_of(std::vector<float>(z, z + room.size())), "a row of the refinement");
    }
  }

  // The ids that are there, and the vector of one of them.
  void check_ids() {
    const Kind& kind = model_.kind();
    std::vector<idx_t> expected = labels();
    if (kind.nlist > 0 && !kind.maps_rows()) std::sort(expected.begin(), expected.end());
    expect_same(index_->row_ids() == expected, "row_ids");
    const idx_t none = 2 * next_id_ + 3000;
    expect_same(!index_->has(none) && !index_->has(-1), "has an id that is not there");
    if (expected.empty()) return;
    const idx_t id = expected[choices_.random().below(expected.size())];
    expect_same(index_->has(id), "has an id that is there");
    const auto& rows = model_.rows();
    const auto bears = [&](const ModelRow& row) { return row.label == id; };
    std::vector<float> x(kind.d);
    try {
      expect_same(index_->look_up(id, x.data()), "looks up an id that is there");
    } catch (const Error& error) {  // the model says the same of the row, or throws something else
      try {
        model_.stored(*std::find_if(rows.rbegin(), rows.rend(), bears));
      } catch (const Error& expected) {
        return expect_same(error.code() == expected.code(), "how a look_up fails");
      }
      if (error.code() == Code::kOutOfRange) return;  // of another row that bears the id
      throw;
    }
    const auto stored = [&](const ModelRow& row) { return bits_of(model_.stored(row)) == bits_of(x); };
    if (kind.nlist > 0 && !kind.maps_rows()) {  // any of those that bear it
      const auto is = [&](const ModelRow& row) { return bears(row) && stored(row); };
      expect_same(std::any_of(rows.begin(), rows.end(), is), "look_up in lists");
    } else {
      expect_same(stored(*std::find_if(rows.rbegin(), rows.rend(), bears)), "look_up of the last");
    }
  }

  Choices& choices_;
  Data data_;
  std::vector<float> centroids_;  // around which rows lie
  std::shared_ptr<Index> index_;
  Model model_;
  idx_t next_id_ = 0;
};

}  // namespace voronode::test
