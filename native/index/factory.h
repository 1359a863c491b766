// Indexes from Faiss's description strings.
#pragma once

#include <memory>
#include <string>

#include "index/index.h"

namespace voronode {

// "Flat", "IDMap,Flat", "IDMap2,Flat", "L2norm,Flat", "IDMap,L2norm,Flat", and IDMap / IDMap2 as a suffix. Case
// matters, no spaces (as in Faiss). A malformed string: kInvalidArgValue with the position; a Faiss description that
// this version does not offer: kUnsupported with the part's name.
std::shared_ptr<Index> index_factory(size_t d, const std::string& description, Metric metric);

}  // namespace voronode
