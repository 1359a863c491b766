// Vectors as they are and as nobody expects them, and odd ones among them.
#pragma once

#include <algorithm>
#include <cmath>
#include <vector>

#include "test/differential/choices.h"

namespace voronode::test {

class Data {
 public:
  Data(Choices& choices, size_t d)
      : random_(choices.random()),
        d_(d),
        style_(static_cast<Style>(choices.below(kStyles))),
        scale_(std::pow(10.0f, static_cast<float>(choices.between(0, 76)) - 38)) {
    constexpr float kSpreads[] = {0.05f, 0.0f, 1e-3f, 1.0f};
    spread_ = choices.any_of(kSpreads);
  }

  size_t d() const { return d_; }

  // n vectors, n × d.
  std::vector<float> vectors(size_t n) {
    std::vector<float> x(n * d_);
    for (size_t i = 0; i < n; ++i) fill(x.data() + i * d_);
    return x;
  }

  // A vector near another, of size d; or, now and then, anywhere.
  void near(const float* centre, float* out) {
    fill(out);
    if (random_.one_in(64)) return;
    for (size_t j = 0; j < d_; ++j) {
      const bool whole = style_ == Style::kWhole || style_ == Style::kBinary;
      const float off = whole ? std::round(out[j] * spread_ * 0.1f) : out[j] * spread_;
      out[j] = finite(centre[j] + off);
    }
  }

  // Makes a vector one that a sketch may not be made of, or a bound not hold for.
  void make_odd(float* x) {
    constexpr float kComponents[] = {1e16f, -1e16f, 1e-20f, 1e30f, 1e38f, 1e-45f, 1e15f, 1e-12f};
    switch (random_.below(6)) {
      case 0:
        std::fill(x, x + d_, 0.0f);
        break;
      case 1:
        for (size_t j = 0; j < d_; ++j) x[j] = random_.hostile();
        break;
      case 2:
        for (size_t j = 0; j < d_; ++j) x[j] = finite(x[j] * 1e30f);
        break;
      case 3:
        for (size_t j = 0; j < d_; ++j) x[j] *= 1e-30f;
        break;
      case 4:
        std::fill(x, x + d_, 0.0f);
        [[fallthrough]];
      default:
        x[random_.below(d_)] = kComponents[random_.below(std::size(kComponents))];
    }
  }

 private:
  enum class Style { kUniform, kWhole, kBinary, kScaledRows, kScaled, kFar, kHostile, kOutliers, kMostlyZero };
  static constexpr size_t kStyles = 9;

  static float finite(float x) { return std::isfinite(x) ? x : 1.0f; }

  void fill(float* row) {
    const float scale = style_ == Style::kScaledRows ? std::ldexp(1.0f, static_cast<int>(random_.below(61)) - 30) : 1;
    for (size_t j = 0; j < d_; ++j) row[j] = finite(component() * scale);
    if (style_ == Style::kOutliers && random_.one_in(20)) make_odd(row);
  }

  float component() {
    switch (style_) {
      case Style::kWhole:
        return static_cast<float>(random_.below(256));
      case Style::kBinary:
        return static_cast<float>(random_.below(2));
      case Style::kScaled:
        return random_.uniform() * scale_;
      case Style::kFar:
        return random_.uniform() + 500;
      case Style::kHostile:
        return random_.hostile();
      case Style::kMostlyZero:
        return random_.one_in(4) ? random_.uniform() : random_.one_in(2) ? -0.0f : 0.0f;
      default:
        return random_.uniform();
    }
  }

  Random& random_;
  size_t d_;
  Style style_;
  float scale_;
  float spread_;  // of vectors near another
};

}  // namespace voronode::test
