// IndexIVF apart from search: training, ids, what is refused and how, facts, parts for files, merging, IndexIDMap.
#include "ivf/ivf.h"

#include <doctest/doctest.h>

#include <numeric>
#include <string>

#include "index/flat.h"
#include "index/id_map.h"
#include "index/pre_transform.h"
#include "ivf/ivf_flat.h"
#include "test/ivf_model.h"
#include "test/random.h"
#include "test/throws.h"

namespace voronode::test {
namespace {

constexpr size_t kD = 6;
constexpr size_t kLists = 5;

// Trained on some vectors, empty.
std::shared_ptr<IndexIVFFlat> trained(Metric metric = Metric::kL2) {
  auto index = std::make_shared<IndexIVFFlat>(kD, kLists, metric);
  index->train(100, Random(1).vectors(100, kD).data(), nullptr);
  return index;
}

std::vector<idx_t> ids_of(const IndexIVF& index) {
  std::vector<idx_t> ids;
  const Moment moment(index);
  for (size_t l = 0; l < moment.nlist(); ++l) {
    const auto list = moment.list(l);
    for (size_t i = 0; i < list.size(); ++i) ids.push_back(list.id(i));
  }
  std::sort(ids.begin(), ids.end());
  return ids;
}

TEST_CASE("ivf: before the training everything else is refused, in words that help") {
  IndexIVFFlat index(kD, kLists, Metric::kL2);
  CHECK(!index.is_trained());
  CHECK(index.nlist() == kLists);
  CHECK(index.nprobe() == 1);
  const std::vector<float> x(kD);
  const idx_t id = 3;
  float distance;
  idx_t label;
  RangeResult in_range;
  check_throws(Code::kNotTrained, "call train(vectors)", [&] { index.add(1, x.data(), nullptr); });
  check_throws(Code::kNotTrained, "call train(vectors)", [&] { index.add_with_ids(1, x.data(), &id, nullptr); });
  check_throws(Code::kNotTrained, "call train(vectors)", [&] { index.search(1, x.data(), 1, {}, &distance, &label); });
  check_throws(Code::kNotTrained, "call train(vectors)", [&] { index.range_search(1, x.data(), 1, {}, &in_range); });
  CHECK(index.ntotal() == 0);
}

TEST_CASE("ivf: training fills the quantizer, once there are enough vectors; anew while the index is empty") {
  IndexIVFFlat index(kD, kLists, Metric::kL2);
  const auto x = Random(2).vectors(200, kD);
  CHECK_THROWS_AS(index.train(kLists - 1, x.data(), nullptr), Error);
  CHECK(!index.is_trained());
  index.train(kLists, x.data(), nullptr);
  CHECK(index.is_trained());
  CHECK(same(centroids_of(*index.quantizer()), std::vector<float>(x.begin(), x.begin() + kLists * kD)));
  const Clustering found = index.train(200, x.data(), index.default_clustering(), nullptr);
  CHECK(same(centroids_of(*index.quantizer()), found.centroids));
  CHECK(index.quantizer()->ntotal() == kLists);
  Cancel cancel;
  cancel.fire();
  CHECK_THROWS_AS(index.train(200, x.data(), &cancel), Error);
  CHECK(same(centroids_of(*index.quantizer()), found.centroids));
  index.add(1, x.data(), nullptr);
  check_throws(Code::kUnsupported, "call reset()", [&] { index.train(200, x.data(), nullptr); });
  index.reset();
  index.train(kLists, x.data(), nullptr);
}

TEST_CASE("ivf: a quantizer may come with its centroids, and then needs no training") {
  const auto centroids = Random(4).vectors(kLists, kD);
  auto quantizer = std::make_shared<IndexFlat>(kD, Metric::kL2);
  quantizer->add(kLists, centroids.data(), nullptr);
  IndexIVFFlat index(quantizer, kLists, Metric::kL2);
  CHECK(index.is_trained());
  CHECK(quantizer->wrapped());
  CHECK(&quantizer->gate() == &index.gate());
  index.train(1, centroids.data(), nullptr);  // nothing to do, however few
  CHECK(same(centroids_of(*quantizer), centroids));

  const auto make = [](size_t rows, size_t nlist) {
    auto flat = std::make_shared<IndexFlat>(kD, Metric::kL2);
    flat->add(rows, Random(5).vectors(rows, kD).data(), nullptr);
    return IndexIVFFlat(flat, nlist, Metric::kL2).is_trained();
  };
  CHECK(make(3, 3));
  CHECK(!make(0, 3));
  check_throws(Code::kUnsupported, "holds 4 vectors", [&] { make(4, 3); });
  check_throws(Code::kUnsupported, "wrapped by another", [&] { IndexIVFFlat(quantizer, kLists, Metric::kL2); });
  check_throws(Code::kUnsupported, "must be an IndexFlat. Received IndexIVFFlat",
               [&] { IndexIVFFlat(trained(), kLists, Metric::kL2); });
  check_throws(Code::kOutOfRange, "\"nlist\"", [&] { IndexIVFFlat(kD, 0, Metric::kL2); });
  check_throws(Code::kOutOfRange, "\"nlist\"", [&] { IndexIVFFlat(kD, kMaxLists + 1, Metric::kL2); });
  CHECK(IndexIVFFlat(std::make_shared<IndexFlat>(kD, Metric::kL2), 3, Metric::kInnerProduct).metric() ==
        Metric::kInnerProduct);
}

TEST_CASE("ivf: one that is empty again can be wrapped") {
  const auto index = std::shared_ptr<IndexIVFFlat>(trained());
  const auto x = Random(6).vectors(10, kD);
  index->add(10, x.data(), nullptr);
  CHECK(index->remove_ids(IDSelectorRange(0, 10), nullptr) == 10);
  IndexIDMap map(index, false);
  CHECK(index->removed() == 0);
  const idx_t ids[] = {70, 71, 72};
  map.add_with_ids(3, x.data(), ids, nullptr);
  CHECK(map.row_ids() == std::vector<idx_t>{70, 71, 72});
  CHECK(ids_of(*index) == std::vector<idx_t>{0, 1, 2});
}

TEST_CASE("ivf: plain ids go on from the largest") {
  const auto index = trained();
  const auto x = Random(6).vectors(20, kD);
  index->add(3, x.data(), nullptr);
  CHECK(ids_of(*index) == std::vector<idx_t>{0, 1, 2});
  const idx_t ids[] = {7, -5, 7};
  index->add_with_ids(3, x.data(), ids, nullptr);
  index->add(2, x.data(), nullptr);
  CHECK(ids_of(*index) == std::vector<idx_t>{-5, 0, 1, 2, 7, 7, 8, 9});
  CHECK(index->remove_ids(IDSelectorRange(7, 9), nullptr) == 3);
  index->add(1, x.data(), nullptr);
  CHECK(ids_of(*index) == std::vector<idx_t>{-5, 0, 1, 2, 9, 10});
  CHECK(index->remove_ids(IDSelectorRange(0, 100), nullptr) == 5);
  index->add(1, x.data(), nullptr);
  CHECK(ids_of(*index) == std::vector<idx_t>{-5, 0});
  const idx_t most = INT64_MAX;
  index->add_with_ids(1, x.data(), &most, nullptr);
  check_throws(Code::kUnsupported, "use addWithIds", [&] { index->add(1, x.data(), nullptr); });
  const idx_t missing[] = {1, -1};
  check_throws(Code::kOutOfRange, "ids[1]", [&] { index->add_with_ids(2, x.data(), missing, nullptr); });
  CHECK(ids_of(*index) == std::vector<idx_t>{-5, 0, most});
  index->reset();
  index->add(1, x.data(), nullptr);
  CHECK(ids_of(*index) == std::vector<idx_t>{0});
}

TEST_CASE("ivf: nprobe, list sizes, imbalance") {
  const auto index = trained();
  CHECK(index->imbalance() == 1);
  check_throws(Code::kOutOfRange, "\"nprobe\"", [&] { index->set_nprobe(0); });
  index->set_nprobe(1000);
  CHECK(index->nprobe() == 1000);
  const auto x = Random(7).vectors(300, kD);
  index->add(300, x.data(), nullptr);
  double squares = 0;
  size_t total = 0;
  for (size_t l = 0; l < kLists; ++l) {
    CHECK(index->list_size(l) == index->list_sizes()[l]);
    squares += static_cast<double>(index->list_size(l) * index->list_size(l));
    total += index->list_size(l);
  }
  CHECK(total == 300);
  CHECK(index->imbalance() == doctest::Approx(kLists * squares / 90000));
  check_throws(Code::kOutOfRange, "\"list\"", [&] { index->list_size(kLists); });
}

TEST_CASE("ivf: an array as the direct map is given up when ids leave the order") {
  const auto x = Random(8).vectors(4, kD);
  for (size_t kind = 0; kind < 5; ++kind) {
    const auto index = trained();
    index->set_direct_map_type(DirectMapType::kArray);
    index->add(4, x.data(), nullptr);
    CHECK(index->direct_map_type() == DirectMapType::kArray);
    const idx_t id = 4;
    const auto other = trained();
    other->add(1, x.data(), nullptr);
    if (kind == 0) index->add_with_ids(1, x.data(), &id, nullptr);
    if (kind == 1) index->remove_ids(IDSelectorRange(1, 2), nullptr);
    if (kind == 2) index->remove_rows({1});
    if (kind == 3) index->merge_from(*other, 4, nullptr);
    if (kind == 4) index->reset();
    CHECK((index->direct_map_type() == DirectMapType::kArray) == (kind == 4));
    index->set_direct_map_type(DirectMapType::kHashtable);
    index->remove_ids(IDSelectorRange(0, 1), nullptr);
    CHECK(index->direct_map_type() == DirectMapType::kHashtable);
  }
}

TEST_CASE("ivf: made again from its parts") {
  const auto index = trained();
  const auto x = Random(9).vectors(400, kD);
  std::vector<idx_t> ids(400);
  for (size_t i = 0; i < 400; ++i) ids[i] = static_cast<idx_t>(i * 7 % 400) - 500;
  index->add_with_ids(400, x.data(), ids.data(), nullptr);
  auto quantizer = std::make_shared<IndexFlat>(kD, Metric::kL2);
  quantizer->add(kLists, centroids_of(*index->quantizer()).data(), nullptr);
  IndexIVFFlat again(quantizer, kLists, Metric::kL2);
  const auto lists = index->lists().view();
  std::vector<IndexIVF::Part> parts;
  for (size_t l = 0; l < kLists; ++l) parts.push_back({l, lists[l].size()});
  size_t filled = 0;
  const auto fill = [&](const IndexIVF::Part& part, uint8_t* codes, idx_t* room) {
    if (++filled == kLists) throw std::runtime_error("short");
    for (size_t i = 0; i < part.count; ++i) {
      std::copy_n(lists[part.list].code(i), again.lists().code_size(), codes + i * again.lists().code_size());
      room[i] = lists[part.list].id(i);
    }
  };
  CHECK_THROWS_AS(again.restore_lists(parts, fill, nullptr), std::runtime_error);
  CHECK(again.ntotal() == 0);
  again.restore_lists(parts, fill, nullptr);
  IvfModel model = model_of(*index);
  model.add(400, x.data(), ids.data());
  CHECK(model.same_lists(*index));
  CHECK(model.same_lists(again));
  again.add(1, x.data(), nullptr);
  CHECK(ids_of(again).back() == 0);  // all others are negative
}

TEST_CASE("ivf: merging moves rows with their ids; what does not fit is refused, nothing moved") {
  const auto x = Random(10).vectors(300, kD);
  const auto one = trained();
  const auto two = trained();
  one->add(100, x.data(), nullptr);
  two->add(200, x.data() + 100 * kD, nullptr);
  check_throws(Code::kUnsupported, "into itself", [&] { one->merge_from(*one, 0, nullptr); });
  check_throws(Code::kOutOfRange, "\"addId\"", [&] { one->merge_from(*two, -5, nullptr); });  // 4 would become -1
  check_throws(Code::kOutOfRange, "\"addId\"", [&] { one->merge_from(*two, INT64_MAX - 3, nullptr); });
  IndexIVFFlat raw(kD, kLists, Metric::kL2);
  check_throws(Code::kNotTrained, "call train", [&] { one->merge_from(raw, 0, nullptr); });
  check_throws(Code::kUnsupported, "same kind", [&] { one->merge_from(*trained(Metric::kInnerProduct), 0, nullptr); });
  raw.train(50, x.data(), nullptr);
  check_throws(Code::kUnsupported, "same centroids", [&] { one->merge_from(raw, 0, nullptr); });
  Cancel cancel;
  cancel.fire();
  CHECK_THROWS_AS(one->merge_from(*two, 100, &cancel), Error);
  CHECK(one->ntotal() == 100);
  CHECK(two->ntotal() == 200);
  one->merge_from(*two, 100, nullptr);
  const auto whole = trained();
  whole->add(300, x.data(), nullptr);
  IvfModel model = model_of(*whole);
  std::vector<idx_t> ids(300);
  std::iota(ids.begin(), ids.end(), 0);
  model.add(300, x.data(), ids.data());
  CHECK(model.same_lists(*whole));
  CHECK(model.same_lists(*one));
  CHECK(two->ntotal() == 0);
  CHECK(two->is_trained());
  two->add(1, x.data(), nullptr);
  CHECK(ids_of(*two) == std::vector<idx_t>{0});
}

// ids of the map over any index that numbers its rows, after the same operations.
void same_through_a_map(const std::shared_ptr<Index>& inner, uint64_t seed) {
  Random random(seed);
  IndexIDMap flat(std::make_shared<IndexFlat>(kD, Metric::kL2), false);
  IndexIDMap map(inner, false);
  SearchParams all;
  all.set(kNprobe, kLists);
  for (size_t step = 0; step < 150; ++step) {
    const size_t n = random.between(0, 20);
    const auto x = random.vectors(n, kD);
    std::vector<idx_t> ids(n);
    for (idx_t& id : ids) id = static_cast<idx_t>(random.below(500)) * 1000 - 30'500;
    flat.add_with_ids(n, x.data(), ids.data(), nullptr);
    map.add_with_ids(n, x.data(), ids.data(), nullptr);
    if (random.one_in(3)) {
      const idx_t first = static_cast<idx_t>(random.below(500)) * 1000 - 30'500;
      const IDSelectorRange range(first, first + static_cast<idx_t>(random.below(100)) * 1000);
      CHECK(map.remove_ids(range, nullptr) == flat.remove_ids(range, nullptr));
      CHECK(inner->numbered_by_position());
    }
    if (random.one_in(60)) {
      flat.reset();
      map.reset();
    }
    const auto xq = random.vectors(3, kD);
    const IDSelectorRange some(0, 200'000);
    all.filter = random.one_in(3) ? &some : nullptr;
    CHECK(map.ntotal() == flat.ntotal());
    CHECK(search(map, 3, xq.data(), 8, all) == search(flat, 3, xq.data(), 8, all));
    if (!ids.empty()) {
      std::vector<float> a(kD), b(kD);
      const bool there = [&] {
        try {
          flat.reconstruct(ids[0], a.data());
          return true;
        } catch (const Error&) {
          return false;
        }
      }();
      if (there) {
        map.reconstruct(ids[0], b.data());
        CHECK(same(a, b));
      } else {
        CHECK_THROWS_AS(map.reconstruct(ids[0], b.data()), Error);
      }
    }
  }
}

TEST_CASE("ivf: IndexIDMap goes around it, also through removals") {
  same_through_a_map(trained(), 11);
  same_through_a_map(trained(), 12);
  same_through_a_map(std::make_shared<IndexPreTransform>(TransformChain(), trained()), 13);
  const auto own = trained();
  const auto x = Random(14).vectors(3, kD);
  const idx_t ids[] = {0, 2, 1};
  own->add_with_ids(3, x.data(), ids, nullptr);
  CHECK(own->numbered_by_position());
  const idx_t more[] = {2, 4};
  own->add_with_ids(2, x.data(), more, nullptr);
  CHECK(!own->numbered_by_position());
  IdTable table;
  const int64_t labels[] = {5, 6, 7, 8, 9};
  table.append(5, labels);
  check_throws(Code::kUnsupported, "labels are 0 to ntotal - 1",
               [&] { IndexIDMap::from_parts(own, std::move(table), false); });
}

}  // namespace
}  // namespace voronode::test
