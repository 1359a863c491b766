#include "transform/symmetric_eigen.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "base/poll.h"
#include "base/thread_pool.h"
#include "transform/orthogonal.h"

namespace voronode {
namespace {

constexpr size_t kRowsPerTask = 64;
constexpr size_t kWorkForThreads = size_t{1} << 16;  // less is done sooner by one thread than by waking another

struct Tridiagonal {
  std::vector<double> diagonal;  // of size d
  std::vector<double> off;       // off[i] beside diagonal[i] and diagonal[i + 1]; the last one is 0
};

// body(begin, end) for pieces of [0, n), each row of which takes `work` multiplications.
template <class Body>
void for_rows(size_t n, size_t work, const Cancel* cancel, const Body& body) {
  if (n * work < kWorkForThreads) {
    poll(cancel);
    return body(0, n);
  }
  ThreadPool::instance().parallel_for((n + kRowsPerTask - 1) / kRowsPerTask, cancel, [&](size_t task) {
    body(task * kRowsPerTask, std::min(n, (task + 1) * kRowsPerTask));
  });
}

// v and beta with (I - beta v vᵀ) x = (∓‖x‖, 0, 0, …): v over x; returns beta, 0 if there is nothing to reflect.
double reflector(size_t n, double* x, double* image) {
  const double norm = std::sqrt(dot(x, x, n));
  *image = norm;
  if (norm == 0) return 0;
  if (x[0] > 0) *image = -norm;
  x[0] -= *image;
  return 2 / dot(x, x, n);
}

// QᵀAQ, which is tridiagonal. Row k of `a` from component k + 1 on is left as the k-th reflector, betas[k] its factor.
Tridiagonal tridiagonal(size_t d, double* a, std::vector<double>* betas, const Cancel* cancel) {
  Tridiagonal t{std::vector<double>(d), std::vector<double>(d)};
  betas->assign(d, 0);
  std::vector<double> w(d);
  for (size_t k = 0; k + 1 < d; ++k) {
    const size_t m = d - k - 1;
    double* const v = a + k * d + k + 1;  // by symmetry the column below the diagonal
    double* const rest = a + (k + 1) * d + k + 1;
    t.diagonal[k] = a[k * d + k];
    const double beta = (*betas)[k] = m == 1 ? 0 : reflector(m, v, &t.off[k]);
    if (m == 1) t.off[k] = v[0];
    if (beta == 0) continue;
    for_rows(m, m, cancel, [&](size_t begin, size_t end) {
      for (size_t i = begin; i < end; ++i) w[i] = beta * dot(rest + i * d, v, m);
    });
    const double half = beta / 2 * dot(w.data(), v, m);
    for (size_t i = 0; i < m; ++i) w[i] -= half * v[i];
    for_rows(m, 2 * m, cancel, [&](size_t begin, size_t end) {
      for (size_t i = begin; i < end; ++i) {
        double* const row = rest + i * d;
        for (size_t j = 0; j < m; ++j) row[j] -= v[i] * w[j] + w[i] * v[j];
      }
    });
  }
  t.diagonal[d - 1] = a[d * d - 1];
  return t;
}

// Qᵀ from the reflectors: row r is e_r after all of them, from the last to the first.
std::vector<double> transposed_q(size_t d, const double* a, const std::vector<double>& betas, const Cancel* cancel) {
  constexpr size_t kAtOnce = 8;  // rows that pass a reflector while it is in the cache
  std::vector<double> q(d * d);
  ThreadPool::instance().parallel_for((d + kAtOnce - 1) / kAtOnce, cancel, [&](size_t task) {
    const size_t begin = task * kAtOnce;
    const size_t end = std::min(d, begin + kAtOnce);
    for (size_t r = begin; r < end; ++r) q[r * d + r] = 1;
    for (size_t k = end - 1; k-- > 0;) {  // those from r on leave row r alone
      if (k % 64 == 0) poll(cancel);
      const double* const v = a + k * d + k + 1;
      for (size_t r = std::max(begin, k + 1); r < end && betas[k] != 0; ++r) {
        double* const row = q.data() + r * d + k + 1;
        const double along = betas[k] * dot(row, v, d - k - 1);
        for (size_t j = 0; j < d - k - 1; ++j) row[j] -= along * v[j];
      }
    }
  });
  return q;
}

// Rotations of rows i and i + 1 of the eigenvectors, put off until there are many: each stripe of columns then stays in
// the cache for all of them.
class Rotations {
 public:
  Rotations(size_t d, double* rows, const Cancel* cancel) : d_(d), rows_(rows), cancel_(cancel) {}

