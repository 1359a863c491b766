// Merging: every kind and wrapper, with what follows a merge, and refusals that move nothing.
#include <doctest/doctest.h>

#include <limits>

#include "base/error.h"
#include "factory/factory.h"
#include "filter/selector_batch.h"
#include "index/flat.h"
#include "index/id_map.h"
#include "index/refine.h"
#include "test/random.h"
#include "test/throws.h"

namespace voronode::test {
namespace {

constexpr size_t kD = 8;

struct Answer {
  std::vector<float> distances;
  std::vector<idx_t> labels;
  bool operator==(const Answer&) const = default;
};

Answer answer(const Index& index, const std::vector<float>& queries, size_t k) {
  const size_t nq = queries.size() / kD;
  Answer out{std::vector<float>(nq * k), std::vector<idx_t>(nq * k)};
  index.search(nq, queries.data(), k, {}, out.distances.data(), out.labels.data());
  return out;
}

// Trained on the same vectors, so that all of a description have equal centroids.
std::shared_ptr<Index> made(const std::string& description) {
  const auto index = index_factory(kD, description, Metric::kL2);
  const std::vector<float> sample = Random(1).vectors(100, kD);
  index->train(100, sample.data(), nullptr);
  return index;
}

void add(Index& index, const std::vector<float>& x, idx_t first_id) {
  const size_t n = x.size() / kD;
  if (!index.maps_ids()) return index.add(n, x.data(), nullptr);
  std::vector<idx_t> ids(n);
  for (size_t i = 0; i < n; ++i) ids[i] = first_id + static_cast<idx_t>(i);
  index.add_with_ids(n, x.data(), ids.data(), nullptr);
}

const char* const kDescriptions[] = {"Flat",           "IDMap,Flat",          "IDMap2,Flat",     "L2norm,Flat",
                                     "Flat,RFlat",     "IDMap,L2norm,Flat",   "IDMap,IVF4,Flat", "L2norm,IVF4,Flat",
                                     "IVF4,SQ8,RFlat", "IDMap,IVF4,SQ8,RFlat"};

}  // namespace

TEST_CASE("merging: an index merged from two answers as one that took all") {
  const std::vector<float> a = Random(2).vectors(300, kD);
  const std::vector<float> b = Random(3).vectors(517, kD);
  const std::vector<float> queries = Random(4).vectors(20, kD);
  for (const std::string description : kDescriptions) {
    CAPTURE(description);
    const auto all = made(description), into = made(description), from = made(description);
    const bool map = all->maps_ids();
    add(*all, a, 1000);
    add(*all, b, 5000 + 7);
    add(*into, a, 1000);
    add(*from, b, 5000);
    const idx_t add_id = map ? 7 : static_cast<idx_t>(into->ntotal());
    into->merge_from(*from, add_id, nullptr);
    CHECK(from->ntotal() == 0);
    CHECK(into->ntotal() == 817);
    CHECK(answer(*into, queries, 30) == answer(*all, queries, 30));

    // What was merged is removed, added to and found like all else; the other index goes on, too.
    const idx_t gone = map ? 5000 + 7 + 100 : 400;
    const idx_t id = gone;
    for (Index* index : {all.get(), into.get()}) CHECK(index->remove_ids(IDSelectorBatch(1, &id), nullptr) == 1);
    add(*all, a, 9000);
    add(*into, a, 9000);
    CHECK(answer(*into, queries, 30) == answer(*all, queries, 30));
    std::vector<float> x(kD), y(kD);
    all->reconstruct(map ? 5010 : 350, x.data());
    into->reconstruct(map ? 5010 : 350, y.data());
    CHECK(x == y);
    add(*from, a, 1);
    CHECK(from->ntotal() == 300);
  }
}

TEST_CASE("merging: what does not fit is refused, nothing moves") {
  const std::vector<float> x = Random(5).vectors(50, kD);
  for (const std::string description : kDescriptions) {
    CAPTURE(description);
    const auto into = made(description), from = made(description);
    add(*into, x, 1);
    add(*from, x, 100);
    const Answer before = answer(*into, x, 3);
    check_throws(Code::kUnsupported, "into itself", [&] { into->merge_from(*into, 0, nullptr); });
    const auto other = made(description == "Flat" ? "IDMap,Flat" : "Flat");
    check_throws(Code::kUnsupported, "same kind", [&] { into->merge_from(*other, 0, nullptr); });
    Cancel cancel;
    cancel.fire();
    CHECK_THROWS_AS(into->merge_from(*from, 0, &cancel), Error);
    if (into->maps_ids()) {
      const idx_t most = std::numeric_limits<idx_t>::max();
      check_throws(Code::kOutOfRange, "addId", [&] { into->merge_from(*from, most, nullptr); });
      check_throws(Code::kOutOfRange, "addId", [&] { into->merge_from(*from, -101, nullptr); });
    } else if (description.find("IVF") == std::string::npos || description.find("RFlat") != std::string::npos) {
      check_throws(Code::kOutOfRange, "must be 0", [&] { into->merge_from(*from, 1, nullptr); });
    }
    CHECK(answer(*into, x, 3) == before);
    CHECK(into->ntotal() == 50);
    CHECK(from->ntotal() == 50);
  }
}

TEST_CASE("merging: wrappers around different things do not merge") {
  const auto flat = index_factory(kD, "L2norm,Flat", Metric::kL2);
  const auto ip = index_factory(kD, "L2norm,Flat", Metric::kInnerProduct);
  check_throws(Code::kUnsupported, "same kind, metric", [&] { flat->merge_from(*ip, 0, nullptr); });
  const auto map = index_factory(kD, "IDMap,Flat", Metric::kL2);
  const auto map_of_lists = made("IDMap,IVF4,Flat");
  check_throws(Code::kUnsupported, "same kind", [&] { map->merge_from(*map_of_lists, 0, nullptr); });
  const auto longer = index_factory(kD + 1, "Flat", Metric::kL2);
  const auto shorter = index_factory(kD, "Flat", Metric::kL2);
  check_throws(Code::kUnsupported, "of d 8", [&] { shorter->merge_from(*longer, 0, nullptr); });
}

TEST_CASE("merging: what the index inside refuses leaves no trace in its wrappers") {
  const std::vector<float> x = Random(6).vectors(64, kD);
  const auto into = made("IDMap,IVF4,SQ8,RFlat"), from = made("IDMap,IVF4,SQ8,RFlat");
  add(*into, x, 1);
  add(*from, x, 100);
  const auto stranger = index_factory(kD, "IDMap,IVF4,SQ8,RFlat", Metric::kL2);
  const std::vector<float> sample = Random(7).vectors(80, kD);
  stranger->train(80, sample.data(), nullptr);
  add(*stranger, x, 500);
  check_throws(Code::kUnsupported, "same", [&] { into->merge_from(*stranger, 0, nullptr); });
  CHECK(into->ntotal() == 64);
  CHECK(stranger->ntotal() == 64);
  add(*into, x, 300);
  CHECK(into->ntotal() == 128);
  std::vector<float> row(kD);
  into->reconstruct(300, row.data());
  CHECK(std::equal(row.begin(), row.end(), x.begin()));
}

}  // namespace voronode::test
