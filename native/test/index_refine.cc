// IndexRefine: the candidates of the base in the order of their float32 distances, to the bit; what is refused.
#include <doctest/doctest.h>

#include "index/id_map.h"
#include "index/pre_transform.h"
#include "index/refine.h"
#include "ivf/ivf_flat.h"
#include "test/coded.h"
#include "test/kinds.h"
#include "test/random.h"
#include "test/reference.h"
#include "test/threads.h"
#include "test/throws.h"

namespace voronode::test {
namespace {

// The candidates that the base names, under their labels (none: the positions), as a naive index. Distances are of the
// vectors x.
Rows candidates(const Index& base, const std::vector<float>& x, const std::vector<idx_t>& ids, const float* query,
                size_t count, const SearchParams& params) {
  const size_t d = base.d();
  Rows rows{base.metric(), d};
  for (const idx_t row : search(base, 1, query, count, params).labels) {
    if (row == -1) break;
    const float* const y = x.data() + static_cast<size_t>(row) * d;
    rows.x.insert(rows.x.end(), y, y + d);
    rows.ids.push_back(ids.empty() ? row : ids[static_cast<size_t>(row)]);
  }
  return rows;
}

// Members by position, of a filter by id.
class ByPosition final : public IDSelector {
 public:
  ByPosition(const IDSelector& filter, const std::vector<idx_t>& ids) : filter_(filter), ids_(ids) {}
  bool is_member(idx_t row) const noexcept override { return filter_.is_member(ids_[static_cast<size_t>(row)]); }

