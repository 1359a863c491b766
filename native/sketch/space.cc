#include "sketch/space.h"

#include <algorithm>
#include <cmath>

#include "sketch/rounding.h"

namespace voronode {

void SketchSpace::choose_centre(const std::vector<const float*>& sample) {
  std::vector<float> column(sample.size());
  bool bytes = true;
  for (size_t j = 0; j < centre_.size(); ++j) {
    for (size_t i = 0; i < sample.size(); ++i) {
      column[i] = sample[i][j];
      bytes &= column[i] >= 0 && column[i] <= 255 && std::floor(column[i]) == column[i];
    }
    const auto middle = column.begin() + static_cast<ptrdiff_t>(sample.size() / 2);
    std::nth_element(column.begin(), middle, column.end());
    centre_[j] = std::abs(*middle) <= kMaxComponent ? *middle : 0.0f;
  }
  double squares = 0;
  for (float& component : centre_) {
    if (bytes) component = 128.0f;
    squares += static_cast<double>(component) * component;
  }
  centre_norm_ = std::sqrt(squares) * kUp;
}

}  // namespace voronode
