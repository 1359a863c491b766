// Every target that this machine can run against the definition in kernels.h, bit for bit, with guard pages behind
// every array.
#include <doctest/doctest.h>

#include <string>

#include "kernels/kernels.h"
#include "test/guarded.h"
#include "test/random.h"
#include "test/reference.h"
#include "test/targets.h"

namespace voronode::test {
namespace {

constexpr size_t kQueries = 13;
constexpr size_t kRows = 33;
constexpr size_t kPad = 3;  // floats between the rows of out, which must stay as they are
constexpr float kUntouched = -12345.0f;

size_t row_counts(size_t i) { return i < 20 ? i + 1 : kRows; }
size_t query_counts(size_t i) { return i < 8 ? i + 1 : kQueries; }

// kQueries × d and kRows × d components with both arrays' ends at a guard page, and all distances between them.
struct Case {
  Case(size_t d_, Metric metric_, bool hostile, Random& random)
      : d(d_), metric(metric_), xq(kQueries * d), y(kRows * d), keys(kQueries * kRows) {
    for (size_t i = 0; i < kQueries * d; ++i) xq.data()[i] = hostile ? random.hostile() : random.uniform();
    for (size_t i = 0; i < kRows * d; ++i) {
      // Every fourth component is a query's, every eighth its negation: differences of zero, products that cancel.
      const float twin = xq.data()[i % (kQueries * d)];
      const size_t kind = random.below(8);
      y.data()[i] = kind < 2 ? twin : kind == 2 ? -twin : hostile ? random.hostile() : random.uniform();
    }
    for (size_t q = 0; q < kQueries; ++q) {
      for (size_t r = 0; r < kRows; ++r) {
        keys[q * kRows + r] = reference_key(metric, xq.data() + q * d, y.data() + r * d, d);
      }
    }
  }

  // The last nq queries and n rows, so that the arrays end at their guards. True if all distances are right and nothing
  // else was written.
  bool agrees(const Kernels& target, size_t nq, size_t n, size_t ldo, Guarded<float>& out) const {
    const size_t size = (nq - 1) * ldo + n;
    float* const first = out.data() + out.size() - size;
    std::fill(out.data(), out.data() + out.size(), kUntouched);
    const auto kernel = target.*traits(metric).rows;
    kernel(xq.data() + (kQueries - nq) * d, nq, y.data() + (kRows - n) * d, n, d, first, ldo);
    for (const float* p = out.data(); p < first; ++p) {
      if (*p != kUntouched) return false;
    }
    for (size_t i = 0; i < size; ++i) {
      const size_t q = kQueries - nq + i / ldo;
      const size_t r = kRows - n + i % ldo;
      if (!same(first[i], i % ldo < n ? keys[q * kRows + r] : kUntouched)) return false;
    }
    return true;
  }

