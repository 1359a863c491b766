// What a kind of index lets each search choose, beyond what all searches take: the lists to visit, the candidates to
// compare. A kind declares its own ones beside its class (kNprobe in ivf.h), lists them in own_search_parameters(), and
// asks a search's choices for them by that declaration. Nothing else knows their names: the binding and lib/ read them
// from the index.
#pragma once

#include <span>

namespace voronode {

// One object for each parameter, which also tells it from the others.
struct SearchParameter {
  enum class Type { kInteger, kNumber };
  const char* name;  // as JavaScript has it
  Type type;
  double min, max;  // both allowed; of an integer at most 2^53 - 1
};

using SearchParameters = std::span<const SearchParameter* const>;

}  // namespace voronode
