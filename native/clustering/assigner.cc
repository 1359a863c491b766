#include "clustering/assigner.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

#include "base/thread_pool.h"
#include "sketch/maker.h"

namespace voronode {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

// Sketches of centroids that stay in the L2 cache while vectors pass over them.
constexpr size_t kSlabBytes = size_t{384} << 10;
// Vectors that share one pass over a slab: the largest tile of a kernel. Their bounds stay in L2 beside the slab.
constexpr size_t kTilePoints = 6;
// The same for float32: bytes of centroids, and vectors whose keys to them stay in L2.
constexpr size_t kPieceBytes = size_t{128} << 10;
constexpr size_t kCallPoints = 24;
// Below these a sketch costs more than it saves.
constexpr size_t kMinCentroids = 64;
constexpr size_t kMinDimension = 16;

size_t ceil_div(size_t a, size_t b) noexcept { return (a + b - 1) / b; }

// Fewer centroids do not repay finding a reduction. A vector's first points show whether it is good enough: it is
// while the centroids that are computed in float32 cost less than it saves; one costs as much as this many int8 bounds.
constexpr size_t kMinReducedCentroids = 256;
constexpr size_t kTrialPoints = 24;
constexpr size_t kExactCost = 64;
// Sketches tell nothing apart where vectors are equal, or too large or small for them. Where the first points leave
// more than one centroid in this many to be computed, one at a time, tiles of float32 are faster.
constexpr size_t kHopelessPoints = 12;
constexpr size_t kHopeless = 8;
constexpr size_t kGaveUp = std::numeric_limits<size_t>::max();

// Smaller keys first, NaN last, ties by the smaller number. The loser joins the others.
void take(uint32_t label, float key, Nearest* best) noexcept {
  const bool first = std::isnan(best->key) && !std::isnan(key);
  if (!first && !(key < best->key) && !(key == best->key && label < best->label)) return;
  best->label = label;
  best->key = key;
}

}  // namespace

SketchSpaces SketchSpaces::choose(size_t k, size_t d, Metric metric, size_t n, const float* x, const Cancel* cancel) {
  SketchSpaces spaces;
  if (!traits(metric).sketched || k < kMinCentroids || d < kMinDimension || d > kMaxSketchDimension) return spaces;
  auto full = std::make_shared<SketchSpace>(d, metric);
  std::vector<const float*> sample;
  const size_t count = std::min(n, SketchSpace::kSampleRows);
  for (size_t i = 0; i < count; ++i) sample.push_back(x + i * (n / count) * d);
  full->choose_centre(sample);
  spaces.full = std::move(full);
  spaces.reduce(k, n, x, cancel);
  return spaces;
}

void SketchSpaces::reduce(size_t k, size_t n, const float* x, const Cancel* cancel) {
  if (k < kMinReducedCentroids || !full) return;
  auto reduction = Reduction::find(n, full->dimension(), x, full->centre(), cancel);
  if (!reduction) return;
  auto found = std::make_shared<SketchSpace>(*full);
  found->reduce(std::move(reduction));
  reduced = std::move(found);
}

const SketchQueries& PointSketches::in(const SketchSpaces& spaces, bool reduced) {
  std::optional<SketchQueries>& sketches = reduced ? reduced_ : full_;
  if (!sketches) sketches.emplace(reduced ? *spaces.reduced : *spaces.full, n_, x_);
  return *sketches;
}

Assigner::Groups::Groups(const SketchSpace& space, size_t k, const float* centroids)
    : stride(space.steps() * kGroupLine + kGroupTail),
      piece(std::min(ceil_div(k, kGroupRows), std::max<size_t>(1, kSlabBytes / stride)) * kGroupRows),
      bytes(checked_mul(ceil_div(k, kGroupRows), stride)) {
  SketchMaker maker(space);
  for (size_t first = 0; first < k; first += kGroupRows) {
    const size_t count = std::min(k - first, kGroupRows);
    const float* rows[kGroupRows];
    for (size_t r = 0; r < count; ++r) rows[r] = centroids + (first + r) * space.dimension();
    std::memcpy(bytes.data() + first / kGroupRows * stride, maker.code(rows, count), stride);
  }
}

