// What sketches and queries must share to be compared: the metric, and the centre that is subtracted first.
#pragma once

#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

#include "sketch/bound.h"
#include "sketch/reduction.h"
#include "storage/metric.h"

namespace voronode {

class SketchSpace {
 public:
  // As many rows as choosing a centre takes: more would not change what the bounds gain.
  static constexpr size_t kSampleRows = 255;

  // The centre is 0 until one is chosen.
  SketchSpace(size_t d, Metric metric) : metric_(metric), centre_(d) {}

  // The median of each component over some vectors of size d, at least one: unlike a mean it stays among the many when
  // a few lie far off. 128 if all are whole numbers in 0 … 255, whose sketches are then exact. Any centre is right, a
  // good one makes small codes. Not once there are sketches.
  void choose_centre(const std::vector<const float*>& sample);

  // Whether choose_centre can have chosen it. set_centre: chooses it. REQUIRES: it can be, and there are no sketches.
  static bool is_centre(const std::vector<float>& centre) noexcept;
  void set_centre(const std::vector<float>& centre) noexcept;

  // From now on sketches are of images of vectors (less the centre) under this map. Not once there are sketches.
  void reduce(std::shared_ptr<const Reduction> reduction) noexcept { reduction_ = std::move(reduction); }
  const Reduction* reduction() const noexcept { return reduction_.get(); }

  Metric metric() const noexcept { return metric_; }
  size_t dimension() const noexcept { return centre_.size(); }  // of vectors
  size_t coded() const noexcept {
    return reduction_ ? reduction_->dimension() : centre_.size();
  }  // components in codes
  size_t steps() const noexcept { return (coded() + 3) / 4; }
  const float* centre() const noexcept { return centre_.data(); }
  double centre_norm() const noexcept { return centre_norm_; }  // ≥ ‖μ‖

 private:
  void measure_centre() noexcept;

  Metric metric_;
  // Its size never changes: searches beside the first add ask for it while the centre is chosen.
  std::vector<float> centre_;
  double centre_norm_ = 0;
  std::shared_ptr<const Reduction> reduction_;
};

}  // namespace voronode
