// Normalisation, alone and in front of an index.
#include <doctest/doctest.h>

#include <algorithm>
#include <cfloat>
#include <cmath>
#include <numeric>

#include "index/flat.h"
#include "index/id_map.h"
#include "index/pre_transform.h"
#include "ivf/ivf_flat.h"
#include "test/random.h"
#include "test/reference.h"
#include "test/throws.h"
#include "transform/plain_transforms.h"
#include "transform/principal_components.h"

namespace voronode::test {
namespace {

std::shared_ptr<IndexPreTransform> normalized(std::shared_ptr<Index> inner) {
  TransformChain chain;
  chain.push_back(std::make_shared<NormalizationTransform>(inner->d()));
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

std::shared_ptr<const VectorTransform> first_components(size_t d_in, size_t d_out) {
  std::vector<int32_t> map(d_out);
  std::iota(map.begin(), map.end(), 0);
  return std::make_shared<RemapDimensionsTransform>(d_in, std::move(map));
}

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

  TransformChain chain;
  chain.push_back(std::make_shared<NormalizationTransform>(2));
  chain.push_back(first_components(2, 2));  // may give any length
  IndexPreTransform other(std::move(chain), std::make_shared<IndexFlat>(2, Metric::kInnerProduct));
  CHECK(std::string(other.chain().back()->kind()) == "RemapDimensionsTransform");
  CHECK_FALSE(other.chain().back()->normalizes());

  const auto empty = normalized(std::make_shared<IndexFlat>(2, Metric::kInnerProduct));
  CHECK(search(*empty, 1, x.data(), 1).distances[0] == -FLT_MAX);
}

TEST_CASE("a chain is applied in order, and its dimensions must fit") {
  Random random(43);
  TransformChain chain;
  chain.push_back(first_components(10, 4));
  chain.push_back(std::make_shared<NormalizationTransform>(4));
  chain.push_back(first_components(4, 3));
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
    TransformChain misfit;
    misfit.push_back(first_components(10, bad));
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

// ---- Training and coming back ----

namespace {

std::shared_ptr<IndexPreTransform> behind(TransformChain chain, std::shared_ptr<Index> inner) {
  return std::make_shared<IndexPreTransform>(std::move(chain), std::move(inner));
}

std::shared_ptr<const VectorTransform> principal(size_t d_in, size_t d_out, float eigen_power = 0) {
  PrincipalComponents components;
  components.eigen_power = eigen_power;
  return std::make_shared<PCAMatrix>(d_in, d_out, std::move(components));
}

}  // namespace

TEST_CASE("an index whose transforms are not trained takes nothing, and says what to do") {
  const auto index = behind({principal(8, 3), std::make_shared<NormalizationTransform>(3)},
                            std::make_shared<IndexFlat>(3, Metric::kL2));
  const std::vector<float> x(16, 1.0f);
  const idx_t ids[] = {1, 2};
  RangeResult found;
  CHECK_FALSE(index->is_trained());
  check_throws(Code::kNotTrained, "call train(vectors)", [&] { index->add(2, x.data(), nullptr); });
  check_throws(Code::kNotTrained, "call train(vectors)", [&] { index->add_with_ids(2, x.data(), ids, nullptr); });
  check_throws(Code::kNotTrained, "call train(vectors)", [&] { search(*index, 2, x.data(), 1); });
  check_throws(Code::kNotTrained, "call train(vectors)", [&] { index->range_search(2, x.data(), 1, {}, &found); });
  CHECK(index->ntotal() == 0);
  CHECK_FALSE(index->has(0));
}

TEST_CASE("a training of which a part fails changes nothing") {
  Random random(46);
  const std::vector<float> x = random.vectors(20, 8);
  // The last stage has nothing to scale: what comes to it does not vary in its fourth component.
  const auto half = behind({principal(8, 3), RemapDimensionsTransform::pad(3, 4), principal(4, 4, -0.5f)},
                           std::make_shared<IndexFlat>(4, Metric::kL2));
  const size_t bytes = half->allocated_bytes();
  check_throws(Code::kInvalidArgValue, "vary in 3 directions only", [&] { half->train(20, x.data(), nullptr); });
  CHECK_FALSE(half->is_trained());
  CHECK_FALSE(half->chain()[0]->is_trained());
  CHECK(half->allocated_bytes() == bytes);
  // The index behind it has too few vectors for its lists.
  const auto lists = behind({principal(8, 3)}, std::make_shared<IndexIVFFlat>(3, 30, Metric::kL2));
  CHECK_THROWS_AS(lists->train(20, x.data(), nullptr), Error);
  CHECK_FALSE(lists->chain()[0]->is_trained());
  const Cancel* const never = nullptr;
  Cancel fired;
  fired.fire();
  check_throws(Code::kAborted, "aborted", [&] { lists->train(20, x.data(), &fired); });
  CHECK_THROWS_AS(lists->train(0, x.data(), never), Error);
  CHECK_FALSE(lists->is_trained());
}

TEST_CASE("a training goes through the chain; what is trained stays") {
  Random random(47);
  const std::vector<float> x = random.vectors(300, 8), others = random.vectors(300, 8);
  const auto index = behind({principal(8, 5), std::make_shared<NormalizationTransform>(5), principal(5, 2)},
                            std::make_shared<IndexIVFFlat>(2, 4, Metric::kL2));
  CHECK(index->train(300, x.data(), nullptr).centroids.size() == 8);
  CHECK(index->is_trained());
  const TransformChain chain = index->chain();
  CHECK(index->allocated_bytes() > chain[0]->allocated_bytes());
  CHECK(chain[0]->allocated_bytes() == sizeof(float) * (5 * 8 + 5 + 8 + 8 + 64));
  index->train(300, others.data(), nullptr);
  CHECK(index->chain() == chain);
  index->add(300, x.data(), nullptr);
  index->reset();
  CHECK(index->is_trained());
}

TEST_CASE("reconstruct goes back through the chain") {
  Random random(48);
  const std::vector<float> x = random.vectors(50, 6);
  std::vector<float> one(6);
  TransformChain chain = {std::make_shared<CenteringTransform>(6, std::vector<float>{1, 2, 3, 4, 5, 6}),
                          RemapDimensionsTransform::pad(6, 9), std::make_shared<RandomRotationMatrix>(9, 9)};
  const auto index = std::make_shared<IndexIDMap>(behind(chain, std::make_shared<IndexFlat>(9, Metric::kL2)), false);
  index->train(0, nullptr, nullptr);  // a rotation looks at no vector
  std::vector<idx_t> ids(50);
  std::iota(ids.begin(), ids.end(), idx_t{1000});
  index->add_with_ids(50, x.data(), ids.data(), nullptr);
  std::vector<float> all(50 * 6);
  index->reconstruct(50, ids.data(), all.data(), nullptr);
  for (size_t i = 0; i < all.size(); ++i) CHECK(all[i] == doctest::Approx(x[i]).epsilon(1e-5));
  CHECK_FALSE(index->look_up(7, one.data()));

  const auto scaled = behind({principal(6, 6, -0.5f)}, std::make_shared<IndexFlat>(6, Metric::kL2));
  scaled->train(50, x.data(), nullptr);
  scaled->add(50, x.data(), nullptr);
  check_throws(Code::kUnsupported, "not orthonormal", [&] { scaled->reconstruct(3, one.data()); });
  CHECK(scaled->has(3));
  check_throws(Code::kOutOfRange, "\"id\"", [&] { scaled->reconstruct(50, one.data()); });
}

TEST_CASE("only an index with the same transforms can be merged, also one that has more of them") {
  Random random(49);
  const std::vector<float> x = random.vectors(40, 6);
  const auto make = [&](size_t n) {
    const auto index = behind({principal(6, 4)}, std::make_shared<IndexFlat>(4, Metric::kL2));
    index->train(n, x.data(), nullptr);
    index->add(n, x.data(), nullptr);
    return index;
  };
  const auto a = make(40), b = make(40), other = make(39);
  a->merge_from(*b, 0, nullptr);
  CHECK(a->ntotal() == 80);
  check_throws(Code::kUnsupported, "same transforms", [&] { a->merge_from(*other, 0, nullptr); });
  const auto padded =
      behind({RemapDimensionsTransform::pad(6, 6), a->chain()[0]}, std::make_shared<IndexFlat>(4, Metric::kL2));
  check_throws(Code::kUnsupported, "same transforms", [&] { a->merge_from(*padded, 0, nullptr); });
  CHECK(other->ntotal() == 39);
}

}  // namespace voronode::test
