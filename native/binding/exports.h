// The functions of the addon, by file. lib/native.ts documents them.
#pragma once

#include <node_api.h>

#include <span>

namespace voronode {

struct Export {
  const char* name;
  napi_callback function;
};

std::span<const Export> index_exports() noexcept;   // making indexes, looking at them
std::span<const Export> change_exports() noexcept;  // add, train, remove, reset
std::span<const Export> search_exports() noexcept;
std::span<const Export> row_exports() noexcept;         // looking at what is stored
std::span<const Export> key_exports() noexcept;         // what goes by keys
std::span<const Export> ivf_exports() noexcept;         // inverted files: making, looking
std::span<const Export> clustering_exports() noexcept;  // k-means for its own sake
std::span<const Export> file_exports() noexcept;
std::span<const Export> process_exports() noexcept;  // tokens, threads, SIMD targets
std::span<const Export> share_exports() noexcept;    // one index in several environments
std::span<const Export> vector_exports() noexcept;   // functions of vectors alone

}  // namespace voronode