Assigner::Assigner(size_t k, size_t d, Metric metric, const float* centroids)
    : Assigner(k, d, metric, centroids, SketchSpaces::choose(k, d, metric, k, centroids, nullptr)) {}

Assigner::Assigner(size_t k, size_t d, Metric metric, const float* centroids, const SketchSpaces& spaces)
    : k_(k), d_(d), metric_(metric), kernel_(distance_kernel(metric)), centroids_(checked_mul(k, d)), spaces_(spaces) {
  std::copy_n(centroids, k * d, centroids_.data());
  if (spaces.reduced) reduced_.emplace(*spaces.reduced, k, centroids);
  if (spaces.full) full_.emplace(*spaces.full, k, centroids);
}

size_t Assigner::max_piece() const noexcept {
  if (!full_) return std::min(k_, std::clamp<size_t>(kPieceBytes / (d_ * sizeof(float)), 16, 1024));
  return std::max(full_->piece, reduced_ ? reduced_->piece : 0);
}

Assigner::Scratch::Scratch(const Assigner& assigner)
    : keys((assigner.full_ ? kTilePoints : kCallPoints) * assigner.max_piece()),
      least(kTilePoints * ceil_div(assigner.max_piece(), kGroupRows)),
      positions(assigner.max_piece()) {}

float Assigner::key(const float* x, uint32_t label) const noexcept {
  float key;
  kernel_(x, 1, centroids_.data() + label * d_, 1, d_, &key, 1);
  return key;
}

void Assigner::assign(size_t n, const float* x, uint32_t* labels, float* distances, const Cancel* cancel) const {
  constexpr size_t kMaxPoints = PointSketches::kMaxPoints;
  const float sign = sign_of(metric_);
  ThreadPool::instance().parallel_for(ceil_div(n, kMaxPoints), cancel, [&](size_t task) {
    const size_t begin = task * kMaxPoints;
    PointSketches points(std::min(n - begin, kMaxPoints), x + begin * d_);
    Nearest nearest[kMaxPoints];
    Scratch scratch(*this);
    scan(points, nearest, scratch);
    for (size_t i = 0; i < points.size(); ++i) {
      labels[begin + i] = nearest[i].label;
      if (distances != nullptr) distances[begin + i] = sign * nearest[i].key;
    }
  });
}

void Assigner::scan(PointSketches& points, Nearest* nearest, Scratch& scratch) const {
  const size_t n = points.size();
  const float* const x = points.points();
  if (!full_) return scan_float(n, x, nearest, scratch);
  size_t done = 0;
  if (reduced_) {
    const SketchQueries& queries = points.in(spaces_, true);
    done = std::min(n, kTrialPoints);
    const size_t computed = scan_sketched(*spaces_.reduced, *reduced_, queries, 0, done, x, nearest, scratch);
    const size_t saved = k_ - k_ * spaces_.reduced->coded() / d_;
    if (computed == kGaveUp) {
      done = 0;
    } else if (computed * kExactCost < saved * done) {
      scan_sketched(*spaces_.reduced, *reduced_, queries, done, n, x, nearest, scratch, false);
      done = n;
    }
  }
  if (done == n) return;
  if (scan_sketched(*spaces_.full, *full_, points.in(spaces_, false), done, n, x, nearest, scratch) != kGaveUp) return;
  scan_float(n - done, x + done * d_, nearest + done, scratch);
}

// Points [begin, end). Returns how many keys were computed, or kGaveUp if they were too many: the points are not done
// then.
size_t Assigner::scan_sketched(const SketchSpace& space, const Groups& groups, const SketchQueries& queries,
                               size_t begin, size_t end, const float* x, Nearest* nearest, Scratch& scratch,
                               bool may_give_up) const {
  float* const bounds = scratch.keys.data();
  size_t computed = 0;
  for (size_t first = 0; first < k_; first += groups.piece) {
    const size_t n = std::min(k_ - first, groups.piece);
    const uint8_t* const slab = groups.bytes.data() + first / kGroupRows * groups.stride;
    for (size_t t = begin; t < end; t += kTilePoints) {
      const size_t points = std::min(end - t, kTilePoints);
      const size_t count = ceil_div(n, kGroupRows);
      kernels().sketch_bounds(&queries[t], points, slab, count, space.steps(), bounds, groups.piece,
                              scratch.least.data());
      for (size_t i = 0; i < points; ++i) {
        computed += settle(x + (t + i) * d_, queries, t + i, bounds + i * groups.piece,
                           scratch.least.data() + i * count, first, n, &nearest[t + i], scratch);
      }
      const bool tried = may_give_up && first == 0 && t + points - begin == kHopelessPoints;
      if (tried && computed * kHopeless > kHopelessPoints * n) return kGaveUp;
    }
  }
  return computed;
}

