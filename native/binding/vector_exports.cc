// Functions of vectors alone.
#include "binding/args.h"
#include "binding/call.h"
#include "binding/exports.h"
#include "transform/plain_transforms.h"

namespace voronode {
namespace {

napi_value normalize(const Call& call) {
  const size_t d = dimension_arg(call.env, call[1]);
  const ArrayView<float> vectors = array_arg<float>(call.env, "vectors", call[0]);
  const size_t n = row_count("vectors", vectors.size, d);
  check_finite("vectors", n, d, vectors.data, nullptr);
  normalize_l2(n, d, vectors.data);
  return call.env.Undefined();
}

constexpr Export kExports[] = {{"normalizeL2", entry<normalize>}};

}  // namespace

std::span<const Export> vector_exports() noexcept { return kExports; }

}  // namespace voronode
