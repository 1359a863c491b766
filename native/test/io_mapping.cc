// Files that are mapped against the same ones that are read: the same answers and bytes, whatever is done; and what becomes of
// an index whose file is changed.
#include <doctest/doctest.h>
#include <sys/stat.h>

#include <functional>
#include <numeric>
#include <set>

#include "filter/selector_batch.h"
#include "index/flat.h"
#include "index/id_map.h"
#include "index/key_map.h"
#include "ivf/ivf_flat.h"
#include "test/exercise.h"
#include "test/keys.h"
#include "test/mapped.h"
#include "test/reference.h"
#include "test/throws.h"

namespace voronode::test {
namespace {

// Kinds whose rows stay in their files, alone and inside others.
constexpr const char* kMappedKinds[] = {"Flat",
                                        "IDMap,Flat",
                                        "IDMap2,Flat",
                                        "L2norm,Flat",
                                        "IDMap,L2norm,Flat",
                                        "PCA8,Flat",
                                        "SQ8",
                                        "SQ6",
                                        "SQ4",
                                        "SQfp16",
                                        "SQbf16",
                                        "IDMap2,SQ8",
                                        "IDMap,SQfp16",
                                        "SQ8,RFlat",
                                        "IDMap,SQ8,RFlat",
                                        "Flat,RFlat",
                                        "IVF8,Flat",
                                        "IVF200,Flat",
                                        "IDMap,IVF8,Flat",
                                        "IVF8,SQ8",
                                        "IDMap2,IVF8,SQfp16",
                                        "PCA8,IVF8,SQ4",
                                        "IVF8,Flat,RFlat",
                                        "IDMap2,IVF8,SQ8,RFlat",
                                        "SQ4,Refine(SQfp16)"};
RangeResult in_range(const Index& index, size_t nq, const float* xq, float radius, const SearchParams& params) {
  RangeResult result;
  index.range_search(nq, xq, radius, params, &result);
  return result;
}

bool same_search(const Both& both, const SearchParams& params, Random& random) {
  const std::vector<float> xq = random.vectors(40, both.read->d());
  for (const size_t nq : {size_t{1}, size_t{3}, size_t{40}}) {
    for (const size_t k : {size_t{1}, size_t{10}, both.read->ntotal() + 2}) {
      if (nq * k > 10'000) continue;
      if (!(search(*both.mapped, nq, xq.data(), k, params) == search(*both.read, nq, xq.data(), k, params)))
        return false;
    }
  }
  const Answer some = search(*both.read, 1, xq.data(), 5, params);
  return same(in_range(*both.mapped, 6, xq.data(), some.distances[4], params),
              in_range(*both.read, 6, xq.data(), some.distances[4], params));
}

bool same_vectors(const Both& both) {
  const std::vector<idx_t> ids = both.read->row_ids();
  if (both.mapped->row_ids() != ids) return false;
  for (size_t i = 0; i < ids.size(); i += 1 + ids.size() / 300) {
    std::vector<float> a(both.read->d()), b(both.read->d());
    both.read->reconstruct(ids[i], a.data());
    both.mapped->reconstruct(ids[i], b.data());
    if (!same(a, b)) return false;
  }
  return true;
}

void check_same(const Both& both, Random& random) {
  CHECK(both.mapped->ntotal() == both.read->ntotal());
  CHECK(serialize_index(*both.mapped, nullptr) == serialize_index(*both.read, nullptr));
  if (!both.read->is_trained()) return;
  if (ivf_in(*both.read) != nullptr &&
      (ivf_in(*both.read)->coarse_quantizer().exceeds() || reachable(*both.read) < both.read->ntotal())) {
    return;  // searches are refused
  }
  SearchParams params;
  CHECK(same_search(both, params, random));
  if (dynamic_cast<const IndexKeyMap*>(both.read.get()) != nullptr) return;  // its ids are its own
  const std::vector<idx_t> ids = both.read->row_ids();
  std::vector<idx_t> some;
  for (const idx_t id : ids) {
    if (random.one_in(3)) some.push_back(id);
  }
  const IDSelectorBatch batch(some.size(), some.data());
  params.filter = &batch;
  CHECK(same_search(both, params, random));
  const IDSelectorRange range(10, 200);
  params.filter = &range;
  CHECK(same_search(both, params, random));
  bool transforms = false;
  for (const Index* at = both.read.get(); at != nullptr; at = at->inner().get()) {
    transforms |= std::string(at->kind()) == "IndexPreTransform";
  }
  if (!transforms) CHECK(same_vectors(both));
}

void for_both(const Both& both, const std::function<void(Index&)>& change) {
  change(*both.mapped);
  change(*both.read);
}

void check_same_after_changes(const Both& both, Random& random) {
  const size_t d = both.read->d();
  const std::vector<float> x = random.vectors(900, d);
  const bool ids = takes_ids(*both.read);
  std::vector<idx_t> new_ids(900);
  std::iota(new_ids.begin(), new_ids.end(), idx_t{1'000'000});
  const auto add = [&](size_t first, size_t n) {
    for_both(both, [&](Index& index) {
      if (ids) return index.add_with_ids(n, x.data() + first * d, new_ids.data() + first, nullptr);
      index.add(n, x.data() + first * d, nullptr);
    });
    check_same(both, random);
  };
  const auto remove = [&](idx_t first, idx_t last) {
    for_both(both, [&](Index& index) { index.remove_ids(IDSelectorRange(first, last), nullptr); });
    check_same(both, random);
  };
  add(0, 5);
  add(5, 700);
  remove(100, 900);
  if (ids) {
    std::vector<idx_t> replaced = {8, 11, 14, 1'000'002, 77};
    for_both(both, [&](Index& index) {
      index.upsert({replaced.size(), x.data(), replaced.data()}, Index::Missing::kAdd, nullptr);
    });
    check_same(both, random);
  }
  if (both.read->moves_rows() && both.read->removed() > 0) {
    for_both(both, [](Index& index) { index.compact_some(5'000); });
    check_same(both, random);
  }
  for_both(both, [](Index& index) { index.compact(); });
  check_same(both, random);
  add(705, 100);
  remove(0, 3'000);
  for_both(both, [](Index& index) { index.compact(); });
  check_same(both, random);
  for_both(both, [](Index& index) { index.reset(); });
  CHECK(both.mapped->memory_use().mapped == 0);
  add(0, 700);
}

}  // namespace

TEST_CASE("mapping: golden files give what they give when they are read") {
  const TemporaryFolder folder;
  Random random(81);
  for (const Golden& file : golden_files()) {
    if (file.refused()) continue;
    CAPTURE(file.name);
    const Both both = open_both(folder / "index", file.bytes);
    check_same(both, random);
    exercise(*both.mapped);
    CHECK(read_all(folder / "index") == file.bytes);
  }
}

TEST_CASE("mapping: rows that stay in their file give what they give when they are read, whatever is changed") {
  const TemporaryFolder folder;
  for (const char* kind : kMappedKinds) {
    for (const Metric metric : {Metric::kL2, Metric::kInnerProduct}) {
      CAPTURE(kind);
      Random random(82);
      const Bytes bytes = serialize_index(*filled(kind, metric, kRows, 83), nullptr);
      const Both both = open_both(folder / "index", bytes);
      REQUIRE(both.mapped->memory_use().mapped > 0);
      CHECK(both.read->memory_use().mapped == 0);
      CHECK(both.mapped->backing() != nullptr);
      CHECK(both.mapped->allocated_bytes() < both.read->allocated_bytes());
      check_same(both, random);
      check_same_after_changes(both, random);
      CHECK(read_all(folder / "index") == bytes);
    }
  }
}

TEST_CASE("mapping: what is read whole, as lists of the oldest files are, does not depend on its file any more") {
  const TemporaryFolder folder;
  Random random(84);
  std::set<std::string> kinds;
  for (const Golden& file : golden_files()) {
    if (file.refused()) continue;
    CAPTURE(file.name);
    const Both both = open_both(folder / "index", file.bytes);
    if (both.mapped->memory_use().mapped > 0) continue;
    CHECK(both.mapped->backing() == nullptr);
    CHECK(both.mapped->allocated_bytes() == both.read->allocated_bytes());  // with the sketches of the centroids
    write_all(folder / "index", {});
    check_same(both, random);
    if (both.read->ntotal() > 0) kinds.insert(both.read->kind());
  }
  CHECK(kinds.size() >= 2);
}

TEST_CASE("mapping: indexes smaller than a block, of one component, and empty ones") {
  const TemporaryFolder folder;
  Random random(86);
  for (const size_t d : {size_t{1}, size_t{3}, size_t{2'000}}) {
    const BlockShape shape(d, sizeof(float));
    for (const size_t n : {size_t{0}, size_t{1}, shape.base - 1, shape.base, shape.base + 1, 2 * shape.base + 17}) {
      CAPTURE(d);
      CAPTURE(n);
      IndexFlat flat(d, Metric::kL2);
      const std::vector<float> x = random.vectors(n, d);
      flat.add(n, x.data(), nullptr);
      const Both both = open_both(folder / "index", serialize_index(flat, nullptr));
      check_same(both, random);
      for_both(both, [&](Index& index) { index.add(1, std::vector<float>(d, 0.5f).data(), nullptr); });
      check_same(both, random);
    }
  }
}

TEST_CASE("mapping: a map of keys") {
  const TemporaryFolder folder;
  Random random(87);
  IndexKeyMap map(index_factory(kD, "Flat", Metric::kL2));
  std::vector<std::string> keys;
  for (size_t i = 0; i < kRows; ++i) keys.push_back(key_of_number(i));
  const std::vector<float> x = random.vectors(kRows, kD);
  map.add_with_keys({x.data(), views(keys)}, nullptr);
  const Both both = open_both(folder / "index", serialize_index(map, nullptr));
  CHECK(both.mapped->memory_use().mapped > 0);
  check_same(both, random);
  exercise(*both.mapped);
}

namespace {

void check_changed_files(const char* kind) {
  const TemporaryFolder folder;
  const std::string path = folder / "index";
  const Bytes bytes = serialize_index(*filled(kind, Metric::kL2, kRows, 92), nullptr);
  const auto other = filled(kind, Metric::kL2, 10, 93);
  const auto corrupt = [&](const std::function<void()>& change) {
    const Both both = open_both(path, bytes);
    change();
    for (int again = 0; again < 2; ++again) {
      check_throws(Code::kCorrupt, "was changed while it was mapped", [&] { both.mapped->check_backing(); });
      check_throws(Code::kCorrupt, "was changed while it was mapped", [&] { both.mapped->inner()->check_backing(); });
    }
    // Never a signal, and nothing is saved.
    Random random(94);
    search(*both.mapped, 2, random.vectors(2, kD).data(), 5);
    std::vector<float> x(kD);
    both.mapped->look_up(5, x.data());
    both.mapped->remove_ids(IDSelectorRange(0, 3'000), nullptr);
    both.mapped->compact();
    const Bytes good = {'g', 'o', 'o', 'd'};
    write_all(folder / "good", good);
    CHECK_THROWS_AS(write_index(*both.mapped, folder / "good", nullptr), Error);
    CHECK(read_all(folder / "good") == good);
    CHECK(folder.entries() == 2);
  };
  corrupt([&] { std::filesystem::resize_file(path, 4'096); });
  corrupt([&] { std::filesystem::resize_file(path, 0); });
  corrupt([&] { std::filesystem::resize_file(path, bytes.size() - 1); });
  corrupt([&] { std::filesystem::resize_file(path, bytes.size() + 1); });
  corrupt([&] {
    std::filesystem::resize_file(path, 0);
    std::filesystem::resize_file(path, bytes.size());
  });
  corrupt([&] { write_all(path, bytes); });
  corrupt([&] { write_index(*other, path, nullptr, {Saving::kInPlace}); });

  Random random(95);
  const auto fine = [&](const std::function<void()>& change) {
    const Both both = open_both(path, bytes);
    change();
    CHECK_NOTHROW(both.mapped->check_backing());
    check_same(both, random);
  };
  fine([] {});
  fine([&] { std::filesystem::remove(path); });
  fine([&] { write_index(*other, path, nullptr); });
  fine([&] { std::filesystem::rename(path, folder / "moved"); });
  fine([&] { chmod(path.c_str(), 0400); });
}

}  // namespace

TEST_CASE("mapping: a file that is cut, extended or overwritten is no index any more, one that is replaced still is") {
  for (const char* kind : {"IDMap,Flat", "IDMap,IVF8,Flat"}) check_changed_files(kind);
}

TEST_CASE("mapping: an index is saved into its own file by replacing it only") {
  const TemporaryFolder folder;
  const std::string path = folder / "index";
  const Bytes bytes = serialize_index(*filled("IDMap,SQ8,RFlat", Metric::kL2, kRows, 96), nullptr);
  const Both both = open_both(path, bytes);
  std::filesystem::create_hard_link(path, folder / "linked");
  for (const std::string& name : {path, folder / "linked"}) {
    check_throws(Code::kUnsupported, "which is mapped",
                 [&] { write_index(*both.mapped, name, nullptr, {Saving::kInPlace}); });
    check_throws(Code::kUnsupported, "which is mapped",
                 [&] { write_index(*both.mapped->inner(), name, nullptr, {Saving::kInPlace}); });
  }
  CHECK(read_all(path) == bytes);
  write_index(*both.mapped, folder / "other", nullptr, {Saving::kInPlace});
  CHECK(read_all(folder / "other") == bytes);
  write_index(*both.mapped, path, nullptr);
  CHECK(read_all(path) == bytes);
  CHECK_NOTHROW(both.mapped->check_backing());
}

TEST_CASE("mapping: an index around a mapped one, and an IVF with mapped centroids, know of the file") {
  const TemporaryFolder folder;
  const std::string path = folder / "index";
  const Both both = open_both(path, serialize_index(*filled("Flat", Metric::kL2, kRows, 97), nullptr));
  const auto quantizer = map_index(path, false, nullptr);
  const IndexIVFFlat ivf(quantizer, kRows, Metric::kL2);
  CHECK_NOTHROW(ivf.check_backing());
  std::filesystem::resize_file(path, 100);
  CHECK_THROWS_AS(ivf.check_backing(), Error);
}

TEST_CASE("mapping: vectors merge into a mapped index, not out of it") {
  const TemporaryFolder folder;
  Random random(98);
  const Both both = open_both(folder / "index", serialize_index(*filled("Flat", Metric::kL2, kRows, 99), nullptr));
  const auto other = filled("Flat", Metric::kL2, 50, 100);
  check_throws(Code::kUnsupported, "lie in a file that is mapped",
               [&] { other->merge_from(*both.mapped, 0, nullptr); });
  CHECK(other->ntotal() == 50);
  const auto copy = filled("Flat", Metric::kL2, 50, 100);
  both.mapped->merge_from(*other, 0, nullptr);
  both.read->merge_from(*copy, 0, nullptr);
  check_same(both, random);
}

}  // namespace voronode::test
