// Transforms against plain arithmetic, and that what comes of a vector does not depend on those beside it.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "test/random.h"
#include "test/reference.h"
#include "test/threads.h"
#include "test/throws.h"
#include "transform/linear_transform.h"
#include "transform/orthogonal.h"
#include "transform/plain_transforms.h"

namespace voronode::test {
namespace {

LinearMap random_map(Random& random, size_t d_in, size_t d_out, bool has_bias) {
  return {random.vectors(d_out, d_in), has_bias ? random.vectors(1, d_out) : std::vector<float>(), has_bias};
}

std::vector<float> applied(const VectorTransform& transform, size_t n, const float* x) {
  std::vector<float> out(n * transform.d_out());
  transform.apply(n, x, out.data(), nullptr);
  return out;
}

// The farthest that rows, or columns if there are fewer, are from orthonormal.
double defect(const std::vector<double>& x, size_t rows, size_t columns) {
  const size_t n = std::min(rows, columns);
  const auto at = [&](size_t i, size_t j) { return rows <= columns ? x[i * columns + j] : x[j * columns + i]; };
  double worst = 0;
  for (size_t a = 0; a < n; ++a) {
    for (size_t b = 0; b < n; ++b) {
      double sum = 0;
      for (size_t j = 0; j < std::max(rows, columns); ++j) sum += at(a, j) * at(b, j);
      worst = std::max(worst, std::fabs(sum - (a == b)));
    }
  }
  return worst;
}

}  // namespace

TEST_CASE("linear transform: A x + b, with the inner products of the kernels") {
  Random random(60);
  for (const auto& [d_in, d_out] :
       {std::pair<size_t, size_t>{1, 1}, {1, 40}, {17, 3}, {33, 33}, {64, 300}, {300, 64}}) {
    for (const bool has_bias : {false, true}) {
      const LinearMap map = random_map(random, d_in, d_out, has_bias);
      const LinearTransform transform(d_in, d_out, map, nullptr);
      const std::vector<float> x = random.vectors(37, d_in);
      const std::vector<float> y = applied(transform, 37, x.data());
      for (size_t i = 0; i < 37; ++i) {
        for (size_t j = 0; j < d_out; ++j) {
          const float key = reference_key(Metric::kInnerProduct, x.data() + i * d_in, map.A.data() + j * d_in, d_in);
          REQUIRE(same(y[i * d_out + j], has_bias ? map.b[j] - key : -key));
        }
      }
    }
  }
}

TEST_CASE("linear transform: the same bits for any number of threads and any cut of the vectors") {
  Random random(61);
  constexpr size_t kN = 300, kIn = 700, kOut = 500;  // several tasks, several tiles of A
  const LinearTransform transform(kIn, kOut, random_map(random, kIn, kOut, true), nullptr);
  const std::vector<float> x = random.vectors(kN, kIn);
  const std::vector<float> y = applied(transform, kN, x.data());
  const Threads restore;
  for (const size_t threads : {1, 2, 5}) {
    ThreadPool::instance().set_threads(threads);
    CHECK(same(applied(transform, kN, x.data()), y));
  }
  for (const size_t cut : {size_t{1}, size_t{2}, size_t{7}, size_t{150}, kN - 1}) {
    std::vector<float> parts = applied(transform, cut, x.data());
    const std::vector<float> rest = applied(transform, kN - cut, x.data() + cut * kIn);
    parts.insert(parts.end(), rest.begin(), rest.end());
    CHECK(same(parts, y));
  }
  CHECK(applied(transform, 0, nullptr).empty());
  Cancel fired;
  fired.fire();
  std::vector<float> out(y.size());
  check_throws(Code::kAborted, "aborted", [&] { transform.apply(kN, x.data(), out.data(), &fired); });
}

TEST_CASE("transforms refuse a vector whose image is not finite, the first of them by its row") {
  const LinearTransform twice(2, 2, {{2, 0, 0, 2}, {}, false}, nullptr);
  const CenteringTransform centering(2, {3e38f, 0});
  std::vector<float> x(2 * 100, 1.0f), out(x.size());
  x[2 * 70 + 1] = -3e38f;
  x[2 * 90] = 3e38f;
  check_throws(Code::kOutOfRange, "Component 1 of row 70 became -Infinity",
               [&] { twice.apply(100, x.data(), out.data(), nullptr); });
  x[2 * 90] = -3e38f;
  check_throws(Code::kOutOfRange, "CenteringTransform, whose results must be finite. Component 0 of row 90",
               [&] { centering.apply(100, x.data(), out.data(), nullptr); });
  const LinearTransform difference(2, 1, {{3e38f, -3e38f}, {}, false}, nullptr);
  const float ten[] = {10, 10};
  check_throws(Code::kOutOfRange, "row 0 became", [&] { difference.apply(1, ten, out.data(), nullptr); });
}

TEST_CASE("linear transform: it is undone if its rows or its columns are orthonormal") {
  Random random(62);
  for (const auto& [d_in, d_out] : {std::pair<size_t, size_t>{1, 1}, {9, 9}, {9, 20}, {600, 600}, {600, 700}}) {
    const auto rotation = RandomRotationMatrix(d_in, d_out).trained(0, nullptr, nullptr);
    REQUIRE(rotation->is_trained());
    LinearMap map = dynamic_cast<const LinearTransform&>(*rotation).map();
    map.has_bias = true;
    map.b = random.vectors(1, d_out);
    const LinearTransform shifted(d_in, d_out, map, nullptr);
    const std::vector<float> x = random.vectors(1, d_in);
    std::vector<float> back(d_in);
    shifted.reverse(applied(shifted, 1, x.data()).data(), back.data());
    for (size_t j = 0; j < d_in; ++j) REQUIRE(back[j] == doctest::Approx(x[j]).epsilon(1e-4));
    // Off in one entry, the last one that is looked at.
    map.A.back() += 0.1f;
    const LinearTransform off(d_in, d_out, map, nullptr);
    check_throws(Code::kUnsupported, "not orthonormal", [&] { off.reverse(map.b.data(), back.data()); });
  }
  // Fewer rows: of all vectors that come out so, the one that lies in their span.
  const LinearTransform first(3, 2, {{0, 1, 0, 1, 0, 0}, {}, false}, nullptr);
  const float y[] = {5, 7};
  float x[3];
  first.reverse(y, x);
  CHECK((x[0] == 7 && x[1] == 5 && x[2] == 0));
  const LinearTransform long_rows(2, 1, {{1, 1}, {}, false}, nullptr);
  check_throws(Code::kUnsupported, "not orthonormal", [&] { long_rows.reverse(y, x); });
}

TEST_CASE("random rotations are orthonormal, and the same for any number of threads") {
  const Threads restore;
  for (const auto& [rows, columns] :
       {std::pair<size_t, size_t>{1, 1}, {1, 5}, {5, 1}, {33, 33}, {64, 65}, {65, 64}, {100, 30}, {257, 257}}) {
    ThreadPool::instance().set_threads(1);
    const std::vector<double> x = random_orthogonal(rows, columns, 7, nullptr);
    CHECK(x.size() == rows * columns);
    CHECK(defect(x, rows, columns) < 1e-10);
    ThreadPool::instance().set_threads(4);
    CHECK(random_orthogonal(rows, columns, 7, nullptr) == x);
    if (rows * columns > 1) CHECK(random_orthogonal(rows, columns, 8, nullptr) != x);
  }
  Cancel fired;
  fired.fire();
  check_throws(Code::kAborted, "aborted", [&] { random_orthogonal(50, 50, 7, &fired); });
}

TEST_CASE("centering learns the mean, takes it away and gives it back") {
  const CenteringTransform untrained(2);
  CHECK_FALSE(untrained.is_trained());
  const float x[] = {1, 10, 2, 20, 3, 60};
  float out[6];
  check_throws(Code::kNotTrained, "call train(vectors)", [&] { untrained.apply(3, x, out, nullptr); });
  check_throws(Code::kNotTrained, "call train(vectors)", [&] { untrained.reverse(x, out); });
  check_throws(Code::kInvalidArgValue, "at least one vector", [&] { untrained.trained(0, x, nullptr); });
  const auto trained = untrained.trained(3, x, nullptr);
  CHECK(dynamic_cast<const CenteringTransform&>(*trained).mean() == std::vector<float>{2, 30});
  CHECK(same(applied(*trained, 3, x), {-1, -20, 0, -10, 1, 30}));
  trained->reverse(out, out);
  const float y[] = {-1, -20};
  trained->reverse(y, out);
  CHECK((out[0] == 1 && out[1] == 10));
  CHECK(trained->same_as(CenteringTransform(2, {2, 30})));
  CHECK_FALSE(trained->same_as(CenteringTransform(2, {2, 31})));
}

TEST_CASE("components change places, go and come as zeros") {
  const RemapDimensionsTransform remap(3, {2, -1, 0, 2});
  const float x[] = {1, 2, 3, 4, 5, 6};
  CHECK(same(applied(remap, 2, x), {3, 0, 1, 3, 6, 0, 4, 6}));
  const float y[] = {7, 8, 9, 10};
  float back[3];
  remap.reverse(y, back);
  CHECK((back[0] == 9 && back[1] == 0 && back[2] == 10));
  CHECK(same(applied(*RemapDimensionsTransform::pad(3, 5), 1, x), {1, 2, 3, 0, 0}));
  CHECK(RemapDimensionsTransform::pad(3, 2)->d_out() == 3);
  CHECK(remap.same_as(RemapDimensionsTransform(3, {2, -1, 0, 2})));
  CHECK_FALSE(remap.same_as(RemapDimensionsTransform(3, {2, -1, 0, 1})));
}

TEST_CASE("linear transform: two are the same if they hold the same") {
  const LinearMap map = {{1, 2, 3, 4}, {5, 6}, true};
  const LinearTransform transform(2, 2, map, nullptr);
  CHECK(transform.same_as(LinearTransform(2, 2, map, nullptr)));
  CHECK_FALSE(transform.same_as(LinearTransform(2, 2, {map.A, {5, 7}, true}, nullptr)));
  CHECK_FALSE(transform.same_as(LinearTransform(2, 2, {{1, 2, 3, 5}, map.b, true}, nullptr)));
  CHECK_FALSE(transform.same_as(LinearTransform(2, 2, {map.A, map.b, false}, nullptr)));
  CHECK(transform.allocated_bytes() == 6 * sizeof(float));
  const LinearTransform untrained(2, 2, {}, nullptr);
  check_throws(Code::kUnsupported, "does not train a LinearTransform",
               [&] { untrained.trained(1, map.A.data(), nullptr); });
}

}  // namespace voronode::test
