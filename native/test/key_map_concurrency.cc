// Searches, lookups and saves of a map of keys beside keys that are replaced, removed and compacted, each with the access
// that it needs: every reader sees all keys that are never removed, each once, and each with its own vector. Under TSan,
// that nothing is read while it is written.
#include <doctest/doctest.h>

#include <algorithm>

#include "base/gate_hold.h"
#include "factory/factory.h"
#include "index/key_map.h"
#include "io/index_io.h"
#include "test/beside.h"
#include "test/keys.h"

namespace voronode::test {
namespace {

constexpr size_t kD = 8;
constexpr size_t kStay = 300;    // these are replaced, never removed
constexpr size_t kPass = 1'000;  // those behind come and go

#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
constexpr size_t kChanges = 200;
#else
constexpr size_t kChanges = 3'000;
#endif

std::string stays(size_t i) { return "stays-" + std::to_string(i); }
std::string passes(size_t i) { return "passes-" + std::string(i % 90, 'x') + std::to_string(i); }

class Changed {
 public:
  explicit Changed(const char* description) {
    auto inner = index_factory(kD, description, Metric::kL2);
    if (!inner->is_trained()) inner->train(400, Random(1).vectors(400, kD).data(), nullptr);
    map_ = std::make_shared<IndexKeyMap>(inner);
    for (size_t i = 0; i < kStay; ++i) stay_.push_back(stays(i));
    std::sort(stay_.begin(), stay_.end());
    map_->add_with_keys({vectors_of(stay_, 0).data(), views(stay_)}, nullptr);
  }

  void change(Random& random) {
    const GateHold hold(map_->gate(), Access::kAppend);
    const size_t n = random.between(1, random.one_in(10) ? 200 : 20);
    std::vector<std::string> keys(n);
    const bool removes = random.one_in(3);
    for (std::string& key : keys) {
      key = removes || random.one_in(2) ? passes(random.below(kPass)) : stays(random.below(kStay));
    }
    if (removes) {
      map_->remove_ids(*selector_of_keys(keys), nullptr);
    } else {
      const auto x = vectors_of(keys, random.below(100));
      map_->upsert_keys({x.data(), views(keys)}, Index::Missing::kAdd, nullptr);
    }
    if (random.one_in(2)) map_->tidy(Access::kAppend);
  }

  void compact(Random& random) {
    const GateHold hold(map_->gate(), Access::kExclusive);
    if (map_->removed() == 0) return;
    if (map_->moves_rows() && !random.one_in(8)) return map_->compact_some(random.below(4'000));
    map_->compact();
  }

  bool search(Random& random) const {
    const GateHold hold(map_->gate(), Access::kRead);
    const size_t k = kStay + kPass;
    std::vector<float> distances(k);
    std::vector<idx_t> labels(k);
    SearchParams params;
    const std::vector<std::string> few(stay_.begin() + 20, stay_.begin() + 40);
    const SelectorPtr named = selector_of_keys(few);
    const bool filters = random.one_in(2);
    if (filters) params.filter = named.get();
    for (const SearchParameter* parameter : map_->search_parameters()) params.set(*parameter, parameter->max);
    map_->search(1, std::vector<float>(kD).data(), k, params, distances.data(), labels.data());
    std::erase(labels, -1);
    const std::vector<uint8_t> found = map_->packed_keys(labels);
    std::vector<std::string> keys;
    for (const std::string_view key : unpack_keys(found)) keys.emplace_back(key);
    std::erase_if(keys, [](const std::string& key) { return !key.starts_with("stays"); });
    std::sort(keys.begin(), keys.end());
    return keys == (filters ? few : stay_);
  }

  // Whether the vector is one of those that the key has had.
  bool look_up(Random& random) const {
    const GateHold hold(map_->gate(), Access::kRead);
    const std::string key = stays(random.below(kStay));
    std::vector<float> x(kD);
    const std::string_view keys[] = {key};
    map_->reconstruct_keys(keys, x.data(), nullptr);
    return map_->has_key(key) && static_cast<size_t>(x[0]) == std::hash<std::string>()(key) % 1'000;
  }

  bool save() const {
    std::vector<uint8_t> bytes;
    {
      const GateHold hold(map_->gate(), Access::kRead);
      bytes = serialize_index(*map_, nullptr);
    }
    const auto read = deserialize_index(bytes.data(), bytes.size(), nullptr);
    return std::all_of(stay_.begin(), stay_.end(),
                       [&](const std::string& key) { return dynamic_cast<IndexKeyMap&>(*read).has_key(key); });
  }

 private:
  // The first component tells the key, the others the version.
  static std::vector<float> vectors_of(const std::vector<std::string>& keys, size_t version) {
    std::vector<float> x(keys.size() * kD, static_cast<float>(version));
    for (size_t i = 0; i < keys.size(); ++i) x[i * kD] = static_cast<float>(std::hash<std::string>()(keys[i]) % 1'000);
    return x;
  }

  std::shared_ptr<IndexKeyMap> map_;
  std::vector<std::string> stay_;
};

}  // namespace

TEST_CASE("readers beside changes of a map of keys see each key that stays once") {
  for (const char* description : {"Flat", "SQfp16,RFlat", "IVF4,Flat"}) {
    CAPTURE(description);
    Changed map(description);
    check_beside(map, kChanges);
  }
}

}  // namespace voronode::test
