// Indexes from Faiss's description strings.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "index/index.h"

namespace voronode {

// "Flat", "SQ8", … (ScalarTraits::name), "IVF1024,Flat" (also "IVF4k", "IVF1M"), any of these behind transforms
// ("L2norm,Flat", "PCA32,Flat"), with a refinement behind it ("…,RFlat", "…,Refine(SQ8)") and inside a map ("IDMap,…", "IDMap2,…", or the same as a suffix). Case matters, no spaces (as in Faiss).
// A malformed string: kInvalidArgValue with the position; a Faiss description that this version does not offer:
// kUnsupported with the part's name.
std::shared_ptr<Index> index_factory(size_t d, const std::string& description, Metric metric);

// The names of all parts but "IVF<nlist>" and "Refine(<code>)", without the numbers that some have behind them: codes of rows, transforms, RFlat, maps.
std::vector<std::string> offered_parts();

}  // namespace voronode
