// Random operations on maps of keys and, side by side, on a map of ids around an index of the same kind: each key that is
// there stands for the id that says when its row came. Equal distances go by that in both, so answers are equal.
#include <doctest/doctest.h>

#include <map>

#include "factory/factory.h"
#include "filter/selector_batch.h"
#include "index/key_map.h"
#include "io/index_io.h"
#include "test/keys.h"
#include "test/reference.h"
#include "test/throws.h"

namespace voronode::test {
namespace {

constexpr size_t kD = 8;
constexpr size_t kKeys = 300;

class Twins {
 public:
  Twins(const char* description, uint64_t seed) : random_(seed) {
    auto inner = index_factory(kD, description, Metric::kL2);
    twin_ = index_factory(kD, std::string("IDMap,") + description, Metric::kL2);
    const auto sample = random_.vectors(200, kD);
    if (!inner->is_trained()) inner->train(200, sample.data(), nullptr);
    if (!twin_->is_trained()) twin_->train(200, sample.data(), nullptr);
    map_ = std::make_shared<IndexKeyMap>(inner);
  }

  // Whether all is as it should be.
  bool step() {
    switch (random_.below(12)) {
      case 0:
      case 1:
        return add();
      case 2:
      case 3:
        return upsert();
      case 4:
        return remove();
      case 5:
        return compact();
      case 6:
        return look_up();
      case 7:
        return random_.one_in(20) ? reread() : random_.one_in(50) ? reset() : true;
      default:
        return search();
    }
  }
  bool same_keys() const {
    std::map<idx_t, std::string> in_order;
    for (const auto& [key, id] : ids_) in_order[id] = key;
    std::vector<std::string> keys;
    for (const auto& [id, key] : in_order) keys.push_back(key);
    return map_->packed_keys() == packed(keys) && map_->ntotal() == ids_.size() && twin_->ntotal() == ids_.size();
  }

 private:
  struct Some {
    std::vector<std::string> keys;
    std::vector<float> x;
    std::vector<idx_t> ids;
  };
  std::vector<std::string> some_keys(size_t most) {
    std::vector<std::string> keys(random_.between(1, most));
    for (std::string& key : keys) key = key_of_number(random_.below(kKeys));
    return keys;
  }
  // Components are small integers: distances are often equal.
  Some some_rows(size_t most) {
    Some some{some_keys(most), {}, {}};
    for (size_t i = 0; i < some.keys.size() * kD; ++i) some.x.push_back(static_cast<float>(random_.below(4)) + 0.5f);
    return some;
  }
  bool has(const std::string& key) const { return ids_.count(key) > 0; }

  bool add() {
    const Some some = some_rows(random_.one_in(10) ? 60 : 3);
    std::map<std::string, size_t> times;
    bool fit = true;
    for (const std::string& key : some.keys) fit &= !has(key) && ++times[key] == 1;
    try {
      map_->add_with_keys({some.x.data(), views(some.keys)}, nullptr);
    } catch (const Error& error) {
      return !fit && error.code() == Code::kInvalidArgValue;
    }
    add_twins(some);
    return fit;
  }
  void add_twins(const Some& some) {
    for (size_t i = 0; i < some.keys.size(); ++i) {
      twin_->add_with_ids(1, some.x.data() + i * kD, &next_, nullptr);
      ids_[some.keys[i]] = next_++;
    }
  }

  bool upsert() {
    const Some some = some_rows(random_.one_in(10) ? 60 : 3);
    const bool refuse = random_.one_in(4);
    std::map<std::string, size_t> last;
    for (size_t i = 0; i < some.keys.size(); ++i) last[some.keys[i]] = i;
    size_t known = 0;
    for (const auto& [key, i] : last) known += has(key) ? 1 : 0;
    try {
      const auto missing = refuse ? Index::Missing::kRefuse : Index::Missing::kAdd;
      if (map_->upsert_keys({some.x.data(), views(some.keys)}, missing, nullptr) != known) return false;
    } catch (const Error& error) {
      return refuse && known < last.size() && error.code() == Code::kOutOfRange;
    }
    if (refuse && known < last.size()) return false;
    std::vector<size_t> order;
    for (const auto& [key, i] : last) order.push_back(i);
    std::sort(order.begin(), order.end());
    for (const size_t i : order) {
      if (has(some.keys[i])) remove_twin(some.keys[i]);
      twin_->add_with_ids(1, some.x.data() + i * kD, &next_, nullptr);
      ids_[some.keys[i]] = next_++;
    }
    return true;
  }
  void remove_twin(const std::string& key) {
    twin_->remove_ids(IDSelectorBatch(1, &ids_.at(key)), nullptr);
    ids_.erase(key);
  }

  bool remove() {
    const std::vector<std::string> keys = some_keys(random_.one_in(5) ? 100 : 4);
    SelectorPtr selector = selector_of_keys(keys);
    const bool others = random_.one_in(60);
    if (others) selector = std::make_unique<IDSelectorNot>(std::move(selector));
    std::vector<std::string> gone;
    for (const auto& [key, id] : ids_) {
      if ((std::find(keys.begin(), keys.end(), key) != keys.end()) != others) gone.push_back(key);
    }
    for (const std::string& key : gone) remove_twin(key);
    return map_->remove_ids(*selector, nullptr) == gone.size();
  }

