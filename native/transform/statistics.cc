#include "transform/statistics.h"

#include <algorithm>

#include "base/checked.h"
#include "base/error.h"
#include "base/poll.h"
#include "base/thread_pool.h"

namespace voronode {
namespace {

// A tile of the scatter (kTile² doubles, 32 KiB) and kRows rows of both its sides stay in the L1 and L2 caches.
constexpr size_t kTile = 64;
constexpr size_t kRows = 64;
constexpr size_t kAtOnce = 4;  // rows whose products are added in one pass over the tile

// kRows × kTile: components [from, from + kTile) of some rows less their mean; zeros beyond the last row and component.
struct Strip {
  double values[kRows * kTile];

  void fill(const VectorSample& sample, const std::vector<double>& mean, size_t first, size_t from) noexcept {
    const size_t rows = std::min(kRows, sample.n - first);
    const size_t width = std::min(kTile, sample.d - from);
    std::fill(values, values + kRows * kTile, 0.0);
    for (size_t r = 0; r < rows; ++r) {
      const float* const x = sample.row(first + r) + from;
      for (size_t j = 0; j < width; ++j) values[r * kTile + j] = static_cast<double>(x[j]) - mean[from + j];
    }
  }
  const double* row(size_t r) const noexcept { return values + r * kTile; }
};

// tile[i][j] += Σ over rows of a[row][i] · b[row][j]
void add_products(const Strip& a, const Strip& b, double* tile) noexcept {
  static_assert(kAtOnce == 4);
  for (size_t r = 0; r < kRows; r += kAtOnce) {
    const double *a0 = a.row(r), *a1 = a.row(r + 1), *a2 = a.row(r + 2), *a3 = a.row(r + 3);
    const double *b0 = b.row(r), *b1 = b.row(r + 1), *b2 = b.row(r + 2), *b3 = b.row(r + 3);
    for (size_t i = 0; i < kTile; ++i) {
      double* const out = tile + i * kTile;
      for (size_t j = 0; j < kTile; ++j) {
        out[j] += (a0[i] * b0[j] + a1[i] * b1[j]) + (a2[i] * b2[j] + a3[i] * b3[j]);
      }
    }
  }
}

void write_tile(const double* tile, size_t d, size_t i0, size_t j0, double* scatter) noexcept {
  for (size_t i = 0; i < std::min(kTile, d - i0); ++i) {
    for (size_t j = 0; j < std::min(kTile, d - j0); ++j) {
      scatter[(i0 + i) * d + j0 + j] = tile[i * kTile + j];
      scatter[(j0 + j) * d + i0 + i] = tile[i * kTile + j];
    }
  }
}

}  // namespace

std::vector<double> mean_of(const VectorSample& sample, const Cancel* cancel) {
  if (sample.n == 0) throw Error(Code::kInvalidArgValue, "Training needs at least one vector. Received none");
  constexpr size_t kRowsAPoll = 4096;
  std::vector<double> mean(sample.d);
  const size_t strips = (sample.d + kTile - 1) / kTile;
  ThreadPool::instance().parallel_for(strips, cancel, [&](size_t strip) {
    const size_t from = strip * kTile;
    const size_t to = std::min(sample.d, from + kTile);
    for (size_t i = 0; i < sample.n; ++i) {
      if (i % kRowsAPoll == 0) poll(cancel);
      const float* const x = sample.row(i);
      for (size_t j = from; j < to; ++j) mean[j] += x[j];
    }
    for (size_t j = from; j < to; ++j) mean[j] /= static_cast<double>(sample.n);
  });
  return mean;
}

std::vector<double> scatter_of(const VectorSample& sample, const std::vector<double>& mean, const Cancel* cancel) {
  const size_t d = sample.d;
  std::vector<double> scatter(checked_mul(checked_mul(d, d), sizeof(double)) / sizeof(double));
  const size_t tiles = (d + kTile - 1) / kTile;
  // Task t: the tile (i, j) with j ≤ i, t = i (i + 1) / 2 + j.
  ThreadPool::instance().parallel_for(tiles * (tiles + 1) / 2, cancel, [&](size_t task) {
    size_t i = 0;
    while ((i + 1) * (i + 2) / 2 <= task) ++i;
    const size_t j = task - i * (i + 1) / 2;
    std::vector<double> tile(kTile * kTile);
    std::vector<Strip> strips(2);
    for (size_t first = 0; first < sample.n; first += kRows) {
      poll(cancel);
      strips[0].fill(sample, mean, first, i * kTile);
      if (i != j) strips[1].fill(sample, mean, first, j * kTile);
      add_products(strips[0], strips[i == j ? 0 : 1], tile.data());
    }
    write_tile(tile.data(), d, i * kTile, j * kTile, scatter.data());
  });
  return scatter;
}

}  // namespace voronode
