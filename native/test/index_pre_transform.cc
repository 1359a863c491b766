// Normalisation, alone and in front of an index.
#include <doctest/doctest.h>

#include <algorithm>
#include <cfloat>
#include <cmath>

#include "index/flat.h"
#include "index/id_map.h"
#include "index/pre_transform.h"
#include "test/random.h"
#include "test/reference.h"

namespace voronode::test {
namespace {

std::shared_ptr<IndexPreTransform> normalized(std::shared_ptr<Index> inner) {
  std::vector<std::unique_ptr<VectorTransform>> chain;
  chain.push_back(std::make_unique<NormalizationTransform>(inner->d()));
  return std::make_shared<IndexPreTransform>(std::move(chain), std::move(inner));
}

double length(const float* x, size_t d) {
  double sum = 0;
  for (size_t j = 0; j < d; ++j) sum += static_cast<double>(x[j]) * x[j];
  return std::sqrt(sum);
}

std::vector<float> unit(std::vector<float> x, size_t d) {
  normalize_l2(x.size() / d, d, x.data());
  return x;
}

// Changes the number of components, as later transforms will.
class FirstComponents final : public VectorTransform {
 public:
  FirstComponents(size_t d_in, size_t d_out) : d_in_(d_in), d_out_(d_out) {}
  const char* kind() const noexcept override { return "FirstComponents"; }
  size_t d_in() const noexcept override { return d_in_; }
  size_t d_out() const noexcept override { return d_out_; }
  bool same_as(const VectorTransform&) const noexcept override { return true; }
  void apply(size_t n, const float* x, float* out) const noexcept override {
    for (size_t i = 0; i < n; ++i) std::copy(x + i * d_in_, x + i * d_in_ + d_out_, out + i * d_out_);
  }

