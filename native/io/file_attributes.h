// Who may do what with a file that replaces another one.
#pragma once

#ifndef _WIN32

#include <sys/stat.h>

#include <string>

namespace voronode {

// Gives the open file `fd`, which only its owner may use so far, the owner, the group, the permission bits and (on
// Linux) the access control list of the file at `path`, whose stat is `old`. Set-id bits are dropped. What the process
// may not pass on stays its own; then the permissions are narrowed so that nobody may do more than before, but for the
// new owner. Returns false with errno set if the permissions cannot be set.
bool take_over_attributes(int fd, const std::string& path, const struct stat& old);

}  // namespace voronode

#endif