  bool compact() {
    if (random_.one_in(10)) map_->compact();
    for (size_t step = random_.below(4); step > 0 && map_->removed() > 0 && map_->moves_rows(); --step) {
      map_->compact_some(random_.below(2'000));
    }
    return true;
  }

  bool look_up() {
    const std::string key = key_of_number(random_.below(kKeys));
    if (map_->has_key(key) != has(key)) return false;
    std::vector<float> x(kD);
    std::vector<float> expected(kD);
    const std::string_view keys[] = {key};
    try {
      map_->reconstruct_keys(keys, x.data(), nullptr);
    } catch (const Error& error) {
      return !has(key) && error.code() == Code::kOutOfRange;
    }
    twin_->reconstruct(ids_.at(key), expected.data());
    return same(x, expected);
  }

  // Some keys, and what the map of ids calls them.
  void choose_filter() {
    if (kept_ == nullptr || random_.one_in(2)) {
      kept_keys_ = some_keys(random_.one_in(2) ? 5 : 200);
      kept_ = selector_of_keys(kept_keys_);
      kept_others_ = random_.one_in(3);
      if (kept_others_) kept_ = std::make_unique<IDSelectorNot>(std::move(kept_));
    }
    std::vector<idx_t> ids;
    for (const std::string& key : kept_keys_) {
      if (has(key)) ids.push_back(ids_.at(key));
    }
    twin_filter_ = std::make_unique<IDSelectorBatch>(ids.size(), ids.data());
    if (kept_others_) twin_filter_ = std::make_unique<IDSelectorNot>(std::move(twin_filter_));
  }

  bool search() {
    const auto query = some_rows(1).x;
    SearchParams params, twin_params;
    if (random_.one_in(2)) {
      choose_filter();
      params.filter = kept_.get();
      twin_params.filter = twin_filter_.get();
    }
    const size_t k = random_.one_in(5) ? kKeys : random_.between(1, 10);
    std::vector<float> found(k), expected(k);
    std::vector<idx_t> labels(k), twin_labels(k);
    map_->search(1, query.data(), k, params, found.data(), labels.data());
    twin_->search(1, query.data(), k, twin_params, expected.data(), twin_labels.data());
    if (!same(found, expected) || map_->packed_keys(labels) != keys_of(twin_labels)) return false;
    RangeResult in_range, twin_range;
    map_->range_search(1, query.data(), 20, params, &in_range);
    twin_->range_search(1, query.data(), 20, twin_params, &twin_range);
    return same(in_range.distances, twin_range.distances) &&
           map_->packed_keys(in_range.labels) == keys_of(twin_range.labels);
  }
  std::vector<uint8_t> keys_of(const std::vector<idx_t>& ids) const {
    std::map<idx_t, std::string> key_of;
    for (const auto& [key, id] : ids_) key_of[id] = key;
    std::vector<uint8_t> out;
    for (const idx_t id : ids) {
      const std::vector<uint8_t> one = id == -1 ? std::vector<uint8_t>{0x81, 0x80, 0x04} : packed({key_of.at(id)});
      out.insert(out.end(), one.begin(), one.end());
    }
    return out;
  }

  bool reread() {
    const auto bytes = serialize_index(*map_, nullptr);
    map_ = std::dynamic_pointer_cast<IndexKeyMap>(deserialize_index(bytes.data(), bytes.size(), nullptr));
    return map_ != nullptr && serialize_index(*map_, nullptr) == bytes;
  }
  bool reset() {
    map_->reset();
    twin_->reset();
    ids_.clear();
    return true;
  }

  Random random_;
  std::shared_ptr<IndexKeyMap> map_;
  std::shared_ptr<Index> twin_;
  std::map<std::string, idx_t> ids_;
  idx_t next_ = 0;
  // A filter is used again after changes: it remembers where its keys were.
  SelectorPtr kept_;
  std::vector<std::string> kept_keys_;
  bool kept_others_ = false;
  SelectorPtr twin_filter_;
};

}  // namespace

TEST_CASE("a map of keys answers as a map of ids does, after any history") {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  constexpr size_t kSteps = 1'500;
#else
  constexpr size_t kSteps = 15'000;
#endif
  for (const char* description :
       {"Flat", "SQ8", "SQfp16,RFlat", "L2norm,Flat", "IVF4,Flat", "PCA4,IVF4,SQ8", "IVF4,SQ8,RFlat"}) {
    CAPTURE(description);
    Twins twins(description, 77);
    size_t wrong = 0;
    for (size_t i = 0; i < kSteps && wrong == 0; ++i) {
      wrong += twins.step() ? 0 : 1;
      if (i % 100 == 0) wrong += twins.same_keys() ? 0 : 1;
      CAPTURE(i);
      CHECK(wrong == 0);
    }
  }
}

TEST_CASE("a map of keys looks up a filter's keys no further than it is wanted") {
  IndexKeyMap map(index_factory(kD, "Flat", Metric::kL2));
  const std::vector<std::string> keys = {"a", "b"};
  const std::vector<float> x = Random(1).vectors(2, kD);
  map.add_with_keys({x.data(), views(keys)}, nullptr);
  const SelectorPtr filter = selector_of_keys(keys);
  Cancel cancel;
  cancel.fire();
  check_throws(Code::kAborted, "", [&] { map.remove_ids(*filter, &cancel); });
  CHECK(map.ntotal() == 2);
  CHECK(map.remove_ids(*filter, nullptr) == 2);
}

}  // namespace voronode::test