 private:
  size_t d_in_, d_out_;
};

}  // namespace

TEST_CASE("normalize_l2 gives length 1 and keeps the direction, for tiny and huge vectors too") {
  Random random(40);
  for (const size_t d : {1, 2, 7, 8, 9, 33, 768}) {
    for (const float scale : {1.0f, 0x1p-140f, 1e-30f, 1e30f, 3e38f}) {
      std::vector<float> x = random.vectors(10, d);
      for (float& component : x) component *= scale;
      const std::vector<float> y = unit(x, d);
      for (size_t i = 0; i < 10; ++i) {
        const double was = length(x.data() + i * d, d);
        INFO("d ", d, ", scale ", scale, ", length ", was);
        REQUIRE(was > 0);
        CHECK(length(y.data() + i * d, d) == doctest::Approx(1).epsilon(1e-6));
        for (size_t j = 0; j < d; ++j) CHECK(y[i * d + j] == doctest::Approx(x[i * d + j] / was).epsilon(1e-6));
      }
    }
  }
}

TEST_CASE("normalize_l2 leaves zero vectors and no vectors alone") {
  std::vector<float> x = {0.0f, -0.0f, 3.0f, 4.0f};
  normalize_l2(2, 2, x.data());
  CHECK(same(x, {0.0f, -0.0f, 0.6f, 0.8f}));
  normalize_l2(0, 2, nullptr);
}

TEST_CASE("a transform may work in place") {
  Random random(41);
  const NormalizationTransform transform(9);
  std::vector<float> x = random.vectors(5, 9);
  std::vector<float> out(x.size());
  transform.apply(5, x.data(), out.data());
  transform.apply(5, x.data(), x.data());
  CHECK(same(x, out));
}

TEST_CASE("behind a normalisation, vectors and queries are of length 1") {
  Random random(42);
  for (const Metric metric : {Metric::kL2, Metric::kInnerProduct}) {
    const auto index = normalized(std::make_shared<IndexFlat>(12, metric));
    CHECK(std::string(index->kind()) == "IndexPreTransform");
    const std::vector<float> x = random.vectors(500, 12);
    const std::vector<float> xq = random.vectors(4, 12);
    index->add(500, x.data(), nullptr);
    CHECK(index->ntotal() == 500);
    const Rows rows{metric, 12, unit(x, 12)};
    const std::vector<float> unit_queries = unit(xq, 12);
    CHECK(search(*index, 4, xq.data(), 20) == rows.search(4, unit_queries.data(), 20));
    RangeResult found;
    index->range_search(4, xq.data(), 0.7f, {}, &found);
    CHECK(same(found, rows.range_search(4, unit_queries.data(), 0.7f)));
    std::vector<float> one(12);
    index->reconstruct(77, one.data());
    CHECK(same(one, std::vector<float>(rows.x.begin() + 77 * 12, rows.x.begin() + 78 * 12)));
    CHECK(index->remove_ids(IDSelectorRange(0, 100), nullptr) == 100);
    index->reconstruct(0, one.data());
    CHECK(same(one, std::vector<float>(rows.x.begin() + 100 * 12, rows.x.begin() + 101 * 12)));
    index->reset();
    CHECK(index->ntotal() == 0);
  }
}

TEST_CASE("cosines are answered within [-1, 1], in the order that they had before") {
  constexpr size_t kRows = 2000, kD = 384, kK = 10;
  Random random(45);
  const std::vector<float> x = random.vectors(kRows, kD);
  const auto flat = std::make_shared<IndexFlat>(kD, Metric::kInnerProduct);
  const auto index = normalized(flat);
  index->add(kRows, x.data(), nullptr);
  const Answer found = search(*index, kRows, x.data(), kK);
  const Answer unclamped = search(*flat, kRows, unit(x, kD).data(), kK);
  CHECK(found.labels == unclamped.labels);
  size_t above = 0;
  for (size_t i = 0; i < found.distances.size(); ++i) {
    above += unclamped.distances[i] > 1;
    REQUIRE(found.distances[i] == std::min(unclamped.distances[i], 1.0f));
  }
  CHECK(above > 0);  // or nothing was tested

  std::vector<float> opposite = x;
  for (float& component : opposite) component = -component;
  for (const float radius : {-INFINITY, -2.0f, std::nextafter(-1.0f, -2.0f), -1.0f, 0.999f, 1.0f, 1.5f, INFINITY}) {
    for (const float* queries : {x.data(), static_cast<const float*>(opposite.data())}) {
      RangeResult range;
      index->range_search(20, queries, radius, {}, &range);
      const Answer all = search(*index, 20, queries, kRows);
      const auto beyond =
          std::count_if(all.distances.begin(), all.distances.end(), [&](float c) { return c > radius; });
      INFO("radius ", radius);
      CHECK(range.labels.size() == static_cast<size_t>(beyond));
      CHECK(std::all_of(range.distances.begin(), range.distances.end(), [](float c) { return c >= -1 && c <= 1; }));
    }
  }
}

TEST_CASE("what is no cosine is not clamped, and neither is padding") {
  const std::vector<float> x = {3, 4};
  const auto by_distance = normalized(std::make_shared<IndexFlat>(2, Metric::kL2));
  by_distance->add(1, x.data(), nullptr);
  const std::vector<float> opposite = {-3, -4};
  CHECK(search(*by_distance, 1, opposite.data(), 1).distances[0] == doctest::Approx(4));

  std::vector<std::unique_ptr<VectorTransform>> chain;
  chain.push_back(std::make_unique<NormalizationTransform>(2));
  chain.push_back(std::make_unique<FirstComponents>(2, 2));  // may give any length
  IndexPreTransform other(std::move(chain), std::make_shared<IndexFlat>(2, Metric::kInnerProduct));
  CHECK(std::string(other.chain().back()->kind()) == "FirstComponents");
  CHECK_FALSE(other.chain().back()->normalizes());

  const auto empty = normalized(std::make_shared<IndexFlat>(2, Metric::kInnerProduct));
  CHECK(search(*empty, 1, x.data(), 1).distances[0] == -FLT_MAX);
}

TEST_CASE("a chain is applied in order, and its dimensions must fit") {
  Random random(43);
  std::vector<std::unique_ptr<VectorTransform>> chain;
  chain.push_back(std::make_unique<FirstComponents>(10, 4));
  chain.push_back(std::make_unique<NormalizationTransform>(4));
  chain.push_back(std::make_unique<FirstComponents>(4, 3));
  IndexPreTransform index(std::move(chain), std::make_shared<IndexFlat>(3, Metric::kL2));
  CHECK(index.d() == 10);
  const std::vector<float> x = random.vectors(50, 10);
  index.add(50, x.data(), nullptr);
  Rows rows{Metric::kL2, 3};
  for (size_t i = 0; i < 50; ++i) {
    const auto first = x.begin() + static_cast<ptrdiff_t>(i * 10);
    const std::vector<float> y = unit(std::vector<float>(first, first + 4), 4);
    rows.x.insert(rows.x.end(), y.begin(), y.begin() + 3);
  }
  const Answer found = search(index, 50, x.data(), 50);
  CHECK(found == rows.search(50, rows.x.data(), 50));

  for (const size_t bad : {1, 2, 4}) {
    std::vector<std::unique_ptr<VectorTransform>> misfit;
    misfit.push_back(std::make_unique<FirstComponents>(10, bad));
    const auto inner = std::make_shared<IndexFlat>(3, Metric::kL2);
    CHECK_THROWS_AS(IndexPreTransform(std::move(misfit), inner), Error);
    CHECK_FALSE(inner->wrapped());
  }
}

TEST_CASE("ids pass through a transform to a map behind it") {
  Random random(44);
  const auto index = normalized(std::make_shared<IndexIDMap>(std::make_shared<IndexFlat>(5, Metric::kL2), false));
  const std::vector<float> x = random.vectors(3, 5);
  const idx_t ids[] = {70, 50, 60};
  CHECK_THROWS_AS(index->add(3, x.data(), nullptr), Error);
  index->add_with_ids(3, x.data(), ids, nullptr);
  CHECK(search(*index, 1, x.data() + 5, 3) ==
        Rows{Metric::kL2, 5, unit(x, 5), {70, 50, 60}}.search(1, unit(x, 5).data() + 5, 3));
  std::vector<float> one(5);
  index->reconstruct(60, one.data());
  const std::vector<float> y = unit(x, 5);
  CHECK(same(one, std::vector<float>(y.begin() + 10, y.end())));
}

TEST_CASE("an index is wrapped once, and shares its wrapper's gate") {
  const auto flat = std::make_shared<IndexFlat>(5, Metric::kL2);
  CHECK_FALSE(flat->wrapped());
  const auto index = normalized(flat);
  CHECK(flat->wrapped());
  CHECK_FALSE(index->wrapped());
  CHECK(&flat->gate() == &index->gate());
  CHECK(index->inner() == flat);
  CHECK_THROWS_AS(normalized(flat), Error);
}

}  // namespace voronode::test
