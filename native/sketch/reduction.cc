#include "sketch/reduction.h"

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

#include "base/poll.h"
#include "base/thread_pool.h"
#include "kernels/kernels.h"

namespace voronode {
namespace {

constexpr double kU = 0x1p-24;
constexpr double kLeftOver = 0.01;
constexpr size_t kMaxDirections = 255;
constexpr size_t kMaxSourceDimension = 4096;  // the second moments take d² floats
constexpr size_t kSample = 4096;              // vectors that give the second moments
constexpr size_t kMomentRows = 24;            // rows of the moments a task
constexpr int kRounds = 3;

// The second moments of the vectors (negated: of no matter for directions), d × d.
void second_moments(size_t n, size_t d, const float* x, const float* centre, const Cancel* cancel, float* moments) {
  const size_t count = std::min(n, kSample);
  AlignedArray<float> columns(checked_mul(d, count));
  for (size_t i = 0; i < count; ++i) {
    const float* const row = x + i * (n / count) * d;
    for (size_t j = 0; j < d; ++j) columns.data()[j * count + i] = row[j] - centre[j];
  }
  ThreadPool::instance().parallel_for((d + kMomentRows - 1) / kMomentRows, cancel, [&](size_t task) {
    const size_t begin = task * kMomentRows;
    const size_t rows = std::min(d - begin, kMomentRows);
    kernels().neg_inner_product(columns.data() + begin * count, rows, columns.data(), d, count, moments + begin * d, d);
  });
}

double dot(const float* x, const float* y, size_t d) noexcept {
  double sum = 0;
  for (size_t j = 0; j < d; ++j) sum += static_cast<double>(x[j]) * static_cast<double>(y[j]);
  return sum;
}

// Gram-Schmidt, each row twice against those before it. A row that vanishes is left zero.
void orthonormalize(float* basis, size_t p, size_t d, std::vector<float>& products) {
  for (size_t i = 0; i < p; ++i) {
    float* const row = basis + i * d;
    for (int pass = 0; pass < 3; ++pass) {
      const double length = std::sqrt(dot(row, row, d));
      const auto inverse = static_cast<float>(length > 0 && std::isfinite(length) ? 1 / length : 0);
      for (size_t j = 0; j < d; ++j) row[j] *= inverse;
      if (pass == 2 || i == 0) continue;
      kernels().neg_inner_product(row, 1, basis, i, d, products.data(), i);
      for (size_t b = 0; b < i; ++b) {
        for (size_t j = 0; j < d; ++j) row[j] += products[b] * basis[b * d + j];
      }
    }
  }
}

// ‖BBᵀ - I‖, Frobenius, rounded up.
double defect(const float* basis, size_t p, size_t d) noexcept {
  double sum = 0;
  for (size_t i = 0; i < p; ++i) {
    for (size_t b = 0; b <= i; ++b) {
      const double off = dot(basis + i * d, basis + b * d, d) - (i == b ? 1 : 0);
      sum += (i == b ? 1 : 2) * off * off;
    }
  }
  return std::sqrt(sum) * (1 + 0x1p-20) + 0x1p-40;
}

}  // namespace

std::shared_ptr<const Reduction> Reduction::find(size_t n, size_t d, const float* x, const float* centre,
                                                 const Cancel* cancel) {
  const size_t most = std::min({kMaxDirections, d / 2, n / 4}) / 4 * 4;
  if (most < 8 || d > kMaxSourceDimension) return nullptr;
  AlignedArray<float> moments(d * d);
  second_moments(n, d, x, centre, cancel, moments.data());
  double energy = 0;
  for (size_t j = 0; j < d; ++j) energy -= static_cast<double>(moments.data()[j * d + j]);
  if (!(energy > 1e-30 && energy < 1e30)) return nullptr;
  size_t p = most - 1;
  AlignedArray<float> basis(p * d);
  AlignedArray<float> product(p * d);
  std::vector<float> products(p);
  std::mt19937 random(1);
  for (size_t i = 0; i < p * d; ++i) basis.data()[i] = static_cast<float>(random()) * 0x1p-31f - 1;
  // Orthogonal iteration: the rows turn towards the directions of most energy, in this order.
  for (int round = 0; round < kRounds; ++round) {
    poll(cancel);
    kernels().neg_inner_product(basis.data(), p, moments.data(), d, d, product.data(), d);
    orthonormalize(product.data(), p, d, products);
    std::copy_n(product.data(), p * d, basis.data());
  }
  kernels().neg_inner_product(basis.data(), p, moments.data(), d, d, product.data(), d);
  double held = 0;
  size_t needed = 0;
  while (needed < p && held < (1 - kLeftOver) * energy) {
    held += dot(basis.data() + needed * d, product.data() + needed * d, d);
    ++needed;
  }
  if (held < (1 - kLeftOver) * energy) return nullptr;
  p = (needed + 4) / 4 * 4 - 1;
  const std::shared_ptr<Reduction> found(new Reduction(p, d));
  std::copy_n(basis.data(), p * d, found->basis_.data());
  const double gamma = (static_cast<double>(d) / 16 + 9) * kU;
  const double eta = defect(basis.data(), p, d);
  if (!(eta < 1e-3)) return nullptr;
  const double kappa = eta + gamma * std::sqrt(static_cast<double>(p)) * (1 + eta);
  found->slack_ = 8 * (gamma + kappa);
  return found;
}

void Reduction::apply(size_t n, const float* const* x, const float* centre, float* work, float* images,
                      float* norms2) const noexcept {
  const Kernels& table = kernels();
  const auto margin = static_cast<float>(slack_ * 3 / 8);
  for (size_t i = 0; i < n; ++i) {
    for (size_t j = 0; j < d_; ++j) work[i * d_ + j] = x[i][j] - centre[j];
  }
  table.neg_inner_product(work, n, basis_.data(), p_, d_, images, p_ + 1);
  for (size_t i = 0; i < n; ++i) {
    float* const image = images + i * (p_ + 1);
    float negated, held;
    table.neg_inner_product(work + i * d_, 1, work + i * d_, 1, d_, &negated, 1);
    table.neg_inner_product(image, 1, image, 1, p_, &held, 1);
    norms2[i] = -negated;
    image[p_] = std::sqrt(std::max(0.0f, norms2[i] + held) + margin * norms2[i]) * (1 + 0x1p-20f);
  }
}

}  // namespace voronode
