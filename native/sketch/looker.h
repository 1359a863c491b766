// The rows that sketches do not dismiss: their distances, some pairs at a time, to a sink (scan.h).
#pragma once

#include <bit>

#include "kernels/kernels.h"
#include "storage/metric.h"
#include "storage/prefetch.h"

namespace voronode {

// Rows: const float* row(size_t i) and size_t width(), as Blocks<float>::View has them.
template <class Rows, class Sink>
class Looker {
 public:
  Looker(const Rows& rows, Metric metric, Sink& sink) : rows_(rows), kernel_(pairs_kernel(metric)), sink_(sink) {}

  // For query q, its vector at x: bit r of masks[g] stands for row begin + 64 g + r.
  void add(const uint64_t* masks, size_t groups, size_t begin, const float* x, size_t q) {
    for (size_t g = 0; g < groups; ++g) {
      for (uint64_t mask = masks[g]; mask != 0; mask &= mask - 1) {
        const size_t row = begin + g * kGroupRows + static_cast<size_t>(std::countr_zero(mask));
        positions_[count_] = row;
        queries_[count_] = q;
        x_[count_] = x;
        y_[count_] = rows_.row(row);
        prefetch_row(y_[count_], rows_.width());
        if (++count_ == kPairs) flush();
      }
    }
  }

  void flush() {
    kernel_(x_, y_, count_, rows_.width(), keys_);
    for (size_t i = 0; i < count_; ++i) {
      if (!(keys_[i] > sink_.threshold(queries_[i]))) sink_.accept(queries_[i], keys_[i], positions_[i]);
    }
    count_ = 0;
  }

 private:
  // Enough that memory is kept busy, few enough that a falling threshold is soon heeded.
  static constexpr size_t kPairs = 64;

  const Rows& rows_;
  PairsKernel kernel_;
  Sink& sink_;
  size_t count_ = 0;
  size_t positions_[kPairs];
  size_t queries_[kPairs];
  const float* x_[kPairs];
  const float* y_[kPairs];
  float keys_[kPairs];
};

}  // namespace voronode
