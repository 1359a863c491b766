#include "transform/orthogonal.h"

#include <algorithm>
#include <cmath>
#include <random>

#include "base/checked.h"
#include "base/poll.h"
#include "base/thread_pool.h"

namespace voronode {
namespace {

// Rows that are made orthonormal among themselves before the rest is freed of them: the rest then passes through the
// cache once for all of them.
constexpr size_t kBlock = 32;
constexpr size_t kRowsPerTask = 8;

double nearly_normal(std::mt19937& engine) {
  double sum = 0;
  for (int i = 0; i < 12; ++i) sum += (static_cast<double>(engine()) + 0.5) * 0x1p-32;
  return sum - 6;
}

// row -= its part along `unit`.
void take_out(const double* unit, double* row, size_t n) noexcept {
  const double along = dot(unit, row, n);
  for (size_t j = 0; j < n; ++j) row[j] -= along * unit[j];
}

void to_length_1(double* row, size_t n) noexcept {
  const double length = std::sqrt(dot(row, row, n));
  for (size_t j = 0; j < n; ++j) row[j] /= length;
}

// The rows of x (rows × n, rows ≤ n).
void make_orthonormal(size_t rows, size_t n, double* x, const Cancel* cancel) {
  for (size_t begin = 0; begin < rows; begin += kBlock) {
    const size_t end = std::min(rows, begin + kBlock);
    for (size_t i = begin; i < end; ++i) {
      poll(cancel);
      for (size_t before = begin; before < i; ++before) take_out(x + before * n, x + i * n, n);
      to_length_1(x + i * n, n);
    }
    const size_t tasks = (rows - end + kRowsPerTask - 1) / kRowsPerTask;
    ThreadPool::instance().parallel_for(tasks, cancel, [&](size_t task) {
      const size_t first = end + task * kRowsPerTask;
      for (size_t i = first; i < std::min(rows, first + kRowsPerTask); ++i) {
        for (size_t unit = begin; unit < end; ++unit) take_out(x + unit * n, x + i * n, n);
      }
    });
  }
}

}  // namespace

double dot(const double* x, const double* y, size_t n) noexcept {
  constexpr size_t kLanes = 8;
  double lanes[kLanes] = {};
  size_t i = 0;
  for (; i + kLanes <= n; i += kLanes) {
    for (size_t l = 0; l < kLanes; ++l) lanes[l] += x[i + l] * y[i + l];
  }
  for (size_t l = 0; i < n; ++i, ++l) lanes[l] += x[i] * y[i];
  return ((lanes[0] + lanes[4]) + (lanes[2] + lanes[6])) + ((lanes[1] + lanes[5]) + (lanes[3] + lanes[7]));
}

std::vector<double> random_orthogonal(size_t rows, size_t columns, uint32_t seed, const Cancel* cancel) {
  std::mt19937 engine(seed);
  const size_t shorter = std::min(rows, columns);
  const size_t longer = std::max(rows, columns);
  const size_t size = checked_mul(checked_mul(rows, columns), sizeof(double)) / sizeof(double);
  std::vector<double> x(size);
  for (size_t i = 0; i < shorter; ++i) {
    poll(cancel);
    for (size_t j = 0; j < longer; ++j) x[i * longer + j] = nearly_normal(engine);
  }
  make_orthonormal(shorter, longer, x.data(), cancel);
  if (rows <= columns) return x;
  std::vector<double> transposed(size);
  for (size_t i = 0; i < shorter; ++i) {
    for (size_t j = 0; j < longer; ++j) transposed[j * columns + i] = x[i * longer + j];
  }
  return transposed;
}

}  // namespace voronode
