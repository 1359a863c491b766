// Eigenvalues and eigenvectors of a symmetric matrix, in double.
//
// Householder reflections make it tridiagonal, the implicit QL method makes that diagonal (Golub and Van Loan, Matrix
// Computations, 8.3). Every sum has a fixed order and nothing but +, -, ·, / and √ is used: the same bits on every
// machine and for any number of threads.
#pragma once

#include <cstddef>
#include <vector>

#include "base/cancel.h"

namespace voronode {

// a: d × d, symmetric, finite. Its rows become the eigenvectors, of length 1, that of the greatest eigenvalue first;
// the component of each that is largest in magnitude is positive. Returns the eigenvalues. About 7 d³ multiplications.
std::vector<double> symmetric_eigen(size_t d, std::vector<double>* a, const Cancel* cancel);

}  // namespace voronode
