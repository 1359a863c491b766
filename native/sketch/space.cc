#include "sketch/space.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "sketch/rounding.h"

namespace voronode {

void SketchSpace::choose_centre(const std::vector<const float*>& sample) {
  std::vector<float> column(sample.size());
  bool bytes = true;
  for (size_t j = 0; j < centre_.size(); ++j) {
    for (size_t i = 0; i < sample.size(); ++i) {
      std::memcpy(&column[i], sample[i] + j, sizeof(float));  // at any address
      bytes &= column[i] >= 0 && column[i] <= 255 && std::floor(column[i]) == column[i];
    }
    const auto middle = column.begin() + static_cast<ptrdiff_t>(sample.size() / 2);
    std::nth_element(column.begin(), middle, column.end());
    centre_[j] = std::abs(*middle) <= kMaxComponent ? *middle : 0.0f;
  }
  if (bytes) std::fill(centre_.begin(), centre_.end(), 128.0f);
  measure_centre();
}

bool SketchSpace::is_centre(const std::vector<float>& centre) noexcept {
  return std::all_of(centre.begin(), centre.end(), [](float c) { return std::abs(c) <= kMaxComponent; });
}

void SketchSpace::set_centre(const std::vector<float>& centre) noexcept {
  std::copy(centre.begin(), centre.end(), centre_.begin());
  measure_centre();
}

void SketchSpace::measure_centre() noexcept {
  double squares = 0;
  for (const float component : centre_) squares += static_cast<double>(component) * component;
  centre_norm_ = std::sqrt(squares) * kUp;
}

}  // namespace voronode
