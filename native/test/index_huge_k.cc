// k comes from anywhere: what a search takes besides the answer goes by the rows there are.
#include <doctest/doctest.h>

#include <vector>

#include "factory/factory.h"
#include "index/refine.h"
#include "ivf/ivf.h"
#include "test/allocations.h"
#include "test/random.h"

namespace voronode::test {

TEST_CASE("a huge k takes memory for the answer only, whatever the kind of index") {
  constexpr size_t kD = 8, kN = 64, kNq = 3, kHuge = size_t{1} << 20;
  const std::vector<float> x = Random(77).vectors(kN, kD);
  std::vector<float> distances(kNq * kHuge);
  std::vector<idx_t> labels(kNq * kHuge);
  for (const char* description : {"Flat", "IVF2,Flat", "IVF2,SQ8", "L2norm,Flat", "Flat,RFlat", "IVF2,SQ8,RFlat"}) {
    INFO(description);
    const auto index = index_factory(kD, description, Metric::kL2);
    index->train(kN, x.data(), nullptr);
    index->add(kN, x.data(), nullptr);
    for (const float k_factor : {1.0f, 1000.0f}) {
      SearchParams params;
      params.set(kNprobe, 2);
      params.set(kKFactor, k_factor);
      peak_bytes(true);
      const size_t before = live_bytes();
      index->search(kNq, x.data(), kHuge, params, distances.data(), labels.data());
      CHECK(peak_bytes(false) - before < kHuge);  // a heap of k would take 16 times as much
      CHECK(labels[kN - 1] != -1);
      CHECK(labels[kN] == -1);
    }
  }
}

}  // namespace voronode::test
