#include <doctest/doctest.h>

#include <string>

#include "factory/factory.h"
#include "index/refine.h"
#include "ivf/ivf.h"

namespace voronode::test {
namespace {

std::string names(const char* description) {
  std::string all;
  for (const SearchParameter* parameter : index_factory(4, description, Metric::kL2)->search_parameters()) {
    all += std::string(all.empty() ? "" : " ") + parameter->name;
  }
  return all;
}

}  // namespace

TEST_CASE("search parameters: an index has those of its kind and of what it wraps") {
  CHECK(names("Flat") == "");
  CHECK(names("IDMap,L2norm,Flat") == "");
  CHECK(names("IVF2,Flat") == "nprobe");
  CHECK(names("IDMap2,L2norm,IVF2,SQ8") == "nprobe");
  CHECK(names("Flat,RFlat") == "kFactor");
  CHECK(names("IDMap,IVF2,SQ8,RFlat") == "kFactor nprobe");
}

TEST_CASE("search parameters: the last value counts, and only for its parameter") {
  SearchParams params;
  CHECK(params.get(kNprobe, 7) == 7);
  params.set(kNprobe, 2);
  params.set(kKFactor, 1.5);
  params.set(kNprobe, 3);
  CHECK(params.get(kNprobe, 7) == 3);
  CHECK(params.get(kKFactor, 7) == 1.5);
  const SearchParameter same_name = kNprobe;
  CHECK(params.get(same_name, 7) == 7);
}

}  // namespace voronode::test