 private:
  const IDSelector& filter_;
  const std::vector<idx_t>& ids_;
};

TEST_CASE("refine flat: answers are the base's candidates by their float32 distances") {
  const Threads restore;
  Random random(301);
  for (size_t c = 0; c < 120; ++c) {
    const Metric metric = c % 2 == 0 ? Metric::kL2 : Metric::kInnerProduct;
    const size_t kind = c / 2 % kKinds;
    const size_t d = random.one_in(10) ? random.between(60, 300) : random.between(1, 40);
    const size_t n = random.between(10, 1500);
    const size_t nlist = random.between(1, 5);
    const auto x = vectors_of_kind(random, kind, n, d);
    std::shared_ptr<Index> base;
    // Ranges of bytes must be finite: not for vectors of any size.
    if (kind == 3 || kind == 7) {
      base = std::make_shared<IndexFlat>(d, metric);
    } else {
      base = coded(metric, nlist, n, d, x);
    }
    auto refine = std::make_shared<IndexRefine>(base);
    const bool mapped = c % 3 == 0;
    std::vector<idx_t> ids;
    std::shared_ptr<Index> index = refine;
    if (mapped) {
      for (size_t i = 0; i < n; ++i) ids.push_back(static_cast<idx_t>(random.below(2 * n)) - 1000);  // some twice
      for (idx_t& id : ids) id = id == -1 ? 7 : id;
      index = std::make_shared<IndexIDMap>(refine, false);
      index->add_with_ids(n, x.data(), ids.data(), nullptr);
    } else {
      index->add(n, x.data(), nullptr);
    }
    const size_t nq = random.between(1, 30);
    const auto xq = vectors_of_kind(random, kind, nq, d);
    SearchParams params;
    params.set(kNprobe, random.between(1, nlist));
    const IDSelectorRange some(-300, static_cast<idx_t>(n));
    const ByPosition some_by_position(some, ids);
    if (random.one_in(3)) params.filter = &some;
    const float factors[] = {0, 1, 1.5f, 3, 1000};
    const float chosen = factors[random.below(5)];
    if (chosen != 0) params.set(kKFactor, chosen);
    refine->set_k_factor(2);
    const float factor = chosen == 0 ? 2 : chosen;
    const size_t k = random.between(1, 40);
    ThreadPool::instance().set_threads(random.between(1, 4));
    const Answer found = search(*index, nq, xq.data(), k, params);
    Answer expected;
    SearchParams asked = params;
    if (mapped && params.filter != nullptr) asked.filter = &some_by_position;
    for (size_t q = 0; q < nq; ++q) {
      const float* const query = xq.data() + q * d;
      const Rows rows = candidates(*base, x, ids, query, static_cast<size_t>(factor * static_cast<float>(k)), asked);
      rows.append_row(rows.ranking(query), k, &expected);
    }
    CAPTURE(c);
    CHECK(found == expected);
    CHECK(search(*index, 1, xq.data(), k, params).labels ==
          std::vector<idx_t>(expected.labels.begin(), expected.labels.begin() + static_cast<ptrdiff_t>(k)));
  }
}

TEST_CASE("refine flat: over all lists of vectors the answer is the exact one") {
  Random random(302);
  for (const Metric metric : {Metric::kL2, Metric::kInnerProduct}) {
    constexpr size_t d = 20, n = 3000, nlist = 7;
    const auto x = random.vectors(n, d);
    auto quantizer = std::make_shared<IndexFlat>(d, metric);
    quantizer->add(nlist, x.data(), nullptr);
    auto ivf = std::make_shared<IndexIVFFlat>(quantizer, nlist, metric);
    ivf->set_nprobe(nlist);
    IndexRefine index(ivf);
    IndexFlat flat(d, metric);
    for (Index* each : {static_cast<Index*>(&index), static_cast<Index*>(&flat)}) each->add(n, x.data(), nullptr);
    const auto xq = random.vectors(50, d);
    for (const float factor : {1.0f, 4.0f}) {
      SearchParams params;
      params.set(kKFactor, factor);
      CHECK(search(index, 50, xq.data(), 10, params) == search(flat, 50, xq.data(), 10));
      CHECK(search(index, 2, xq.data(), n + 5, params) == search(flat, 2, xq.data(), n + 5));
      const float radius = metric == Metric::kL2 ? 6.0f : 1.5f;
      RangeResult found, expected;
      index.range_search(50, xq.data(), radius, params, &found);
      flat.range_search(50, xq.data(), radius, {}, &expected);
      CHECK(expected.labels.size() > 100);
      CHECK(same(found, expected));
    }
  }
}

TEST_CASE("refine flat: a range is exact, and the wider the factor, the less is missed") {
  Random random(303);
  for (const Metric metric : {Metric::kL2, Metric::kInnerProduct}) {
    constexpr size_t d = 16, n = 2000;
    std::vector<float> x = random.vectors(n, d);
    for (size_t i = 0; i < n; ++i) x[i * d] *= 400;  // coarse steps
    IndexRefine index(coded(metric, 1, n, d, x));
    index.add(n, x.data(), nullptr);
    const Rows rows{metric, d, x};
    const auto xq = random.vectors(20, d);
    const float radius = metric == Metric::kL2 ? 5.0f : 12.0f;
    const RangeResult expected = rows.range_search(20, xq.data(), radius);
    RangeResult found[2];
    for (size_t i = 0; i < 2; ++i) {
      SearchParams params;
      params.set(kKFactor, i == 0 ? 1 : 3);
      index.range_search(20, xq.data(), radius, params, &found[i]);
    }
    CHECK(same(found[1], expected));
    CHECK(found[0].labels.size() > 0);
    CHECK(found[0].labels.size() <= expected.labels.size());
    for (size_t q = 0; q < 20; ++q) {
      size_t at = expected.lims[q];
      for (size_t i = found[0].lims[q]; i < found[0].lims[q + 1]; ++i) {  // some of the expected, in their order
        while (at < expected.lims[q + 1] && expected.labels[at] != found[0].labels[i]) ++at;
        REQUIRE(at < expected.lims[q + 1]);
        CHECK(same(found[0].distances[i], expected.distances[at]));
      }
    }
  }
}

TEST_CASE("refine flat: gives back what was added, and removal renumbers both sides") {
  Random random(304);
  constexpr size_t d = 9, n = 400;
  auto x = random.vectors(n, d);
  const auto base = coded(Metric::kL2, 4, n, d, x);
  base->set_nprobe(4);
  IndexRefine index(base);
  index.set_k_factor(1000);
  index.add(n, x.data(), nullptr);
  CHECK(index.remove_ids(IDSelectorRange(50, 90), nullptr) == 40);
  x.erase(x.begin() + 50 * d, x.begin() + 90 * d);
  const auto more = random.vectors(30, d);
  index.add(30, more.data(), nullptr);
  x.insert(x.end(), more.begin(), more.end());
  CHECK(index.ntotal() == 390);
  CHECK(base->ntotal() == 390);
  CHECK(base->numbered_by_position());
  std::vector<float> row(d);
  for (size_t i = 0; i < 390; ++i) {
    index.reconstruct(static_cast<idx_t>(i), row.data());
    CHECK(std::equal(row.begin(), row.end(), x.begin() + static_cast<ptrdiff_t>(i * d)));
  }
  CHECK(search(index, 5, more.data(), 20) == Rows{Metric::kL2, d, x}.search(5, more.data(), 20));
  check_throws(Code::kOutOfRange, "\"id\"", [&] { index.reconstruct(390, row.data()); });
  index.reset();
  CHECK(index.ntotal() == 0);
  CHECK(index.is_trained());
  index.add(1, more.data(), nullptr);
  CHECK(search(index, 1, more.data(), 2).labels == std::vector<idx_t>{0, -1});
}

TEST_CASE("refine flat: what cannot be refined, or is out of range, is refused") {
  const auto filled = std::make_shared<IndexFlat>(2, Metric::kL2);
  filled->add(1, std::vector<float>{1, 2}.data(), nullptr);
  check_throws(Code::kUnsupported, "only wrap an empty index; this IndexFlat holds 1 vectors",
               [&] { IndexRefine{filled}; });
  CHECK_FALSE(filled->wrapped());
  const auto flat = [] { return std::make_shared<IndexFlat>(2, Metric::kL2); };
  const auto map = std::make_shared<IndexIDMap>(flat(), true);
  check_throws(Code::kUnsupported, "new IndexIDMap2(new IndexRefineFlat(base))", [&] { IndexRefine{map}; });
  const auto transformed = std::make_shared<IndexPreTransform>(TransformChain(), map);
  check_throws(Code::kUnsupported, "new IndexIDMap2(", [&] { IndexRefine{transformed}; });
  const auto base = flat();
  const auto refine = std::make_shared<IndexRefine>(base);
  CHECK(&refine->gate() == &base->gate());
  CHECK(refine->inner() == base);
  check_throws(Code::kUnsupported, "another refinement", [&] { IndexRefine{refine}; });
  check_throws(Code::kUnsupported, "wrapped by another index already", [&] { IndexRefine{base}; });
  const idx_t id = 5;
  check_throws(Code::kUnsupported, "new IndexIDMap(index).addWithIds(vectors, ids)", [&] {
    refine->add_with_ids(1, std::vector<float>{1, 2}.data(), &id, nullptr);
  });
  for (const double bad : {0.0, 0.999, -1.0, 1000.001, 1e300, HUGE_VAL, std::nan("")}) {
    check_throws(Code::kOutOfRange, "\"kFactor\"", [&] { IndexRefine::checked_factor(bad); });
  }
  CHECK(same(IndexRefine::checked_factor(1.1), 1.1f));
}

}  // namespace
}  // namespace voronode::test
