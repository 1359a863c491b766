// Files of inverted files that have other centroids than one for each list, as Faiss's shard_ivf_index_centroids makes
// them: fewer, with the numbers of their lists as ids or not; more; none.
#include <doctest/doctest.h>

#include <cstring>

#include "filter/selector_batch.h"
#include "test/exercise.h"
#include "test/random.h"
#include "test/refusal.h"
#include "test/shards.h"
#include "test/throws.h"

namespace voronode::test {

namespace {

using namespace shards;

template <class T>
Bytes with(Bytes bytes, size_t at, T value) {
  std::memcpy(bytes.data() + at, &value, sizeof value);
  return bytes;
}

const IndexIVF& ivf(const Index& index) { return dynamic_cast<const IndexIVF&>(index); }

std::vector<idx_t> found(const Index& index, const float* x, size_t nq, size_t k, size_t nprobe) {
  std::vector<float> distances(nq * k);
  std::vector<idx_t> labels(nq * k);
  SearchParams params;
  params.set(kNprobe, static_cast<double>(nprobe));
  index.search(nq, x, k, params, distances.data(), labels.data());
  return labels;
}

// The list that each row of `index` is in.
std::vector<size_t> places(const IndexIVF& index) {
  std::vector<size_t> out(index.ntotal());
  for (size_t l = 0; l < index.nlist(); ++l) {
    const auto list = index.lists().list(l);
    for (size_t i = 0; i < list.size(); ++i) out[static_cast<size_t>(list.id(i))] = l;
  }
  return out;
}

float distance(const float* x, const float* y) {
  float key;
  distance_kernel(Metric::kL2)(x, 1, y, 1, kD, &key, 1);
  return key;
}

// The k nearest to x among the rows in the nprobe of these lists whose centroids are nearest. No two distances tie.
std::vector<idx_t> expected(const IndexIVF& all, std::vector<idx_t> lists, const float* x, size_t k, size_t nprobe) {
  const std::vector<float> known = centroids();
  const auto centroid = [&](idx_t list) { return known.data() + static_cast<size_t>(list) * kD; };
  std::sort(lists.begin(), lists.end(),
            [&](idx_t a, idx_t b) { return distance(x, centroid(a)) < distance(x, centroid(b)); });
  lists.resize(std::min(nprobe, lists.size()));
  const std::vector<size_t> place = places(all);
  std::vector<std::pair<float, idx_t>> near;
  for (size_t i = 0; i < all.ntotal(); ++i) {
    if (std::find(lists.begin(), lists.end(), static_cast<idx_t>(place[i])) == lists.end()) continue;
    std::vector<float> row(kD);
    all.reconstruct(static_cast<idx_t>(i), row.data());
    near.emplace_back(distance(x, row.data()), static_cast<idx_t>(i));
  }
  std::sort(near.begin(), near.end());
  std::vector<idx_t> labels(k, -1);
  for (size_t i = 0; i < std::min(k, near.size()); ++i) labels[i] = near[i].second;
  return labels;
}

}  // namespace

TEST_CASE("a shard is searched in the lists whose centroids it has, and saved as it was") {
  const std::vector<float> queries = Random(7).vectors(40, kD);
  for (const Kind kind : {Kind::kFlat, Kind::kBytes, Kind::kHalves}) {
    const auto all = whole(kind);
    for (const bool with_ids : {false, true}) {
      CAPTURE(with_ids);
      const std::vector<idx_t> lists = with_ids ? std::vector<idx_t>{5, 2, 6} : std::vector<idx_t>{0, 1, 2};
      const Bytes bytes = shard(*all, lists, with_ids);
      const auto index = read(bytes);
      CHECK(index->is_trained());
      CHECK(index->ntotal() == kRows);
      for (const size_t nprobe : {1, 2, 3, 4, 7, 1000}) {
        CAPTURE(nprobe);
        const auto batch = found(*index, queries.data(), 40, 5, nprobe);
        for (size_t q = 0; q < 40; ++q) {
          const auto labels = expected(*all, lists, queries.data() + q * kD, 5, nprobe);
          CHECK(std::equal(labels.begin(), labels.end(), batch.begin() + static_cast<std::ptrdiff_t>(5 * q)));
          CHECK(found(*index, queries.data() + q * kD, 1, 5, nprobe) == labels);
        }
      }
      CHECK(serialize_index(*index, nullptr) == bytes);
      exercise(*index);
    }
  }
}

TEST_CASE("a filter does not find in a shard what its searches do not reach") {
  for (const Kind kind : {Kind::kFlat, Kind::kBytes}) {
    const auto all = whole(kind);
    const auto index = read(shard(*all, {5, 2, 6}, true));
    const std::vector<size_t> place = places(*all);
    const std::vector<float> queries = some_rows(2);
    for (idx_t id = 0; id < static_cast<idx_t>(kRows); ++id) {
      const IDSelectorBatch only(1, &id);
      SearchParams params;
      params.filter = &only;
      params.set(kNprobe, kNprobe.max);
      float distances[2];
      idx_t labels[2];
      index->search(2, queries.data(), 1, params, distances, labels);
      const size_t list = place[static_cast<size_t>(id)];
      const idx_t expected_label = list == 5 || list == 2 || list == 6 ? id : -1;
      CHECK(labels[0] == expected_label);
      CHECK(labels[1] == expected_label);
    }
  }
}

TEST_CASE("rows of a list without a centroid are kept; coded relative to it they cannot be decoded") {
  for (const Kind kind : {Kind::kFlat, Kind::kBytes, Kind::kHalves}) {
    const auto all = whole(kind);
    const auto index = read(shard(*all, {5, 2, 6}, true));
    const std::vector<size_t> place = places(*all);
    size_t lost = 0;
    for (size_t i = 0; i < kRows; ++i) {
      const auto id = static_cast<idx_t>(i);
      std::vector<float> row(kD), original(kD);
      CHECK(index->has(id));
      all->reconstruct(id, original.data());
      if (kind == Kind::kFlat || place[i] == 5 || place[i] == 2 || place[i] == 6) {
        index->reconstruct(id, row.data());
        CHECK(row == original);
      } else {
        ++lost;
        check_throws(Code::kUnsupported,
                     "relative to the centroid of list " + std::to_string(place[i]) + ", which this " + index->kind(),
                     [&] { index->reconstruct(id, row.data()); });
      }
    }
    CHECK((lost > 0) == (kind != Kind::kFlat));
    CHECK(index->remove_ids(IDSelectorRange(0, 100), nullptr) == 100);
    index->reset();
    CHECK(index->ntotal() == 0);
    CHECK(index->is_trained());
  }
}

TEST_CASE("what is added to a shard goes to the nearest of its centroids, few vectors or many") {
  for (const Kind kind : {Kind::kFlat, Kind::kBytes, Kind::kHalves}) {
    for (const bool with_ids : {false, true}) {
      const std::vector<idx_t> lists = with_ids ? std::vector<idx_t>{5, 2, 6} : std::vector<idx_t>{0, 1, 2};
      const Bytes bytes = shard(*whole(kind, 0), lists, with_ids);
      const auto index = read(bytes);
      const auto one_by_one = read(bytes);
      const std::vector<float> x = some_rows(), known = centroids();
      index->add(kRows, x.data(), nullptr);
      for (size_t i = 0; i < kRows; ++i) one_by_one->add(1, x.data() + i * kD, nullptr);
      CHECK(serialize_index(*index, nullptr) == serialize_index(*one_by_one, nullptr));
      const std::vector<size_t> place = places(ivf(*index));
      for (size_t i = 0; i < kRows; ++i) {
        const idx_t nearest = *std::min_element(lists.begin(), lists.end(), [&](idx_t a, idx_t b) {
          const auto to = [&](idx_t l) { return distance(x.data() + i * kD, &known[static_cast<size_t>(l) * kD]); };
          return to(a) < to(b);
        });
        CHECK(static_cast<idx_t>(place[i]) == nearest);
        std::vector<float> row(kD);
        index->reconstruct(static_cast<idx_t>(i), row.data());
        // Differences from farther centroids than those of the training leave the ranges of bytes.
        CHECK(distance(row.data(), x.data() + i * kD) < (kind == Kind::kBytes ? 1.0f : 0.01f));
        CHECK(found(*index, row.data(), 1, 1, kLists)[0] == static_cast<idx_t>(i));
      }
    }
  }
}

TEST_CASE("equal centroids: the first one takes the vectors, few or many, as it is found") {
  auto map = std::make_shared<IndexIDMap>(flat_of({}), true);
  const std::vector<float> twice(2 * kD, 1.0f);
  const std::vector<idx_t> lists = {4, 3};
  map->add_with_ids(2, twice.data(), lists.data(), nullptr);
  const Bytes bytes = exchanged(serialize_index(*whole(Kind::kFlat, 0), nullptr), *map);
  for (const size_t n : {1, 63, 64, 200}) {
    const auto index = read(bytes);
    index->add(n, some_rows(n).data(), nullptr);
    CHECK(ivf(*index).list_size(4) == n);
    CHECK(found(*index, some_rows(1).data(), 1, 1, 1)[0] == 0);
  }
}

TEST_CASE("more centroids than lists: a list that is not there is refused when it comes up, and nothing is added") {
  for (const bool with_ids : {false, true}) {
    const std::vector<idx_t> lists =
        with_ids ? std::vector<idx_t>{2, 9, 5} : std::vector<idx_t>{0, 1, 2, 3, 4, 5, 6, 7};
    const idx_t beyond = with_ids ? 9 : 7;
    const Bytes bytes = shard(*whole(Kind::kFlat), lists, with_ids);
    const auto index = read(bytes);
    CHECK(serialize_index(*index, nullptr) == bytes);
    const std::vector<float> known = centroids();
    CHECK(found(*index, &known[2 * kD], 1, 1, 1)[0] >= 0);
    std::vector<float> far(100 * kD);
    for (size_t i = 0; i < far.size(); ++i) far[i] = 50;
    const std::string message = "There is no list " + std::to_string(beyond) + ", whose centroid is among the nearest";
    check_throws(Code::kUnsupported, message, [&] { found(*index, far.data(), 1, 1, 1); });
    check_throws(Code::kUnsupported, message, [&] { found(*index, far.data(), 100, 1, 1); });
    if (with_ids) check_throws(Code::kUnsupported, message, [&] { found(*index, &known[2 * kD], 1, 1, 7); });
    RangeResult result;
    check_throws(Code::kUnsupported, message, [&] { index->range_search(1, far.data(), 1, {}, &result); });
    for (const size_t n : {1, 100}) {
      check_throws(Code::kUnsupported, message, [&] { index->add(n, far.data(), nullptr); });
    }
    CHECK(serialize_index(*index, nullptr) == bytes);
    exercise(*index);
  }
}

TEST_CASE("an index that is not trained may have any centroids, and is saved as not trained") {
  for (const Kind kind : {Kind::kFlat, Kind::kHalves}) {
    for (const std::vector<idx_t>& lists :
         {std::vector<idx_t>{}, {0, 1, 2}, {0, 1, 2, 3, 4, 5, 6}, {0, 1, 2, 3, 4, 5, 6, 7}}) {
      for (const bool with_ids : {false, true}) {
        CAPTURE(lists.size());
        CAPTURE(with_ids);
        const Bytes bytes = with(shard(*whole(kind, 0), lists, with_ids), kTrained, uint8_t{0});
        const auto index = read(bytes);
        CHECK(!index->is_trained());
        const std::vector<float> x = some_rows();
        check_throws(Code::kNotTrained, "is not trained", [&] { found(*index, x.data(), 1, 1, 1); });
        check_throws(Code::kNotTrained, "is not trained", [&] { index->add(1, x.data(), nullptr); });
        CHECK(serialize_index(*index, nullptr) == bytes);
        exercise(*index);
        const bool complete = lists.size() == kLists;
        if (with_ids && !complete) {
          check_throws(Code::kUnsupported, "it cannot be trained anew",
                       [&] { index->train(kRows, x.data(), nullptr); });
          CHECK(serialize_index(*index, nullptr) == bytes);
          continue;
        }
        index->train(kRows, x.data(), nullptr);
        CHECK(index->is_trained());
        CHECK((ivf(*index).coarse_quantizer().centroids() == centroids()) == complete);
        CHECK(ivf(*index).quantizer()->ntotal() == kLists);
        index->add(kRows, x.data(), nullptr);
        CHECK(found(*index, x.data(), 1, 1, kLists)[0] == 0);
      }
    }
  }
}

TEST_CASE("a trained shard can be trained anew while it is empty and no ids say what its centroids are of") {
  const std::vector<float> x = some_rows();
  const auto filled = read(shard(*whole(Kind::kBytes), {0, 1, 2}, false));
  check_throws(Code::kUnsupported, "call reset() before", [&] { filled->train(kRows, x.data(), nullptr); });
  filled->reset();
  filled->train(kRows, x.data(), nullptr);
  CHECK(filled->is_trained());
  CHECK(ivf(*filled).quantizer()->ntotal() == kLists);
  const auto mapped = read(shard(*whole(Kind::kBytes, 0), {5, 2, 6}, true));
  check_throws(Code::kUnsupported, "Ids say which lists the 3 centroids",
               [&] { mapped->train(kRows, x.data(), nullptr); });
  // With a centroid for each list there is only the code to learn.
  const auto permuted = read(shard(*whole(Kind::kBytes, 0), {6, 5, 4, 3, 2, 1, 0}, true));
  const Bytes before = serialize_index(*permuted, nullptr);
  permuted->train(kRows, x.data(), nullptr);
  CHECK(serialize_index(*permuted, nullptr) == before);
}

TEST_CASE("a trained index without any centroid finds nothing and takes nothing") {
  for (const bool with_ids : {false, true}) {
    for (const size_t rows : {size_t{0}, kRows}) {
      const Bytes bytes = shard(*whole(Kind::kFlat, rows), {}, with_ids);
      const auto index = read(bytes);
      CHECK(index->is_trained());
      CHECK(index->ntotal() == rows);
      const std::vector<float> x = some_rows();
      for (const size_t nq : {1, 30}) CHECK(found(*index, x.data(), nq, 2, 9) == std::vector<idx_t>(2 * nq, -1));
      RangeResult result;
      index->range_search(2, x.data(), 1e9f, {}, &result);
      CHECK(result.labels.empty());
      for (const size_t n : {1, 100}) {
        check_throws(Code::kNotTrained, "has no centroids", [&] { index->add(n, x.data(), nullptr); });
      }
      CHECK(serialize_index(*index, nullptr) == bytes);
      exercise(*index);
    }
  }
}

TEST_CASE("shards merge if they have the same centroids of the same lists") {
  const std::vector<idx_t> lists = {5, 2, 6};
  const auto one = read(shard(*whole(Kind::kFlat, 30), lists, true));
  const auto same = read(shard(*whole(Kind::kFlat, 50), lists, true));
  one->merge_from(*same, 30, nullptr);
  CHECK(one->ntotal() == 80);
  CHECK(same->ntotal() == 0);
  exercise(*one);
  const auto refuse = [&](const std::shared_ptr<Index>& other) {
    check_throws(Code::kUnsupported, "the same centroids", [&] { one->merge_from(*other, 80, nullptr); });
  };
  refuse(whole(Kind::kFlat));
  refuse(read(shard(*whole(Kind::kFlat), {5, 2}, true)));
  const std::vector<idx_t> others = {4, 2, 6};
  auto renamed = std::make_shared<IndexIDMap>(flat_of({}), true);
  renamed->add_with_ids(3, ivf(*one).coarse_quantizer().centroids().data(), others.data(), nullptr);
  refuse(read(exchanged(serialize_index(*whole(Kind::kFlat), nullptr), *renamed)));
  // Without centroids, and so with nothing to choose the centre of the sketches from.
  const auto none = read(shard(*whole(Kind::kFlat, 0), {}, false));
  none->merge_from(*read(shard(*whole(Kind::kFlat), {}, false)), 0, nullptr);
  CHECK(none->ntotal() == kRows);
  exercise(*none);
}

TEST_CASE("lists that are not in the file: none if there are no vectors") {
  const Bytes whole_bytes = serialize_index(*whole(Kind::kFlat, 0), nullptr);
  const auto without = [](const Bytes& bytes) {
    const uint8_t tag[] = {'i', 'l', 'a', 'r'};
    const auto at = std::search(bytes.begin(), bytes.end(), tag, tag + 4);
    Bytes out(bytes.begin(), at);
    for (const char letter : {'i', 'l', '0', '0'}) out.push_back(static_cast<uint8_t>(letter));
    return out;
  };
  for (const std::vector<idx_t>& lists : {std::vector<idx_t>{}, {0, 1, 2}, {0, 1, 2, 3, 4, 5, 6, 7}}) {
    const Bytes bytes = exchanged(whole_bytes, *quantizer_of(lists, false));
    const auto index = read(without(bytes));
    CHECK(serialize_index(*index, nullptr) == bytes);
    exercise(*index);
  }
  const Bytes filled = without(serialize_index(*whole(Kind::kFlat), nullptr));
  CHECK(refusal(Code::kUnsupported, filled).find("the lists of 210 vectors are not in the file (tag \"il00\")") !=
        std::string::npos);
}

TEST_CASE("ids of centroids that are not the numbers of lists are refused") {
  const Bytes bytes = serialize_index(*whole(Kind::kFlat), nullptr);
  const auto refused = [&](const std::vector<idx_t>& ids, Code code) {
    auto map = std::make_shared<IndexIDMap>(flat_of({}), true);
    const std::vector<idx_t> one_behind_the_other = {1, 2, 3};
    map->add_with_ids(3, centroids().data(), one_behind_the_other.data(), nullptr);
    Bytes changed = exchanged(bytes, *map);
    const size_t at = kQuantizer + serialize_index(*map, nullptr).size() - 3 * sizeof(idx_t);
    std::memcpy(changed.data() + at, ids.data(), 3 * sizeof(idx_t));
    return refusal(code, changed);
  };
  const std::string section = "index in '<buffer>', section IwFl.quantizer, byte ";
  const size_t at = kQuantizer + 4 + 33 + 4 + 33 + 8 + 3 * kD * 4 + 8;
  CHECK(refused({1, -5, 3}, Code::kCorrupt) ==
        "Corrupt " + section + std::to_string(at + 8) + ": expected the number of a list, found -5");
  CHECK(refused({3, 1, 3}, Code::kCorrupt) ==
        "Corrupt " + section + std::to_string(at + 16) + ": expected each list once, found 3 again");
  CHECK(refused({3, 1, -1}, Code::kUnsupported).find("the id -1 of row 2") != std::string::npos);
  CHECK(refused({INT64_MAX, 1, INT64_MIN}, Code::kCorrupt).find("found -9223372036854775808") != std::string::npos);
  CHECK(refused({INT64_MAX, INT64_MAX, 7}, Code::kCorrupt) == "no error");
}

TEST_CASE("a quantizer of another kind is refused, in a map too") {
  const Bytes bytes = serialize_index(*whole(Kind::kFlat), nullptr);
  const auto inner = std::make_shared<IndexIVFFlat>(flat_of(centroids()), kLists, Metric::kL2);
  CHECK(refusal(Code::kUnsupported, exchanged(bytes, IndexIDMap(inner, true)))
            .find("an IndexIVFFlat as the quantizer of an IVF index") != std::string::npos);
  Bytes many = shard(*whole(Kind::kFlat, 0), {5, 2}, true);
  const uint64_t lists = (uint64_t{1} << 20) + 1;
  CHECK(
      refusal(Code::kUnsupported, with(many, 37, lists)) ==
      "Unsupported index in '<buffer>', section IwFl.nlist, byte 37: 1048577 lists of 2 centroids; this version takes "
      "at most 1048576 lists unless there are as many centroids");
}

}  // namespace voronode::test
