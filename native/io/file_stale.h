// What killed savers left.
#pragma once

#ifndef _WIN32

#include <cstddef>
#include <string>

namespace voronode {

// Removes the files in the folder `dir` whose names begin with `prefix` and have `length` characters, if nobody holds a
// flock() on them. Symbolic links, files with other names beside this one, and files of other users are let be (root
// removes those of all users). Errors are ignored: the save does not depend on it.
void remove_stale_files(int dir, const std::string& prefix, size_t length) noexcept;

}  // namespace voronode

#endif