  void add(size_t i, double c, double s) { pending_.push_back({i, c, s}); }
  void flush_if_many() {
    if (pending_.size() >= 32 * d_) flush();
  }
  void flush() {
    ThreadPool::instance().parallel_for((d_ + kStripe - 1) / kStripe, cancel_, [&](size_t task) {
      const size_t from = task * kStripe;
      const size_t width = std::min(kStripe, d_ - from);
      for (const Rotation& rotation : pending_) {
        double* const low = rows_ + rotation.i * d_ + from;
        double* const high = low + d_;
        for (size_t j = 0; j < width; ++j) {
          const double was = high[j];
          high[j] = rotation.s * low[j] + rotation.c * was;
          low[j] = rotation.c * low[j] - rotation.s * was;
        }
      }
    });
    pending_.clear();
  }

 private:
  static constexpr size_t kStripe = 32;  // columns: 256 bytes a row
  struct Rotation {
    size_t i;
    double c, s;
  };
  size_t d_;
  double* rows_;
  const Cancel* cancel_;
  std::vector<Rotation> pending_;
};

// One implicit QL step on rows begin … end of t, which are linked.
void ql_step(Tridiagonal* t, size_t begin, size_t end, Rotations* rotations) {
  std::vector<double>& d = t->diagonal;
  std::vector<double>& e = t->off;
  const double half = (d[begin + 1] - d[begin]) / (2 * e[begin]);
  const double root = std::sqrt(half * half + 1);
  double bulge = d[end] - d[begin] + e[begin] / (half + std::copysign(root, half));  // less the shift
  double s = 1, c = 1, moved = 0;
  for (size_t i = end; i-- > begin;) {
    const double across = s * e[i];
    const double along = c * e[i];
    const double length = std::sqrt(across * across + bulge * bulge);
    e[i + 1] = length;
    if (length == 0) {  // it fell apart here
      d[i + 1] -= moved;
      e[end] = 0;
      return;
    }
    s = across / length;
    c = bulge / length;
    const double left = d[i + 1] - moved;
    const double turn = (d[i] - left) * s + 2 * c * along;
    moved = s * turn;
    d[i + 1] = left + moved;
    bulge = c * turn - along;
    rotations->add(i, c, s);
  }
  d[begin] -= moved;
  e[begin] = bulge;
  e[end] = 0;
}

void diagonalize(size_t d, Tridiagonal* t, Rotations* rotations, const Cancel* cancel) {
  constexpr int kMaxSteps = 100;  // two or three are usual; what is left then is taken for 0
  constexpr double kEpsilon = std::numeric_limits<double>::epsilon();
  for (size_t begin = 0; begin < d; ++begin) {
    for (int step = 0; step < kMaxSteps; ++step) {
      poll(cancel);
      size_t end = begin;
      while (end + 1 < d) {
        const double beside = std::fabs(t->diagonal[end]) + std::fabs(t->diagonal[end + 1]);
        if (std::fabs(t->off[end]) <= kEpsilon * beside) break;
        ++end;
      }
      if (end == begin) break;
      ql_step(t, begin, end, rotations);
      rotations->flush_if_many();
    }
  }
  rotations->flush();
}

// A power of two near the greatest magnitude; 1 of a matrix of zeros.
double scale_of(const std::vector<double>& a) {
  double greatest = 0;
  for (double component : a) greatest = std::max(greatest, std::fabs(component));
  return greatest == 0 ? 1 : std::ldexp(1.0, std::ilogb(greatest));
}

void copy_with_sign(const double* vector, size_t d, double* out) {
  double largest = 0;
  for (size_t j = 0; j < d; ++j) largest = std::fabs(vector[j]) > std::fabs(largest) ? vector[j] : largest;
  for (size_t j = 0; j < d; ++j) out[j] = largest < 0 ? -vector[j] : vector[j];
}

}  // namespace

std::vector<double> symmetric_eigen(size_t d, std::vector<double>* a, const Cancel* cancel) {
  const double scale = scale_of(*a);  // squares must neither overflow nor vanish
  for (double& component : *a) component /= scale;
  std::vector<double> betas;
  Tridiagonal t = tridiagonal(d, a->data(), &betas, cancel);
  std::vector<double> vectors = transposed_q(d, a->data(), betas, cancel);
  Rotations rotations(d, vectors.data(), cancel);
  diagonalize(d, &t, &rotations, cancel);

  std::vector<size_t> order(d);
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](size_t i, size_t j) { return t.diagonal[i] > t.diagonal[j]; });
  std::vector<double> values(d);
  for (size_t i = 0; i < d; ++i) {
    values[i] = t.diagonal[order[i]] * scale;
    copy_with_sign(vectors.data() + order[i] * d, d, a->data() + i * d);
  }
  return values;
}

}  // namespace voronode
