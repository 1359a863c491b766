#include "transform/vector_transform.h"

#include <algorithm>

#include "base/error.h"
#include "base/poll.h"
#include "base/thread_pool.h"
#include "kernels/kernels.h"

namespace voronode {
namespace {

constexpr size_t kWorkPerTask = size_t{1} << 24;  // multiplications: about a millisecond
constexpr size_t kMinRowsPerTask = 16;            // a tile of the kernels

[[noreturn]] void beyond_range(const char* kind, size_t row, size_t component, float value) {
  throw Error(Code::kOutOfRange,
              format("A vector is out of the range of %s, whose results must be finite. Component %zu of row %zu "
                     "became %s",
                     kind, component, row,
                     value != value ? "NaN"
                     : value > 0    ? "Infinity"
                                    : "-Infinity"));
}

}  // namespace

void VectorTransform::apply(size_t n, const float* x, float* out, const Cancel* cancel) const {
  require_trained();
  const size_t rows = std::max(kMinRowsPerTask, kWorkPerTask / work_per_row());
  ThreadPool::instance().parallel_for((n + rows - 1) / rows, cancel, [&](size_t task) {
    const size_t begin = task * rows;
    apply_rows(std::min(rows, n - begin), x + begin * d_in_, out + begin * d_out_, cancel);
  });
  if (normalizes()) return;  // which is finite
  // One after the other, so that the first such row is named whoever met one first.
  for (size_t begin = 0; begin < n; begin += rows) {
    poll(cancel);
    const size_t size = std::min(rows, n - begin) * d_out_;
    const size_t bad = kernels().first_nonfinite(out + begin * d_out_, size);
    if (bad != size) beyond_range(kind(), begin + bad / d_out_, bad % d_out_, out[begin * d_out_ + bad]);
  }
}

void VectorTransform::reverse(const float* y, float* x) const {
  require_trained();
  reverse_row(y, x);
  const size_t bad = kernels().first_nonfinite(x, d_in_);
  if (bad != d_in_) beyond_range(kind(), 0, bad, x[bad]);
}

std::shared_ptr<const VectorTransform> VectorTransform::trained(size_t, const float*, const Cancel*) const {
  throw Error(Code::kUnsupported, format("This version does not train a %s", kind()));
}

void VectorTransform::require_trained() const {
  if (is_trained()) return;
  throw Error(
      Code::kNotTrained,
      format("The %s of this index is not trained: call train(vectors) with a sample of the vectors first", kind()));
}

}  // namespace voronode
