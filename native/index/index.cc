#include "index/index.h"

#include "kernels/kernels.h"

namespace voronode {
namespace {

size_t checked_dimension(size_t d) {
  if (d < 1 || d > kMaxDimension) {
    throw Error(Code::kOutOfRange,
                format("The value of \"d\" is out of range. It must be an integer >= 1 and <= %zu. Received %zu",
                       kMaxDimension, d));
  }
  return d;
}

}  // namespace

Index::Index(size_t d, Metric metric) : d_(checked_dimension(d)), metric_(metric), gate_(std::make_shared<Gate>()) {}

Index::Index(size_t d, Metric metric, Index& inner) : d_(checked_dimension(d)), metric_(metric), gate_(inner.gate_) {
  if (inner.wrapped_) {
    throw Error(Code::kUnsupported,
                format("This %s is wrapped by another index already; make one of its own", inner.kind()));
  }
  inner.wrapped_ = true;
}

void Index::add_with_ids(size_t, const float*, const idx_t*, const Cancel*) {
  throw Error(Code::kUnsupported,
              format("%s numbers its vectors itself; wrap it: new IndexIDMap(index).addWithIds(vectors, ids)", kind()));
}

void Index::train(size_t, const float*, const Cancel*) {}

Clustering Index::train(size_t n, const float* x, const ClusteringParams&, const Cancel* cancel,
                        const ClusteringProgress&) {
  train(n, x, cancel);
  return {};
}

void check_finite(const char* name, size_t n, size_t d, const float* x, const Cancel* cancel) {
  constexpr size_t kPiece = size_t{1} << 20;  // components between two looks at `cancel`
  const size_t total = n * d;
  for (size_t at = 0; at < total; at += kPiece) {
    check(cancel);
    const size_t size = total - at < kPiece ? total - at : kPiece;
    const size_t bad = kernels().first_nonfinite(x + at, size);
    if (bad == size) continue;
    const float value = x[at + bad];
    throw Error(Code::kInvalidArgValue,
                format("The value of \"%s\" must be finite. Received %s at row %zu, component %zu", name,
                       value != value ? "NaN"
                       : value > 0    ? "Infinity"
                                      : "-Infinity",
                       (at + bad) / d, (at + bad) % d));
  }
}

}  // namespace voronode
