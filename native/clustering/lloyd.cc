#include "clustering/lloyd.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <random>

#include "base/poll.h"
#include "base/thread_pool.h"

namespace voronode {
namespace {

// How Faiss splits (ClusteringHelpers.cpp), kept so that the same draws give the same clusters.
constexpr uint32_t kSplitSeed = 1234;
constexpr float kSplitFactor = 1 / 1024.0f;
constexpr float kLargest = std::numeric_limits<float>::max();

constexpr size_t kBlock = PointSketches::kMaxPoints;
constexpr size_t kBlocksPerTask = 4;
constexpr size_t kMeansPerTask = 8;
constexpr size_t kMeanRows = 4;

double norm(const float* x, size_t d) noexcept {
  double sum = 0;
  for (size_t j = 0; j < d; ++j) sum += static_cast<double>(x[j]) * static_cast<double>(x[j]);
  return std::sqrt(sum);
}

}  // namespace

Lloyd::Lloyd(size_t n, size_t d, const float* points, size_t k, bool spherical, const Cancel* cancel)
    : n_(n),
      d_(d),
      points_(points),
      k_(k),
      spherical_(spherical),
      cancel_(cancel),
      centroids_(checked_mul(k, d)),
      nearest_(n),
      members_(n),
      first_(k + 1) {
  spaces_ = SketchSpaces::choose(k, d, metric(), n, points, cancel);
  for (size_t begin = 0; begin < n; begin += kBlock) {
    sketches_.emplace_back(std::min(n - begin, kBlock), points + begin * d);
  }
}

void Lloyd::start(const std::vector<size_t>& chosen) {
  for (size_t c = 0; c < k_; ++c) std::copy_n(points_ + chosen[c] * d_, d_, centroids_.data() + c * d_);
  normalize();
  assigned_ = false;
}

ClusteringIteration Lloyd::iterate() {
  const bool first = !assigned_;
  assign();
  list_members();
  ClusteringIteration found{objective(), imbalance(), 0};
  move_centroids();
  found.splits = split_empty();
  normalize();
  if (first && !spaces_.reduced) {
    // Means vary in fewer directions than the points that stood for them so far.
    spaces_.reduce(k_, k_, centroids_.data(), cancel_);
  }
  return found;
}

void Lloyd::assign() {
  const Assigner assigner(k_, d_, metric(), centroids_.data(), spaces_);
  const size_t blocks = sketches_.size();
  ThreadPool::instance().parallel_for((blocks + kBlocksPerTask - 1) / kBlocksPerTask, cancel_, [&](size_t task) {
    Assigner::Scratch scratch(assigner);
    for (size_t b = task * kBlocksPerTask; b < std::min(blocks, (task + 1) * kBlocksPerTask); ++b) {
      poll(cancel_);
      const float* const x = points_ + b * kBlock * d_;
      Nearest* const nearest = nearest_.data() + b * kBlock;
      for (size_t i = 0; i < sketches_[b].size(); ++i) {
        nearest[i].key = assigned_ ? assigner.key(x + i * d_, nearest[i].label) : std::nanf("");
        if (std::isnan(nearest[i].key)) nearest[i] = Nearest{};
      }
      assigner.scan(sketches_[b], nearest, scratch);
    }
  });
  assigned_ = true;
}

void Lloyd::list_members() {
  std::fill(first_.begin(), first_.end(), size_t{0});
  for (const Nearest& nearest : nearest_) ++first_[nearest.label + 1];
  std::partial_sum(first_.begin(), first_.end(), first_.begin());
  std::vector<size_t> next(first_.begin(), first_.end() - 1);
  for (size_t i = 0; i < n_; ++i) members_[next[nearest_[i].label]++] = static_cast<uint32_t>(i);
}

double Lloyd::objective() const {
  double total = 0;
  for (const Nearest& nearest : nearest_) total += static_cast<double>(nearest.key);
  return spherical_ ? -total : total;
}

double Lloyd::imbalance() const {
  double squares = 0;
  for (size_t c = 0; c < k_; ++c) squares += static_cast<double>(size(c)) * static_cast<double>(size(c));
  return squares * static_cast<double>(k_) / (static_cast<double>(n_) * static_cast<double>(n_));
}

// Sums in double, always in the same order: no overflow, and the same for any number of threads.
void Lloyd::move_centroids() {
  ThreadPool::instance().parallel_for((k_ + kMeansPerTask - 1) / kMeansPerTask, cancel_, [&](size_t task) {
    std::vector<double> sums(d_);
    for (size_t c = task * kMeansPerTask; c < std::min(k_, (task + 1) * kMeansPerTask); ++c) {
      if (size(c) == 0) continue;
      std::fill(sums.begin(), sums.end(), 0.0);
      for (size_t m = first_[c]; m < first_[c + 1]; m += kMeanRows) {
        if ((m - first_[c]) % 1024 == 0) poll(cancel_);
        add_members(m, std::min(kMeanRows, first_[c + 1] - m), sums.data());
      }
      const double share = 1.0 / static_cast<double>(size(c));
      for (size_t j = 0; j < d_; ++j) centroids_[c * d_ + j] = static_cast<float>(sums[j] * share);
    }
  });
}

// Four rows at a time, so that the sums are loaded and stored a fourth as often.
void Lloyd::add_members(size_t first, size_t count, double* sums) const noexcept {
  const float* rows[kMeanRows];
  for (size_t r = 0; r < count; ++r) rows[r] = points_ + members_[first + r] * d_;
  if (count == kMeanRows) {
    for (size_t j = 0; j < d_; ++j) {
      sums[j] += (static_cast<double>(rows[0][j]) + static_cast<double>(rows[1][j])) +
                 (static_cast<double>(rows[2][j]) + static_cast<double>(rows[3][j]));
    }
    return;
  }
  for (size_t r = 0; r < count; ++r) {
    for (size_t j = 0; j < d_; ++j) sums[j] += static_cast<double>(rows[r][j]);
  }
}

// Each empty cluster gets half of one that is chosen in proportion to its size: a copy of its centroid, both moved
// apart a little.
size_t Lloyd::split_empty() {
  std::mt19937 random(kSplitSeed);
  std::vector<float> sizes(k_);
  for (size_t c = 0; c < k_; ++c) sizes[c] = static_cast<float>(size(c));
  size_t splits = 0;
  for (size_t empty = 0; empty < k_; ++empty) {
    if (sizes[empty] != 0) continue;
    poll(cancel_);
    size_t donor = 0;
    for (;; donor = (donor + 1) % k_) {
      const auto p = static_cast<float>((static_cast<double>(sizes[donor]) - 1) / static_cast<double>(n_ - k_));
      const float draw = static_cast<float>(random()) / static_cast<float>(std::mt19937::max());
      if (draw < p) break;
    }
    part(donor, empty);
    sizes[empty] = sizes[donor] / 2;
    sizes[donor] -= sizes[empty];
    ++splits;
  }
  return splits;
}

void Lloyd::part(size_t donor, size_t empty) noexcept {
  float* const from = centroids_.data() + donor * d_;
  float* const to = centroids_.data() + empty * d_;
  for (size_t j = 0; j < d_; ++j) {
    const float more = std::clamp(from[j] * (1 + kSplitFactor), -kLargest, kLargest);  // not an infinity
    const float less = from[j] * (1 - kSplitFactor);
    to[j] = j % 2 == 0 ? more : less;
    from[j] = j % 2 == 0 ? less : more;
  }
}

void Lloyd::normalize() noexcept {
  if (!spherical_) return;
  for (size_t c = 0; c < k_; ++c) {
    float* const row = centroids_.data() + c * d_;
    const double length = norm(row, d_);
    if (length == 0) continue;
    for (size_t j = 0; j < d_; ++j) row[j] = static_cast<float>(row[j] / length);
  }
}

}  // namespace voronode
