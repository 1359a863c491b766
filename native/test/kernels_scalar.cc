// Rows in codes, of every target: decoded and compared to the bit as kernels.h defines it, with guard pages behind
// every array.
#include <doctest/doctest.h>

#include <bit>
#include <cmath>
#include <string>

#include "kernels/kernels.h"
#include "test/guarded.h"
#include "test/random.h"
#include "test/reference.h"
#include "test/scalar_reference.h"
#include "test/targets.h"

namespace voronode::test {
namespace {

struct Case {
  ScalarCode code;
  size_t n, d;
  Guarded<uint8_t> codes;
  Guarded<float> vmin, vdiff, centroid, xq;
  bool residual;

  Case(Random& random, ScalarCode code, size_t n, size_t d, bool residual)
      : code(code),
        n(n),
        d(d),
        codes(n * scalar_row_bytes(code, d)),
        vmin(d),
        vdiff(d),
        centroid(d),
        xq(d),
        residual(residual) {
    const bool hostile = random.one_in(4);
    for (size_t i = 0; i < codes.size(); ++i) codes.data()[i] = static_cast<uint8_t>(random.bits());
    for (size_t i = 1; i < codes.size() && scalar_code_bits(code) == 16; i += 2) {
      const uint8_t exponent = code == ScalarCode::kFp16 ? 0x7C : 0x7F;
      if ((codes.data()[i] & exponent) == exponent) codes.data()[i] &= 0xBF;  // perhaps not finite
    }
    for (size_t j = 0; j < d; ++j) {
      vmin.data()[j] = hostile ? random.hostile() : random.uniform();
      vdiff.data()[j] = hostile ? std::fabs(random.hostile()) : random.uniform() + 1;
      centroid.data()[j] = hostile ? random.hostile() : random.uniform();
      xq.data()[j] = hostile ? random.hostile() : random.uniform();
    }
  }

  ScalarRows rows() const {
    const bool ranges = scalar_code_bits(code) < 16;
    return {code, codes.data(), ranges ? vmin.data() : nullptr, ranges ? vdiff.data() : nullptr,
            residual ? centroid.data() : nullptr};
  }
};

TEST_CASE("scalar codes: every target decodes and compares as defined") {
  Random random(61);
  for (size_t round = 0; round < 900; ++round) {
    const auto code = static_cast<ScalarCode>(random.below(9));
    const Case c(random, code, random.below(11), random.between(1, 70), random.one_in(2));
    const std::vector<float> expected = reference_rows(c.rows(), c.n, c.d);
    for (const Kernels* target : runnable_targets()) {
      INFO(std::string(target->name), ", code ", static_cast<int>(code), ", n ", c.n, ", d ", c.d);
      Guarded<float> y(c.n * c.d);
      target->decode(c.rows(), c.n, c.d, y.data());
      REQUIRE(same(std::vector<float>(y.data(), y.data() + y.size()), expected));
      for (const Metric metric : kAllMetrics) {
        Guarded<float> out(c.n);
        (target->*traits(metric).decoded)(c.xq.data(), c.rows(), c.n, c.d, out.data());
        for (size_t i = 0; i < c.n; ++i) {
          REQUIRE(same(out.data()[i], reference_key(metric, c.xq.data(), expected.data() + i * c.d, c.d)));
        }
      }
    }
  }
}

TEST_CASE("scalar codes: all bytes and all finite halves") {
  std::vector<uint8_t> bytes(256);
  for (size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<uint8_t>(i);
  const std::vector<float> zeros(256), ones(256, 1.0f);
  std::vector<uint8_t> sixes, nibbles;  // all codes, packed
  for (size_t i = 0; i < 64; i += 4) {
    const uint32_t four = static_cast<uint32_t>(i | (i + 1) << 6 | (i + 2) << 12 | (i + 3) << 18);
    for (size_t b = 0; b < 3; ++b) sixes.push_back(static_cast<uint8_t>(four >> 8 * b));
  }
  for (size_t i = 0; i < 16; i += 2) nibbles.push_back(static_cast<uint8_t>(i | (i + 1) << 4));
  std::vector<uint8_t> halves;
  for (uint32_t half = 0; half < 0x10000; ++half) {
    if ((half & 0x7C00) == 0x7C00) continue;
    halves.push_back(static_cast<uint8_t>(half));
    halves.push_back(static_cast<uint8_t>(half >> 8));
  }
  const size_t n = halves.size() / 2;
  for (const Kernels* target : runnable_targets()) {
    INFO(std::string(target->name));
    std::vector<float> y(256);
    target->decode({ScalarCode::k8bit, bytes.data(), zeros.data(), ones.data(), nullptr}, 1, 256, y.data());
    for (size_t i = 0; i < 256; ++i) CHECK(y[i] == (static_cast<float>(i) + 0.5f) / 255.0f);
    target->decode({ScalarCode::k6bit, sixes.data(), zeros.data(), ones.data(), nullptr}, 1, 64, y.data());
    for (size_t i = 0; i < 64; ++i) CHECK(y[i] == (static_cast<float>(i) + 0.5f) / 63.0f);
    target->decode({ScalarCode::k4bit, nibbles.data(), zeros.data(), ones.data(), nullptr}, 1, 16, y.data());
    for (size_t i = 0; i < 16; ++i) CHECK(y[i] == (static_cast<float>(i) + 0.5f) / 15.0f);
    target->decode({ScalarCode::k8bitDirect, bytes.data(), zeros.data(), nullptr, nullptr}, 1, 256, y.data());
    for (size_t i = 0; i < 256; ++i) CHECK(y[i] == static_cast<float>(i));
    y.resize(n);
    const ScalarRows rows{ScalarCode::kFp16, halves.data(), nullptr, nullptr, nullptr};
    target->decode(rows, 1, n, y.data());
    CHECK(same(y, reference_rows(rows, 1, n)));
  }
}

}  // namespace
}  // namespace voronode::test
