// The exact nearest centroid of many vectors: what k-means iterates and what fills inverted lists.
//
// Centroids are few and stay in a cache, so the work is arithmetic, and int8 does several times more of it a second
// than float32. Each vector's sketch is held against the sketches of all centroids (sketch/bound.h), which gives a
// lower bound of every float32 key; the centroid with the least bound is computed in float32, then those whose bounds
// are not above its key: seldom more than one or two. Where the centroids lie near a space of few dimensions, sketches
// of what they are there (sketch/reduction.h) do instead. What is answered is what a full float32 scan answers, to the
// bit.
#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <optional>

#include "base/aligned.h"
#include "base/cancel.h"
#include "kernels/kernels.h"
#include "sketch/queries.h"
#include "storage/metric.h"

namespace voronode {

// The nearest centroid of a vector, as far as known. Keys as in kernels.h: smaller is nearer.
struct Nearest {
  uint32_t label = 0;
  float key = std::numeric_limits<float>::quiet_NaN();  // NaN: not computed
};

// The kinds of sketches that some centroids and vectors use, cheapest first; null: not used.
struct SketchSpaces {
  std::shared_ptr<const SketchSpace> reduced;
  std::shared_ptr<const SketchSpace> full;

  // For k centroids, with n vectors x (n × d) that are like them.
  static SketchSpaces choose(size_t k, size_t d, Metric metric, size_t n, const float* x, const Cancel* cancel);

  // Looks for a reduction, again if need be.
  void reduce(size_t k, size_t n, const float* x, const Cancel* cancel);
};

// Sketches of up to kMaxPoints vectors, made when they are first asked for.
class PointSketches {
 public:
  static constexpr size_t kMaxPoints = 256;
  // x: n × d, kept by reference.
  PointSketches(size_t n, const float* x) : n_(n), x_(x) {}
  size_t size() const noexcept { return n_; }
  const float* points() const noexcept { return x_; }

  const SketchQueries& in(const SketchSpaces& spaces, bool reduced);

 private:
  size_t n_;
  const float* x_;
  std::optional<SketchQueries> reduced_, full_;
};

class Assigner {
 public:
  // centroids: k × d, finite, copied. 1 ≤ k < 2³². What it prepares takes as long as some thousand vectors: keep it.
  // Throws kNoMemory.
  Assigner(size_t k, size_t d, Metric metric, const float* centroids);

  // The same with spaces of sketches that are kept from one set of centroids to the next.
  Assigner(size_t k, size_t d, Metric metric, const float* centroids, const SketchSpaces& spaces);

  size_t k() const noexcept { return k_; }
  size_t d() const noexcept { return d_; }
  Metric metric() const noexcept { return metric_; }
  const float* centroids() const noexcept { return centroids_.data(); }

  // For each of n vectors x (n × d, finite): labels[i] the centroid that a full float32 scan finds nearest (kernels.h
  // defines its arithmetic; equal distances: the smaller number), distances[i] that squared distance or inner product
  // (null: not wanted). The answer does not depend on threads, instruction set or how a batch is cut. Works on all
  // threads of the pool; may be called by several threads at once. Throws kAborted, kNoMemory; the outputs are then
  // unspecified.
  void assign(size_t n, const float* x, uint32_t* labels, float* distances, const Cancel* cancel) const;

  // Memory that a thread needs for scan().
  class Scratch {
   public:
    explicit Scratch(const Assigner& assigner);

   private:
    friend class Assigner;
    AlignedArray<float> keys;   // of some vectors to some centroids, or bounds of them
    AlignedArray<float> least;  // the lowest bound of each group
    AlignedArray<uint32_t> positions;
    float spread = 0;  // how far above the least bound the nearest centroid's bound may lie, going by the last vector
  };

  // Of vector x (size d) to one centroid.
  float key(const float* x, uint32_t label) const noexcept;

  // Finds nearest[i] of each of the points. What is there is a guess (a label and its key) or nothing; a good guess
  // saves work. On the calling thread.
  void scan(PointSketches& points, Nearest* nearest, Scratch& scratch) const;

 private:
  // The sketches of the centroids in one space.
  struct Groups {
    Groups(const SketchSpace& space, size_t k, const float* centroids);
    size_t stride;  // bytes a group
    size_t piece;   // centroids of one call of a kernel
    AlignedArray<uint8_t> bytes;
  };
  size_t max_piece() const noexcept;
  size_t scan_sketched(const SketchSpace& space, const Groups& groups, const SketchQueries& queries, size_t begin,
                       size_t end, const float* x, Nearest* nearest, Scratch& scratch, bool may_give_up = true) const;
  size_t settle(const float* x, const SketchQueries& queries, size_t i, float* bounds, const float* least, size_t first,
                size_t n, Nearest* best, Scratch& scratch) const;
  void scan_float(size_t n, const float* x, Nearest* nearest, Scratch& scratch) const;

  size_t k_, d_;
  Metric metric_;
  DistanceKernel kernel_;
  AlignedArray<float> centroids_;
  SketchSpaces spaces_;
  std::optional<Groups> reduced_, full_;
};

}  // namespace voronode