  size_t d;
  Metric metric;
  Guarded<float> xq, y;
  std::vector<float> keys;
};

void check_all(const Case& one) {
  Guarded<float> out(kQueries * (kRows + kPad));
  for (const Kernels* target : runnable_targets()) {
    size_t wrong = 0;
    for (size_t a = 0; a < 9; ++a) {
      for (size_t b = 0; b<21; b += one.d> 200 ? 4 : 1) {
        const size_t nq = query_counts(a);
        const size_t n = row_counts(b);
        if (!one.agrees(*target, nq, n, n + (a + b) % 2 * kPad, out)) ++wrong;
      }
    }
    INFO(std::string(target->name), ", d ", one.d, std::string(", "), traits(one.metric).name);
    CHECK(wrong == 0);
  }
}

}  // namespace

TEST_CASE("distances have the bits of their definition, whatever the target, dimension, number of queries and rows") {
  Random random(1);
  std::vector<size_t> dimensions = {100, 128, 129, 768, 1536};
  for (size_t d = 1; d <= 70; ++d) dimensions.push_back(d);
  for (const size_t d : dimensions) {
    for (const Metric metric : kAllMetrics) {
      check_all(Case(d, metric, d % 2 == 0, random));
    }
  }
}

TEST_CASE("distances have the bits of their definition for hostile floats") {
  Random random(2);
  size_t numbers = 0, infinities = 0, nans = 0;
  for (size_t round = 0; round < 40; ++round) {
    for (const Metric metric : kAllMetrics) {
      const Case one(random.between(1, 40), metric, true, random);
      for (const float key : one.keys) ++(std::isnan(key) ? nans : std::isinf(key) ? infinities : numbers);
      Guarded<float> out(kQueries * kRows);
      for (const Kernels* target : runnable_targets()) {
        INFO(std::string(target->name), ", round ", round);
        CHECK(one.agrees(*target, kQueries, kRows, kRows, out));
        CHECK(one.agrees(*target, 1, kRows, kRows, out));
      }
    }
  }
  // The numbers were hostile indeed.
  CHECK(numbers > 1000);
  CHECK(infinities > 1000);
  CHECK(nans > 100);
}

TEST_CASE("distances of pairs that lie anywhere have the same bits") {
  Random random(3);
  for (const Kernels* target : runnable_targets()) {
    for (const size_t d : {1, 3, 16, 17, 48, 100, 129}) {
      const size_t n = 19;
      // Each vector ends where memory ends.
      std::vector<Guarded<float>> vectors;
      vectors.reserve(2 * n);
      std::vector<const float*> xq, y;
      for (size_t i = 0; i < 2 * n; ++i) {
        vectors.emplace_back(d);
        for (size_t j = 0; j < d; ++j) vectors[i].data()[j] = random.hostile();
        (i < n ? xq : y).push_back(vectors[i].data());
      }
      for (size_t count = 0; count <= n; ++count) {
        for (const Metric metric : kAllMetrics) {
          std::vector<float> keys(count + 1, -7.0f);
          (target->*traits(metric).pairs)(xq.data(), y.data(), count, d, keys.data());
          for (size_t i = 0; i < count; ++i) {
            float expected = 0;
            (target->*traits(metric).rows)(xq[i], 1, y[i], 1, d, &expected, 1);
            CHECK(std::bit_cast<uint32_t>(keys[i]) == std::bit_cast<uint32_t>(expected));
          }
          CHECK(keys[count] == -7.0f);
        }
      }
    }
  }
}

// Found by the search fuzzer: with d = 17 lanes 1 to 15 come to -0, and the zeros behind the last component undo that.
TEST_CASE("inner products of vanishing negative products have the sign of their definition") {
  for (size_t d : {1, 15, 16, 17, 31, 32, 33}) {
    const std::vector<float> x(d, 1e-30f);
    std::vector<float> y(d, -1e-30f);
    for (size_t zeros = 0; zeros < 2; ++zeros) {
      const float expected = reference_key(Metric::kInnerProduct, x.data(), y.data(), d);
      for (const Kernels* target : runnable_targets()) {
        float key;
        float of_pair;
        const float* const one[] = {x.data()};
        const float* const other[] = {y.data()};
        target->neg_inner_product(x.data(), 1, y.data(), 1, d, &key, 1);
        target->neg_inner_product_pairs(one, other, 1, d, &of_pair);
        INFO(std::string(target->name), ", d ", d);
        CHECK(same(key, expected));
        CHECK(same(of_pair, expected));
      }
      y[0] = 0;
    }
  }
}

TEST_CASE("subnormal distances are kept") {
  for (const Kernels* target : runnable_targets()) {
    CAPTURE(std::string(target->name));
    const float x[] = {0x1p-70f, 0x1p-149f, 0.0f};
    const float y[] = {0.0f, 0.0f, 1.0f};
    float out = -1.0f;
    target->l2sqr(x, 1, y, 1, 2, &out, 1);
    CHECK(out == 0x1p-140f);
    target->neg_inner_product(x + 1, 1, y + 2, 1, 1, &out, 1);
    CHECK(out == -0x1p-149f);
  }
}

}  // namespace voronode::test
