// Random matrices with orthonormal rows or columns.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/cancel.h"

namespace voronode {

// rows × columns; the shorter side is orthonormal. From a matrix of numbers that are nearly normally distributed (sums
// of twelve uniform ones: a normal one takes a logarithm, which systems compute differently) by Gram-Schmidt, row by
// row. The same bits on every machine and for any number of threads. Takes rows · columns · min(rows, columns)
// multiplications twice.
std::vector<double> random_orthogonal(size_t rows, size_t columns, uint32_t seed, const Cancel* cancel);

// The inner product of two vectors of size n, summed in a fixed order.
double dot(const double* x, const double* y, size_t n) noexcept;

}  // namespace voronode
