// Every operation of an IndexIVFFlat with every one of its allocations failing, once or from then on: it fails with the
// proper error or works, the index is as it was or as it should be, nothing leaks. And how much memory it takes.
#include <doctest/doctest.h>

#include <functional>

#include "index/flat.h"
#include "ivf/ivf_flat.h"
#include "test/allocations.h"
#include "test/failing_calls.h"
#include "test/ivf_model.h"
#include "test/random.h"
#include "test/threads.h"

namespace voronode::test {
namespace {

constexpr size_t kD = 32;
constexpr size_t kLists = 4;
constexpr size_t kRows = 900;

const std::vector<float>& vectors() {
  static const std::vector<float> x = Random(61).vectors(3 * kRows, kD);
  return x;
}

std::unique_ptr<IndexIVFFlat> make(bool trained) {
  auto quantizer = std::make_shared<IndexFlat>(kD, Metric::kL2);
  if (trained) quantizer->add(kLists, vectors().data(), nullptr);
  auto index = std::make_unique<IndexIVFFlat>(quantizer, kLists, Metric::kL2);
  index->set_nprobe(kLists);
  return index;
}

using IvfStep = std::function<void(IndexIVFFlat&)>;

void check_each(const IvfStep& prepare, const IvfStep& call, bool trained = true) {
  const Threads restored(3);
  const auto ready = [&] {
    auto index = make(trained);
    prepare(*index);
    return index;
  };
  check_failures(ready, [&](Index& index) { call(dynamic_cast<IndexIVFFlat&>(index)); });
}

void fill(IndexIVFFlat& index) { index.add(kRows, vectors().data(), nullptr); }
void leave(IndexIVFFlat&) {}

TEST_CASE("ivf memory: train") {
  check_each(
      leave, [](IndexIVFFlat& index) { index.train(100, vectors().data(), nullptr); }, false);
}

TEST_CASE("ivf memory: add") {
  check_each(leave, fill);
  check_each(fill, [](IndexIVFFlat& index) { index.add(2 * kRows, vectors().data() + kRows * kD, nullptr); });
  check_each(fill, [](IndexIVFFlat& index) {
    const idx_t ids[] = {7, -8};
    index.add_with_ids(2, vectors().data(), ids, nullptr);
  });
}

TEST_CASE("ivf memory: search, small, spread over threads, and with a huge k") {
  struct Size {
    size_t nq, k, nprobe;
  };
  for (const Size size : {Size{1, 5, 2}, Size{40, 10, kLists}, Size{2, kRows, kLists}}) {
    check_each(fill, [&](IndexIVFFlat& index) {
      SearchParams params;
      params.set(kNprobe, static_cast<double>(size.nprobe));
      search(index, size.nq, vectors().data(), size.k, params);
    });
  }
}

TEST_CASE("ivf memory: range search") {
  check_each(fill, [](IndexIVFFlat& index) {
    RangeResult result;
    index.range_search(20, vectors().data(), 12.0f, {}, &result);
    if (result.labels.size() < 20) throw std::logic_error("the radius finds too little");
  });
}

TEST_CASE("ivf memory: remove_ids, reconstruct, merge_from") {
  check_each(fill, [](IndexIVFFlat& index) { index.remove_ids(IDSelectorRange(100, 300), nullptr); });
  check_each(fill, [](IndexIVFFlat& index) {
    std::vector<float> x(kD);
    for (size_t i = 0; i < 40; ++i) index.reconstruct(static_cast<idx_t>(i), x.data());
  });
  check_each(fill, [](IndexIVFFlat& index) {
    const auto other = make(true);
    other->add(kRows, vectors().data() + kRows * kD, nullptr);
    index.merge_from(*other, kRows, nullptr);
  });
}

TEST_CASE("ivf memory: upsert, and compacting") {
  const auto upsert = [](IndexIVFFlat& index) {
    std::vector<idx_t> ids(200);
    for (size_t i = 0; i < ids.size(); ++i) ids[i] = static_cast<idx_t>(i % 2 == 0 ? i : 10'000 + i);
    index.upsert({ids.size(), vectors().data() + kRows * kD, ids.data()}, Index::Missing::kAdd, nullptr);
  };
  check_each(fill, upsert);
  check_each(
      [&](IndexIVFFlat& index) {
        fill(index);
        std::vector<float> x(kD);
        for (idx_t id = 0; id < 40; ++id) index.reconstruct(id, x.data());  // makes the table of ids
      },
      upsert);
  check_each(
      [](IndexIVFFlat& index) {
        fill(index);
        index.remove_ids(IDSelectorRange(0, 10), nullptr);
      },
      [](IndexIVFFlat& index) { index.compact(); });
}

TEST_CASE("ivf memory: what cannot fail allocates nothing") {
  const auto index = make(true);
  fill(*index);
  std::vector<size_t> rows(kRows / 3);
  for (size_t i = 0; i < rows.size(); ++i) rows[i] = 3 * i;
  {
    const FailingAllocations failing(1, true);
    index->remove_rows(rows);
  }
  CHECK(index->ntotal() == kRows - rows.size());
  CHECK(index->numbered_by_position());
  {
    const FailingAllocations failing(1, true);
    index->reset();
    CHECK(!failing.struck());
  }
  CHECK(index->ntotal() == 0);
}

TEST_CASE("ivf memory: a big index takes little more than its vectors and their sketches") {
  constexpr size_t kWide = 128, kMany = 40'000, kCells = 40;
  const auto x = Random(62).vectors(kMany, kWide);
  auto quantizer = std::make_shared<IndexFlat>(kWide, Metric::kL2);
  quantizer->add(kCells, x.data(), nullptr);
  const size_t before = live_bytes();
  IndexIVFFlat index(quantizer, kCells, Metric::kL2);
  index.add(kMany, x.data(), nullptr);
  CHECK(static_cast<double>(live_bytes() - before) < 1.35 * kMany * kWide * sizeof(float));
}

}  // namespace
}  // namespace voronode::test
