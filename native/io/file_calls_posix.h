// What the files of POSIX systems share: paths, and calls that go on where the system stopped early.
#pragma once

#ifndef _WIN32

#include <sys/stat.h>

#include <cstddef>
#include <cstdint>
#include <string>

namespace voronode {

class Descriptor;

// Linux moves at most 2 GiB a call, macOS refuses more.
constexpr size_t kMaxCall = size_t{1} << 30;

// Throws if the path holds a null byte: it would be cut there by the system.
void check_path(const std::string& path);

// The folder of a path: "." for a bare name.
std::string directory_of(const std::string& path);

// Follows the last component of `path` while it is a symbolic link, also to a file that does not exist yet.
std::string follow_links(const std::string& path);

// Opens a regular file for reading. Other things (directories, pipes, devices) are refused with a SystemError.
void open_regular(const std::string& path, Descriptor* fd, struct stat* st);

// Reads n bytes at `offset`, in as many calls as it takes; how many came. Fewer than n only at the file's end. `path` is
// for the SystemError.
size_t read_fully(int fd, uint64_t offset, void* out, size_t n, const std::string& path);

// Writes n bytes, in as many calls as it takes. `path` is for the SystemError.
void write_fully(int fd, const void* data, size_t n, const std::string& path);

// fsync, made again when a signal interrupts it. Returns -1 with errno set if that fails.
int sync_retrying(int fd) noexcept;

// The same for a folder; true where the file system does not sync folders: it has no better durability to offer.
bool sync_directory(int fd) noexcept;

}  // namespace voronode

#endif