// One vector, x, and centroids [first, first + n), whose bounds are given. A bound is raised to infinity when its
// centroid has been computed. Returns how many were.
size_t Assigner::settle(const float* x, const SketchQueries& queries, size_t i, float* bounds, const float* least,
                        size_t first, size_t n, Nearest* best, Scratch& scratch) const {
  uint32_t* const positions = scratch.positions.data();
  size_t computed = 0;
  const auto look_at = [&](size_t at) {
    bounds[at] = kInfinity;
    const auto label = static_cast<uint32_t>(first + at);
    take(label, key(x, label), best);
    ++computed;
  };
  const size_t groups = ceil_div(n, kGroupRows);
  // The bounds not above a limit, from the few groups that have one. (None is a NaN: what a sketch allows stays far
  // below the largest float32.)
  const auto select = [&](float limit) {
    size_t found = 0;
    for (size_t g = 0; g < groups; ++g) {
      if (least[g] > limit) continue;
      const size_t begin = g * kGroupRows;
      const size_t more =
          kernels().select_not_above(bounds + begin, std::min(n - begin, kGroupRows), limit, positions + found);
      for (size_t p = found; p < found + more; ++p) positions[p] += static_cast<uint32_t>(begin);
      found += more;
    }
    return found;
  };
  size_t found = 0;
  float chosen = -kInfinity;  // positions are of the bounds up to this
  if (std::isnan(best->key)) {
    // The least bound first; those that its key will leave are most often within what the last vector left.
    const float lowest = *std::min_element(least, least + groups);
    chosen = lowest + scratch.spread;
    found = select(chosen);
    size_t at = positions[0];
    for (size_t p = 1; p < found; ++p) at = bounds[positions[p]] < bounds[at] ? positions[p] : at;
    look_at(at);
    const float spread = queries.base(i, best->key) - lowest;
    scratch.spread = spread > 0 && spread < kInfinity ? spread * 1.25f : 0;
  } else if (best->label >= first && best->label - first < n) {
    bounds[best->label - first] = kInfinity;
  }
  float base = queries.base(i, best->key);
  if (!(base <= chosen)) found = select(base);
  for (size_t p = 0; p < found; ++p) {
    if (bounds[positions[p]] > base || bounds[positions[p]] == kInfinity) continue;
    look_at(positions[p]);
    base = queries.base(i, best->key);
  }
  return computed;
}

void Assigner::scan_float(size_t n, const float* x, Nearest* nearest, Scratch& scratch) const {
  const size_t piece = max_piece();
  const size_t call = full_ ? kTilePoints : kCallPoints;  // what there is scratch for
  std::fill_n(nearest, n, Nearest{});
  for (size_t t = 0; t < n; t += call) {
    const size_t points = std::min(n - t, call);
    for (size_t first = 0; first < k_; first += piece) {
      const size_t centroids = std::min(k_ - first, piece);
      kernel_(x + t * d_, points, centroids_.data() + first * d_, centroids, d_, scratch.keys.data(), piece);
      for (size_t i = 0; i < points; ++i) {
        const float* const keys = scratch.keys.data() + i * piece;
        const float least = kernels().lowest(keys, centroids);
        const size_t found = kernels().select_not_above(keys, centroids, least, scratch.positions.data());
        for (size_t p = 0; p < found; ++p) {  // one; more if there are equals or NaNs
          const size_t at = scratch.positions.data()[p];
          take(static_cast<uint32_t>(first + at), keys[at], &nearest[t + i]);
        }
      }
    }
  }
}

}  // namespace voronode
