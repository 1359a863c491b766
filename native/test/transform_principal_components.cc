// Eigenvectors, and the transforms that are made of them.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "test/random.h"
#include "test/reference.h"
#include "test/threads.h"
#include "test/throws.h"
#include "transform/principal_components.h"
#include "transform/statistics.h"
#include "transform/symmetric_eigen.h"

namespace voronode::test {
namespace {

using Matrix = std::vector<double>;

// That rows of `vectors` are orthonormal eigenvectors of a, the greatest value first.
void check_eigen(size_t d, const Matrix& a) {
  CAPTURE(d);
  Matrix vectors = a;
  const std::vector<double> values = symmetric_eigen(d, &vectors, nullptr);
  double norm = 0;
  for (double component : a) norm = std::max(norm, std::fabs(component) * static_cast<double>(d));
  CHECK(std::is_sorted(values.rbegin(), values.rend()));
  double worst = 0, skew = 0;
  for (size_t i = 0; i < d; ++i) {
    for (size_t j = 0; j < d; ++j) {
      double image = 0, product = 0;
      for (size_t l = 0; l < d; ++l) {
        image += a[j * d + l] * vectors[i * d + l];
        product += vectors[i * d + l] * vectors[j * d + l];
      }
      worst = std::max(worst, std::fabs(image - values[i] * vectors[i * d + j]));
      skew = std::max(skew, std::fabs(product - (i == j)));
    }
    const auto begin = vectors.begin() + static_cast<ptrdiff_t>(i * d);
    const auto largest = std::max_element(begin, begin + static_cast<ptrdiff_t>(d),
                                          [](double x, double y) { return std::fabs(x) < std::fabs(y); });
    CHECK(*largest > 0);
  }
  CHECK(worst <= 1e-13 * norm);
  CHECK(skew < 1e-12);
}

Matrix symmetric(Random& random, size_t d) {
  Matrix a(d * d);
  for (size_t i = 0; i < d; ++i) {
    for (size_t j = 0; j <= i; ++j) a[i * d + j] = a[j * d + i] = static_cast<double>(random.uniform());
  }
  return a;
}

struct Wish {
  float power = 0;
  bool rotate = false;
  float epsilon = 0;
};

std::shared_ptr<const PCAMatrix> trained(size_t d_in, size_t d_out, const std::vector<float>& x,
                                         const Wish& wish = {}) {
  PrincipalComponents components;
  components.eigen_power = wish.power;
  components.random_rotation = wish.rotate;
  components.epsilon = wish.epsilon;
  const PCAMatrix untrained(d_in, d_out, std::move(components));
  return std::dynamic_pointer_cast<const PCAMatrix>(untrained.trained(x.size() / d_in, x.data(), nullptr));
}

// n vectors whose component j varies by 1 / (j + 1), around the mean (1, 2, 3, …), then turned in some planes.
std::vector<float> sloping(Random& random, size_t n, size_t d) {
  std::vector<float> x = random.vectors(n, d);
  for (size_t i = 0; i < n; ++i) {
    float* const row = x.data() + i * d;
    for (size_t j = 0; j < d; ++j) row[j] = row[j] / static_cast<float>(j + 1) + static_cast<float>(j + 1);
    for (size_t j = 0; j + 1 < d; ++j) {
      const float was = row[j];
      row[j] = 0.6f * was - 0.8f * row[j + 1];
      row[j + 1] = 0.8f * was + 0.6f * row[j + 1];
    }
  }
  return x;
}

// Of what comes out: that it is centred, that its components do not vary together, and how much each varies in all.
std::vector<double> spreads(const VectorTransform& transform, const std::vector<float>& x) {
  const size_t d = transform.d_out();
  const size_t n = x.size() / transform.d_in();
  std::vector<float> y(n * d);
  transform.apply(n, x.data(), y.data(), nullptr);
  const std::vector<double> mean = mean_of({n, d, y.data(), nullptr}, nullptr);
  const Matrix scatter = scatter_of({n, d, y.data(), nullptr}, mean, nullptr);
  std::vector<double> out(d);
  for (size_t i = 0; i < d; ++i) {
    out[i] = scatter[i * d + i];
    CHECK(std::fabs(mean[i]) < 1e-4 * std::sqrt(scatter[0]));
    for (size_t j = 0; j < i; ++j) CHECK(std::fabs(scatter[i * d + j]) < 1e-4 * scatter[0]);
  }
  return out;
}

}  // namespace

TEST_CASE("eigenvectors of symmetric matrices") {
  Random random(70);
  for (const size_t d : {1, 2, 3, 4, 8, 17, 64, 65, 130, 300}) check_eigen(d, symmetric(random, d));
  for (const double scale : {1e-300, 1e-160, 1e160, 1e300}) {
    Matrix a = symmetric(random, 12);
    for (double& component : a) component *= scale;
    check_eigen(12, a);
  }
}

TEST_CASE("eigenvectors of matrices where something is equal or nothing there") {
  for (const size_t d : {1, 2, 5, 70}) {
    check_eigen(d, Matrix(d * d));
    check_eigen(d, Matrix(d * d, 1.0));  // rank 1
    Matrix diagonal(d * d), blocks(d * d), graded(d * d);
    for (size_t i = 0; i < d; ++i) {
      diagonal[i * d + i] = static_cast<double>(i % 3) - 1;
      for (size_t j = 0; j < d; ++j) blocks[i * d + j] = i / 2 == j / 2 ? 1 : 0;
      for (size_t j = 0; j < d; ++j) graded[i * d + j] = std::ldexp(1.0, -static_cast<int>(i + j));
    }
    check_eigen(d, diagonal);
    check_eigen(d, blocks);
    check_eigen(d, graded);
  }
}

TEST_CASE("eigenvectors have the same bits for any number of threads") {
  Random random(71);
  const Threads restore;
  const Matrix a = symmetric(random, 333);
  std::vector<Matrix> found;
  for (const size_t threads : {1, 2, 5}) {
    ThreadPool::instance().set_threads(threads);
    found.push_back(a);
    const std::vector<double> values = symmetric_eigen(333, &found.back(), nullptr);
    found.back().insert(found.back().end(), values.begin(), values.end());
  }
  CHECK(found[0] == found[1]);
  CHECK(found[0] == found[2]);
  Cancel fired;
  fired.fire();
  Matrix copy = a;
  check_throws(Code::kAborted, "aborted", [&] { symmetric_eigen(333, &copy, &fired); });
}

TEST_CASE("mean and scatter of a sample are those of its vectors, with any number of threads") {
  Random random(72);
  const Threads restore;
  for (const size_t d : {1, 7, 64, 65, 150}) {
    const size_t n = 200;
    const std::vector<float> x = random.vectors(n, d);
    std::vector<size_t> rows(131);
    for (size_t& row : rows) row = random.below(n);
    const VectorSample sample{rows.size(), d, x.data(), rows.data()};
    const std::vector<double> mean = mean_of(sample, nullptr);
    const Matrix scatter = scatter_of(sample, mean, nullptr);
    for (size_t i = 0; i < d; ++i) {
      double sum = 0;
      for (size_t row : rows) sum += x[row * d + i];
      CHECK(mean[i] == doctest::Approx(sum / 131));
      for (size_t j = 0; j < d; ++j) {
        double product = 0;
        for (size_t row : rows) product += (x[row * d + i] - mean[i]) * (x[row * d + j] - mean[j]);
        REQUIRE(std::fabs(scatter[i * d + j] - product) < 1e-10);
      }
    }
    ThreadPool::instance().set_threads(d % 3 + 1);
    CHECK(mean_of(sample, nullptr) == mean);
    CHECK(scatter_of(sample, mean, nullptr) == scatter);
  }
}

TEST_CASE("principal components: centred, apart from each other, the widest first") {
  Random random(73);
  const std::vector<float> x = sloping(random, 500, 12);
  for (const size_t d_out : {1, 5, 12}) {
    const auto pca = trained(12, d_out, x);
    const std::vector<double> widths = spreads(*pca, x);
    const PrincipalComponents& kept = pca->components();
    REQUIRE(kept.eigenvalues.size() == 12);
    CHECK(kept.directions.size() == 144);
    CHECK(kept.mean.size() == 12);
    CHECK(std::is_sorted(kept.eigenvalues.rbegin(), kept.eigenvalues.rend()));
    for (size_t i = 0; i < d_out; ++i) CHECK(widths[i] == doctest::Approx(kept.eigenvalues[i]).epsilon(1e-4));
    CHECK(std::equal(pca->map().A.begin(), pca->map().A.end(), kept.directions.begin()));
    std::vector<float> y(d_out), back(12);
    pca->apply(1, x.data(), y.data(), nullptr);
    pca->reverse(y.data(), back.data());
    if (d_out == 12) {
      for (size_t j = 0; j < 12; ++j) CHECK(back[j] == doctest::Approx(x[j]).epsilon(1e-4));
    }
  }
}

TEST_CASE("principal components: whitened, and turned") {
  Random random(74);
  const std::vector<float> x = sloping(random, 500, 12);
  for (const bool rotate : {false, true}) {
    for (double width : spreads(*trained(12, 7, x, {-0.5f, rotate}), x))
      CHECK(width == doctest::Approx(1).epsilon(1e-4));
  }
  for (double width : spreads(*trained(12, 7, x, {-0.25f}), x)) CHECK(width > 1);
  // Turning keeps all distances, and mixes what varies much and little.
  const auto plain = trained(12, 7, x), turned = trained(12, 7, x, {0, true});
  std::vector<float> a(500 * 7), b(500 * 7);
  plain->apply(500, x.data(), a.data(), nullptr);
  turned->apply(500, x.data(), b.data(), nullptr);
  for (size_t i = 1; i < 500; ++i) {
    const double expected = static_cast<double>(reference_key(Metric::kL2, a.data(), a.data() + i * 7, 7));
    CHECK(reference_key(Metric::kL2, b.data(), b.data() + i * 7, 7) == doctest::Approx(expected).epsilon(1e-3));
  }
  CHECK(turned->map().A != plain->map().A);
}

TEST_CASE("principal components of fewer vectors than components, of equal ones and of one") {
  Random random(75);
  for (const size_t n : {1, 2, 5, 30}) {
    const std::vector<float> x = sloping(random, n, 40);
    const auto pca = trained(40, 40, x);
    std::vector<float> y(n * 40), back(40);
    pca->apply(n, x.data(), y.data(), nullptr);
    pca->reverse(y.data() + (n - 1) * 40, back.data());
    for (size_t j = 0; j < 40; ++j) CHECK(back[j] == doctest::Approx(x[(n - 1) * 40 + j]).epsilon(1e-4));
    for (size_t j = n; j < 40; ++j) CHECK(std::fabs(y[j]) < 1e-3);
  }
  const std::vector<float> equal(40 * 10, 3.5f);
  std::vector<float> y(40);
  trained(40, 40, equal)->apply(1, equal.data(), y.data(), nullptr);
  CHECK(std::all_of(y.begin(), y.end(), [](float component) { return std::fabs(component) < 1e-5; }));
  check_throws(Code::kInvalidArgValue, "at least one vector", [&] { trained(40, 2, {}); });
}

TEST_CASE("principal components: what does not vary cannot be whitened") {
  Random random(76);
  const std::vector<float> x = sloping(random, 6, 40);  // five directions
  CHECK_NOTHROW(trained(40, 5, x, {-0.5f}));
  check_throws(Code::kInvalidArgValue, "vary in 5 directions only, and 6 are", [&] { trained(40, 6, x, {-0.5f}); });
  check_throws(Code::kInvalidArgValue, "vary in 5 directions only", [&] { trained(40, 40, x, {-0.5f, true}); });
  CHECK_NOTHROW(trained(40, 40, x, {-0.5f, false, 1e-3f}));
  const std::vector<float> equal(40 * 10, 3.5f);
  check_throws(Code::kInvalidArgValue, "vary in 0 directions only", [&] { trained(40, 1, equal, {-0.5f}); });
}

TEST_CASE("principal components that no float32 can hold are refused") {
  const std::vector<float> far = {3e38f, 0, -3e38f, 0, 0, 3e38f, 0, -3e38f};
  check_throws(Code::kInvalidArgValue, "Float32 cannot hold", [&] { trained(2, 2, far); });
  check_throws(Code::kInvalidArgValue, "Float32 cannot hold", [&] { trained(2, 2, far, {-0.5f}); });
  const std::vector<float> tiny = {1e-45f, 0, 0, 1e-45f, 0, 0};
  CHECK_NOTHROW(trained(2, 2, tiny));
  check_throws(Code::kInvalidArgValue, "Float32 cannot hold", [&] { trained(2, 2, tiny, {-0.5f}); });
  const std::vector<float> small = {1e-30f, 0, 0, 1e-30f, 0, 0};
  CHECK_NOTHROW(trained(2, 2, small, {-0.5f}));
}

TEST_CASE("principal components that cannot be found are refused, whatever a file asked for") {
  const std::vector<float> x = {1, 2, 3, 4, 5, 7};
  check_throws(Code::kInvalidArgValue, "3 components in vectors of 2", [&] { trained(2, 3, x); });
  PrincipalComponents components;
  components.balanced_bins = 2;
  const PCAMatrix balanced(2, 2, components);
  check_throws(Code::kUnsupported, "balance", [&] { balanced.trained(3, x.data(), nullptr); });
}

TEST_CASE("principal components of many vectors are those of a sample of them") {
  Random random(77);
  const size_t n = PCAMatrix::kMaxPoints + 5000;
  const std::vector<float> x = sloping(random, n, 3);
  const auto pca = trained(3, 3, x);
  const std::vector<float> first(x.begin(), x.begin() + 3 * static_cast<ptrdiff_t>(PCAMatrix::kMaxPoints));
  const auto of_first = trained(3, 3, first);
  CHECK(pca->map().A != of_first->map().A);
  const double all = pca->components().eigenvalues[0], fewer = of_first->components().eigenvalues[0];
  CHECK(all == doctest::Approx(fewer).epsilon(0.02));
}

}  // namespace voronode::test
