// Reductions: what is computed for the images bounds what holds for the vectors; sketches of them dismiss nothing that
// they should not.
#include <doctest/doctest.h>

#include <cmath>

#include "sketch/maker.h"
#include "sketch/queries.h"
#include "sketch/reduction.h"
#include "test/random.h"
#include "test/reference.h"

namespace voronode::test {
namespace {

// n × d: near a space of `rank` dimensions, `noise` off it, `offset` from the origin.
std::vector<float> near_space(Random& random, size_t n, size_t d, size_t rank, float noise, float offset) {
  const auto directions = random.vectors(rank, d);
  std::vector<float> x = random.vectors(n, d);
  for (size_t i = 0; i < n; ++i) {
    const auto place = random.vectors(1, rank);
    for (size_t j = 0; j < d; ++j) {
      float& component = x[i * d + j];
      component = component * noise + offset;
      for (size_t p = 0; p < rank; ++p) component += place[p] * directions[p * d + j];
    }
  }
  return x;
}

std::vector<const float*> pointers(const std::vector<float>& x, size_t d) {
  std::vector<const float*> out;
  for (size_t i = 0; i < x.size(); i += d) out.push_back(x.data() + i);
  return out;
}

double dot(const float* x, const float* y, size_t d) {
  double sum = 0;
  for (size_t j = 0; j < d; ++j) sum += static_cast<double>(x[j]) * static_cast<double>(y[j]);
  return sum;
}

TEST_CASE("a reduction is found where there is one, with as few directions as it takes") {
  Random random(71);
  const size_t n = 600, d = 64;
  const std::vector<float> centre(d);
  const auto flat = near_space(random, n, d, 6, 0.01f, 0);
  const auto found = Reduction::find(n, d, flat.data(), centre.data(), nullptr);
  REQUIRE(found);
  CHECK(found->dimension() == 8);
  CHECK(found->slack() < 1e-3);
  CHECK(Reduction::find(n, d, random.vectors(n, d).data(), centre.data(), nullptr) == nullptr);
  CHECK(Reduction::find(n, d, std::vector<float>(n * d).data(), centre.data(), nullptr) == nullptr);
  CHECK(Reduction::find(4, d, flat.data(), centre.data(), nullptr) == nullptr);
  std::vector<float> huge = flat;
  for (float& component : huge) component *= 1e30f;
  CHECK(Reduction::find(n, d, huge.data(), centre.data(), nullptr) == nullptr);
}

TEST_CASE("images bound inner products and distances") {
  Random random(72);
  for (size_t c = 0; c < 30; ++c) {
    const size_t n = 200, d = random.between(24, 200);
    const float offset = random.one_in(2) ? 10.0f : 0.0f;
    const auto x = near_space(random, n, d, random.between(1, 5), 0.03f * static_cast<float>(random.below(3)), offset);
    const std::vector<float> centre(d, offset);
    const auto found = Reduction::find(n, d, x.data(), centre.data(), nullptr);
    REQUIRE(found);
    // Vectors far off the space as well.
    auto y = near_space(random, 64, d, 3, 1, offset);
    std::copy_n(x.data(), 32 * d, y.data());
    std::vector<float> images(64 * found->dimension()), work(64 * d), norms2(64);
    found->apply(64, pointers(y, d).data(), centre.data(), work.data(), images.data(), norms2.data());
    for (size_t a = 0; a < 64; ++a) {
      for (size_t b = 0; b < 64; ++b) {
        double true_distance = 0;
        for (size_t j = 0; j < d; ++j) {
          true_distance += std::pow(static_cast<double>(y[a * d + j]) - static_cast<double>(y[b * d + j]), 2);
        }
        const double product =
            dot(&images[a * found->dimension()], &images[b * found->dimension()], found->dimension());
        const double norms = static_cast<double>(norms2[a]) + static_cast<double>(norms2[b]);
        REQUIRE((1 - found->slack()) * norms - 2 * product <= true_distance);
      }
    }
  }
}

// The bound of every row is at most the base of that row's own key: it would not be dismissed at that threshold.
void check_bounds(const SketchSpace& space, const std::vector<float>& rows, const std::vector<float>& x) {
  const size_t d = space.dimension();
  SketchMaker maker(space);
  const size_t n = rows.size() / d;
  const uint8_t* const group = maker.code(pointers(rows, d).data(), n);
  const size_t nq = x.size() / d;
  const SketchQueries queries(space, nq, x.data());
  std::vector<float> bounds(nq * kGroupRows), least(nq);
  kernels().sketch_bounds(&queries[0], nq, group, 1, space.steps(), bounds.data(), kGroupRows, least.data());
  for (size_t i = 0; i < nq; ++i) {
    for (size_t r = 0; r < kGroupRows; ++r) {
      const float bound = bounds[i * kGroupRows + r];
      if (r < n) {
        const float key = reference_key(space.metric(), x.data() + i * d, rows.data() + r * d, d);
        REQUIRE_FALSE(bound > queries.base(i, key));
      } else {
        REQUIRE(bound == std::numeric_limits<float>::infinity());
      }
    }
  }
}

TEST_CASE("reduced sketches dismiss no row at its own key") {
  Random random(73);
  size_t reduced = 0;
  for (size_t c = 0; c < 120; ++c) {
    const Metric metric = c % 2 == 0 ? Metric::kL2 : Metric::kInnerProduct;
    const size_t d = random.between(24, 100);
    const float offset = random.one_in(2) ? 10.0f : 0.0f;
    const float noise = 0.05f * static_cast<float>(random.below(3));
    auto all = near_space(random, 300, d, random.between(1, 5), noise, offset);
    const float scale = std::ldexp(1.0f, static_cast<int>(random.between(0, 40)) - 20);
    for (float& component : all) component *= scale;
    auto space = SketchSpace(d, metric);
    space.choose_centre(pointers(all, d));
    auto reduction = Reduction::find(300, d, all.data(), space.centre(), nullptr);
    if (!reduction) continue;  // too much noise
    ++reduced;
    space.reduce(std::move(reduction));
    std::vector<float> rows(all.begin(), all.begin() + static_cast<ptrdiff_t>(random.between(1, 64) * d));
    std::vector<float> x(all.end() - static_cast<ptrdiff_t>(20 * d), all.end());
    std::copy_n(rows.data(), d, x.data());
    for (size_t j = 0; j < d; ++j) {
      x[d + j] = random.hostile();
      x[2 * d + j] = scale * random.uniform();
      x[3 * d + j] = space.centre()[j];
      if (rows.size() >= 3 * d) rows[d + j] = space.centre()[j];
      if (rows.size() >= 3 * d) rows[2 * d + j] = random.hostile();
    }
    check_bounds(space, rows, x);
  }
  CHECK(reduced > 80);
}

}  // namespace
}  // namespace voronode::test
