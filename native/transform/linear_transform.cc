#include "transform/linear_transform.h"

#include <algorithm>
#include <atomic>
#include <cmath>

#include "base/aligned.h"
#include "base/checked.h"
#include "base/error.h"
#include "base/free_memory.h"
#include "base/poll.h"
#include "base/thread_pool.h"
#include "kernels/kernels.h"
#include "transform/orthogonal.h"

namespace voronode {
namespace {

// Rows of A for one call of the kernel: they stay in the cache while the vectors pass over them (storage/scan.h).
constexpr size_t kTileBytes = size_t{128} << 10;
constexpr size_t kMinTileRows = 16;

size_t tile_rows(size_t d) noexcept { return std::max(kMinTileRows, kTileBytes / (d * sizeof(float))); }

// Rows are orthonormal if no inner product of two is off by more than this: what is undone is then right to about as
// much. (Faiss asks for 4e-5 of a matrix that it is given, and for nothing of one that it trained or read. The directions
// that it finds in few vectors are off by some 1e-4.)
constexpr float kOrthonormal = 1e-3f;

bool rows_are_orthonormal(size_t n, size_t d, const float* x, const Cancel* cancel) {
  const size_t tile = tile_rows(d);
  std::atomic<bool> good{true};
  ThreadPool::instance().parallel_for((n + tile - 1) / tile, cancel, [&](size_t task) {
    const size_t first = task * tile;
    const size_t rows = std::min(tile, n - first);
    AlignedArray<float> products(rows * std::min(tile, n));
    for (size_t other = 0; other <= first && good.load(std::memory_order_relaxed); other += tile) {
      poll(cancel);
      const size_t others = std::min(tile, n - other);
      kernels().neg_inner_product(x + first * d, rows, x + other * d, others, d, products.data(), others);
      for (size_t i = 0; i < rows; ++i) {
        for (size_t j = 0; j < others; ++j) {
          const float expected = first + i == other + j ? -1.0f : 0.0f;
          if (!(std::fabs(products.data()[i * others + j] - expected) <= kOrthonormal)) good = false;
        }
      }
    }
  });
  return good;
}

bool is_orthonormal(size_t d_in, size_t d_out, const std::vector<float>& A, const Cancel* cancel) {
  if (A.empty()) return false;
  if (d_out <= d_in) return rows_are_orthonormal(d_out, d_in, A.data(), cancel);
  std::vector<float> columns(A.size());
  for (size_t i = 0; i < d_out; ++i) {
    for (size_t j = 0; j < d_in; ++j) columns[j * d_out + i] = A[i * d_in + j];
  }
  return rows_are_orthonormal(d_in, d_out, columns.data(), cancel);
}

}  // namespace

LinearTransform::LinearTransform(size_t d_in, size_t d_out, LinearMap map, const Cancel* cancel)
    : VectorTransform(d_in, d_out),
      map_(std::move(map)),
      is_orthonormal_(is_orthonormal(d_in, d_out, map_.A, cancel)) {}

bool LinearTransform::same_as(const VectorTransform& other) const noexcept {
  const LinearMap& theirs = static_cast<const LinearTransform&>(other).map_;
  return map_.A == theirs.A && map_.b == theirs.b && map_.has_bias == theirs.has_bias;
}

void LinearTransform::apply_rows(size_t n, const float* x, float* out, const Cancel* cancel) const {
  const size_t tile = tile_rows(d_in());
  for (size_t first = 0; first < d_out(); first += tile) {
    poll(cancel);
    const size_t rows = std::min(tile, d_out() - first);
    kernels().neg_inner_product(x, n, map_.A.data() + first * d_in(), rows, d_in(), out + first, d_out());
  }
  for (size_t i = 0; i < n; ++i, out += d_out()) {
    if (map_.has_bias) {
      for (size_t j = 0; j < d_out(); ++j) out[j] = map_.b[j] - out[j];
    } else {
      for (size_t j = 0; j < d_out(); ++j) out[j] = -out[j];
    }
  }
}

void LinearTransform::reverse_row(const float* y, float* x) const {
  if (!is_orthonormal_) {
    throw Error(Code::kUnsupported,
                format("The matrix of this %s is not orthonormal: it cannot be undone, so there is no vector to be "
                       "given back; reconstruct from the index behind the transform (index.index)",
                       kind()));
  }
  std::vector<double> sums(d_in());
  for (size_t i = 0; i < d_out(); ++i) {
    const double factor = static_cast<double>(y[i]) - (map_.has_bias ? map_.b[i] : 0.0f);
    const float* const row = map_.A.data() + i * d_in();
    for (size_t j = 0; j < d_in(); ++j) sums[j] += factor * row[j];
  }
  for (size_t j = 0; j < d_in(); ++j) x[j] = static_cast<float>(sums[j]);
}

std::shared_ptr<const VectorTransform> RandomRotationMatrix::trained(size_t, const float*, const Cancel* cancel) const {
  constexpr uint32_t kSeed = 12345;  // Faiss's
  const MemoryClaim claim(checked_mul(checked_mul(d_in(), d_out()), 2 * sizeof(double) + 2 * sizeof(float)));
  const std::vector<double> matrix = random_orthogonal(d_out(), d_in(), kSeed, cancel);
  LinearMap map;
  map.A.assign(matrix.begin(), matrix.end());
  return std::make_shared<RandomRotationMatrix>(d_in(), d_out(), std::move(map), cancel);
}

}  // namespace voronode
