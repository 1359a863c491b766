// Searches, lookups and saves beside vectors that are replaced, removed and compacted, each with the access that it needs:
// every reader sees all ids that are never removed, each once. Under TSan, that nothing is read while it is written.
#include <doctest/doctest.h>

#include <algorithm>

#include "base/gate_hold.h"
#include "factory/factory.h"
#include "filter/selector_batch.h"
#include "io/index_io.h"
#include "test/beside.h"

namespace voronode::test {
namespace {

constexpr size_t kD = 8;
constexpr size_t kStay = 600;    // ids [0, kStay) are replaced, never removed
constexpr size_t kPass = 2'000;  // ids from kStay on come and go

#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
constexpr size_t kChanges = 250;
#else
constexpr size_t kChanges = 5'000;
#endif

class Changed {
 public:
  explicit Changed(const char* description) : index_(index_factory(kD, description, Metric::kL2)) {
    Random random(1);
    const auto sample = random.vectors(400, kD);
    if (!index_->is_trained()) index_->train(400, sample.data(), nullptr);
    for (idx_t id = 0; id < static_cast<idx_t>(kStay); ++id) stay_.push_back(id);
    index_->add_with_ids(kStay, random.vectors(kStay, kD).data(), stay_.data(), nullptr);
  }

  void change(Random& random) {
    const GateHold hold(index_->gate(), Access::kAppend);
    const size_t n = random.between(1, random.one_in(10) ? 400 : 40);
    std::vector<idx_t> ids(n);
    for (idx_t& id : ids) id = static_cast<idx_t>(random.below(random.one_in(2) ? kStay : kStay + kPass));
    if (random.one_in(3)) {
      for (idx_t& id : ids) id = std::max(id, static_cast<idx_t>(kStay));
      index_->remove_ids(IDSelectorBatch(n, ids.data()), nullptr);
    } else {
      index_->upsert({n, random.vectors(n, kD).data(), ids.data()}, Index::Missing::kAdd, nullptr);
    }
    if (random.one_in(2)) index_->tidy(Access::kAppend);
  }

  void compact(Random& random) {
    const GateHold hold(index_->gate(), Access::kExclusive);
    if (index_->removed() == 0) return;
    if (index_->moves_rows() && !random.one_in(8)) return index_->compact_some(random.below(4'000));
    index_->compact();
  }

  // Whether all ids that stay are found, each once.
  bool search(Random& random) const {
    const GateHold hold(index_->gate(), Access::kRead);
    const auto query = random.vectors(1, kD);
    const size_t k = kStay + kPass;
    std::vector<float> distances(k);
    std::vector<idx_t> labels(k);
    SearchParams params;
    const IDSelectorBatch few(20, stay_.data() + random.below(kStay - 20));
    const IDSelectorRange all(0, kStay);
    const bool named = random.one_in(3);
    if (random.one_in(2)) params.filter = named ? static_cast<const IDSelector*>(&few) : &all;
    for (const SearchParameter* parameter : index_->search_parameters()) params.set(*parameter, parameter->max);
    index_->search(1, query.data(), k, params, distances.data(), labels.data());
    std::erase_if(labels, [](idx_t id) { return id < 0 || id >= static_cast<idx_t>(kStay); });
    std::sort(labels.begin(), labels.end());
    if (params.filter == nullptr || !named) return labels == stay_;
    return labels.size() == 20 && std::adjacent_find(labels.begin(), labels.end()) == labels.end();
  }

  bool look_up(Random& random) const {
    const GateHold hold(index_->gate(), Access::kRead);
    std::vector<float> x(kD);
    return index_->look_up(static_cast<idx_t>(random.below(kStay)), x.data());
  }

  bool save() const {
    std::vector<uint8_t> bytes;
    {
      const GateHold hold(index_->gate(), Access::kRead);
      bytes = serialize_index(*index_, nullptr);
    }
    const auto read = deserialize_index(bytes.data(), bytes.size(), nullptr);
    std::vector<idx_t> ids = read->row_ids();
    std::erase_if(ids, [](idx_t id) { return id >= static_cast<idx_t>(kStay); });
    std::sort(ids.begin(), ids.end());
    return ids == stay_;
  }

 private:
  std::shared_ptr<Index> index_;
  std::vector<idx_t> stay_;
};

}  // namespace

TEST_CASE("readers beside upserts, removals and compacting see each id that stays once") {
  for (const char* description :
       {"IDMap,Flat", "IDMap,SQ8", "IVF4,Flat", "IVF4,SQ8", "IDMap,IVF4,Flat", "IDMap,SQ8,RFlat", "PCA4,IVF4,Flat"}) {
    CAPTURE(description);
    Changed index(description);
    check_beside(index, kChanges);
  }
}

}  // namespace voronode::test
