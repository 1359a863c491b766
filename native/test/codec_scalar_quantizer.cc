// ScalarQuantizer: what is learned, codes to the bit, the edges of halves.
#include <doctest/doctest.h>

#include <bit>
#include <cmath>
#include <limits>

#include "base/error.h"
#include "codec/scalar_quantizer.h"
#include "test/random.h"
#include "test/reference.h"
#include "test/scalar_reference.h"
#include "test/threads.h"

namespace voronode::test {
namespace {

TEST_CASE("scalar quantizer: ranges go from the least to the greatest, whatever the threads") {
  const Threads restore;
  const size_t d = 5, n = 9000;
  auto x = Random(71).vectors(n, d);
  for (size_t i = 0; i < n; ++i) x[i * d + 3] = 0.25f;                      // no range at all
  for (size_t i = 0; i < n; ++i) x[i * d + 4] = i % 2 == 0 ? -0.0f : 0.0f;  // zeros: the first one's sign
  const ScalarQuantizer sq(d, ScalarCode::k8bit);
  CHECK(sq.code_size() == d);
  std::vector<float> expected(2 * d);
  for (size_t j = 0; j < d; ++j) {
    float low = x[j], high = x[j];
    for (size_t i = 1; i < n; ++i) {
      if (x[i * d + j] < low) low = x[i * d + j];
      if (x[i * d + j] > high) high = x[i * d + j];
    }
    expected[j] = low;
    expected[d + j] = high - low;
  }
  for (const size_t threads : {1, 2, 4, 8}) {
    ThreadPool::instance().set_threads(threads);
    CHECK(same(sq.learn(
                   n, [&](size_t i, float* out) { std::copy_n(x.data() + i * d, d, out); }, nullptr),
               expected));
  }
  CHECK(std::signbit(expected[4]));
  CHECK(ScalarQuantizer(d, ScalarCode::kFp16).learn(n, nullptr, nullptr).empty());
}

TEST_CASE("scalar quantizer: uniform codes have one range, from the least to the greatest of all components") {
  const float rows[][2] = {{1, 7}, {2, -3}, {0.5f, 4}};
  const auto row = [&](size_t i, float* out) { std::copy_n(rows[i], 2, out); };
  for (const ScalarCode code : {ScalarCode::k8bitUniform, ScalarCode::k4bitUniform}) {
    ScalarQuantizer sq(2, code);
    CHECK(sq.trained_size() == 2);
    sq.set_trained(sq.learn(3, row, nullptr));
    CHECK(sq.trained() == std::vector<float>{-3, 10});
    const ScalarRows ranges = sq.rows(nullptr, nullptr);
    CHECK(std::vector<float>(ranges.vmin, ranges.vmin + 2) == std::vector<float>{-3, -3});
    CHECK(std::vector<float>(ranges.vdiff, ranges.vdiff + 2) == std::vector<float>{10, 10});
  }
  const float far[][2] = {{3e38f, 0}, {0, -3e38f}};
  CHECK_THROWS_AS(ScalarQuantizer(2, ScalarCode::k4bitUniform)
                      .learn(
                          2, [&](size_t i, float* out) { std::copy_n(far[i], 2, out); }, nullptr),
                  Error);
}

TEST_CASE("scalar quantizer: every code is packed as defined, at every d") {
  Random random(73);
  for (const ScalarTraits& each : scalar_traits()) {
    for (size_t round = 0; round < 400; ++round) {
      const size_t d = random.between(1, 40);
      ScalarQuantizer sq(d, each.code);
      auto x = random.vectors(1, d);
      if (each.beyond == 256) {
        for (float& component : x) component = std::fabs(component) * 200;
      } else if (each.beyond == 128) {
        for (float& component : x) component *= 100;
      }
      std::vector<float> trained(sq.trained_size());
      for (float& value : trained) value = random.uniform();
      for (size_t i = trained.size() / 2; i < trained.size(); ++i) trained[i] = std::fabs(trained[i]);
      sq.set_trained(trained);
      REQUIRE(sq.first_without_code(x.data(), nullptr) == d);
      std::vector<uint8_t> code(sq.code_size(), 0xFF);
      sq.encode(x.data(), nullptr, code.data());
      CAPTURE(each.name);
      CAPTURE(d);
      REQUIRE(code == reference_code(sq, x.data(), nullptr));
    }
  }
}

TEST_CASE("scalar quantizer: what has no code is found at the edges") {
  struct Edge {
    ScalarCode code;
    float last, first;  // the last with a code, the first without
  };
  const Edge edges[] = {{ScalarCode::kFp16, 0x1.FFDFFEp15f, 0x1.FFEp15f},
                        {ScalarCode::kFp16, -0x1.FFDFFEp15f, -0x1.FFEp15f},
                        {ScalarCode::kBf16, 0x1.FEFFFEp127f, 0x1.FFp127f},
                        {ScalarCode::kBf16, -0x1.FEFFFEp127f, -0x1.FFp127f},
                        {ScalarCode::k8bitDirect, 0, -0x1p-149f},
                        {ScalarCode::k8bitDirect, 0x1.FFFFFEp7f, 256},
                        {ScalarCode::k8bitDirectSigned, -128, -0x1.000002p7f},
                        {ScalarCode::k8bitDirectSigned, 0x1.FFFFFEp6f, 128}};
  for (const Edge& edge : edges) {
    CAPTURE(traits(edge.code).name);
    const ScalarQuantizer sq(1, edge.code);
    CHECK(sq.first_without_code(&edge.last, nullptr) == 1);
    CHECK(sq.first_without_code(&edge.first, nullptr) == 0);
    uint8_t code[2];
    sq.encode(&edge.last, nullptr, code);
    float y;
    kernels().decode(sq.rows(code, nullptr), 1, 1, &y);
    CHECK(std::isfinite(y));
    CHECK(std::fabs(y - edge.last) <= std::max(1.0f, std::fabs(edge.last) / 128));
  }
}

TEST_CASE("scalar quantizer: a range that float32 does not hold is refused") {
  const float rows[][2] = {{1, 3e38f}, {2, -3e38f}};
  const auto row = [&](size_t i, float* out) { std::copy_n(rows[i], 2, out); };
  CHECK_THROWS_WITH_AS(ScalarQuantizer(2, ScalarCode::k8bit).learn(2, row, nullptr), doctest::Contains("component 1"),
                       Error);
}

TEST_CASE("scalar quantizer: a range whose greatest code stands for no finite number is refused") {
  const float most = std::numeric_limits<float>::max();
  const float rows[][2] = {{1, 3.3e38f}, {2, most}};
  const auto row = [&](size_t i, float* out) { std::copy_n(rows[i], 2, out); };
  for (const ScalarCode code : {ScalarCode::k8bit, ScalarCode::k6bit, ScalarCode::k4bit, ScalarCode::k8bitUniform}) {
    CHECK_THROWS_AS(ScalarQuantizer(2, code).learn(2, row, nullptr), Error);
  }
  const ScalarQuantizer sq(2, ScalarCode::k8bit);
  CHECK(sq.first_infinite_range({0, 0, 1, 3.4e38f}) == 1);
  CHECK(sq.first_infinite_range({0, 0, 1, 3.38e38f}) == 2);
  CHECK(sq.first_infinite_range({}) == 0);
}

TEST_CASE("scalar quantizer: direct codes are rounded down as Faiss does it, in float32") {
  const float x[] = {-1e-6f, 0.99999994f, -0.5f, 127.99999f, 3.75f, -128};
  const ScalarQuantizer sq(6, ScalarCode::k8bitDirectSigned);
  uint8_t code[6];
  sq.encode(x, nullptr, code);
  CHECK(std::vector<int>(code, code + 6) == std::vector<int>{128, 129, 127, 255, 131, 0});
}

TEST_CASE("scalar quantizer: bytes are truncated, cut to the range, and 0 where there is no range") {
  ScalarQuantizer sq(6, ScalarCode::k8bit);
  sq.set_trained({0, 0, 0, -1, 5, 0, 1, 1, 1, 2, 0, 255});
  const float x[] = {-0.1f, 1.5f, 0.999f, 0, 7, 254.99f};
  uint8_t code[6];
  sq.encode(x, nullptr, code);
  CHECK(std::vector<int>(code, code + 6) == std::vector<int>{0, 255, 254, 127, 0, 254});
  const float centroid[] = {-1, 1, 0.5f, 0, 0, 3e38f};
  sq.encode(x, centroid, code);
  CHECK(std::vector<int>(code, code + 6) == std::vector<int>{229, 127, 127, 127, 0, 0});
}

// The formula in other words, for floats of all kinds.
TEST_CASE("scalar quantizer: bytes are what the definition says") {
  Random random(72);
  for (size_t round = 0; round < 20'000; ++round) {
    const bool hostile = random.one_in(2);
    const float vmin = hostile ? random.hostile() : random.uniform();
    const float vdiff = std::fabs(hostile ? random.hostile() : random.uniform());
    const float x = hostile ? random.hostile() : 2 * random.uniform();
    ScalarQuantizer sq(1, ScalarCode::k8bit);
    sq.set_trained({vmin, vdiff});
    uint8_t code;
    sq.encode(&x, nullptr, &code);
    float part = vdiff == 0 ? 0 : (x - vmin) / vdiff;
    if (part < 0) part = 0;
    if (part > 1.0) part = 1.0;
    CHECK(code == static_cast<int>(255 * part));
  }
}

TEST_CASE("halves: every one comes back, and what lies between goes to the nearest, in the middle away from zero") {
  const auto value = [](uint32_t half) {
    const uint8_t bytes[] = {static_cast<uint8_t>(half), static_cast<uint8_t>(half >> 8)};
    return reference_half(bytes);
  };
  for (uint32_t half = 0; half < 0x7C00; ++half) {
    const float x = value(half);
    const float next = half == 0x7BFF ? 65536.0f : value(half + 1);
    const float middle = x + (next - x) / 2;  // exact
    const float below = std::nextafter(middle, 0.0f);
    const float above = std::nextafter(middle, 1e9f);
    for (const uint32_t sign : {0u, 0x8000u}) {
      const float s = sign != 0 ? -1.0f : 1.0f;
      REQUIRE(to_half(s * x) == (half | sign));
      REQUIRE(to_half(s * middle) == ((half + 1) | sign));
      REQUIRE(to_half(s * below) == (half | sign));
      REQUIRE(to_half(s * above) == ((half + 1) | sign));
    }
  }
  CHECK(to_half(1e30f) == 0x7C00);
  CHECK(to_half(-std::numeric_limits<float>::infinity()) == 0xFC00);
  CHECK(to_half(std::numeric_limits<float>::denorm_min()) == 0);
  CHECK(to_half(0x1p-25f) == 1);
  CHECK(to_half(std::nextafter(0x1p-25f, 0.0f)) == 0);
  CHECK((to_half(std::numeric_limits<float>::quiet_NaN()) & 0x7FFF) > 0x7C00);
}

TEST_CASE("halves: what overflows is found") {
  const ScalarQuantizer sq(3, ScalarCode::kFp16);
  CHECK(sq.code_size() == 6);
  const float fine[] = {65519.9f, -65519.9f, 0};
  const float large[] = {1, -65520.0f, 1e30f};
  const float centroid[] = {0, -65520.0f, 1e30f};
  CHECK(sq.first_without_code(fine, nullptr) == 3);
  CHECK(sq.first_without_code(large, nullptr) == 1);
  CHECK(sq.first_without_code(large, centroid) == 3);
  CHECK(sq.first_without_code(fine, centroid) == 2);
  uint8_t code[6];
  sq.encode(large, centroid, code);
  CHECK(std::vector<int>(code, code + 6) == std::vector<int>{0, 0x3C, 0, 0, 0, 0});
}

}  // namespace
}  // namespace voronode::test
