// The control groups of Linux, by which containers are limited, as their files tell it.
#pragma once

#include <cstdio>
#include <limits>
#include <memory>
#include <string_view>

namespace voronode {

inline constexpr double kUnlimited = std::numeric_limits<double>::infinity();

struct CloseFile {
  void operator()(std::FILE* file) const noexcept { std::fclose(file); }
};
using FilePtr = std::unique_ptr<std::FILE, CloseFile>;

// root + path for reading, or null. root: what stands before /proc and /sys in tests.
FilePtr open_system_file(const char* root, const char* path) noexcept;

// A group: a folder below that of its hierarchy. Arrays, not strings: the pool's first use must not allocate.
struct ControlGroup {
  const char* root;
  const char* hierarchy;
  char* path;  // "/pod/container", or ""

  FilePtr open(const char* name) const noexcept;
};

// How much of something a group may use. kUnlimited where nothing can be read.
struct GroupLimit {
  std::string_view controller;  // "cpu"
  const char* hierarchy_v1;     // "/sys/fs/cgroup/cpu"
  double (*v1)(const ControlGroup&) noexcept;
  double (*v2)(const ControlGroup&) noexcept;
};

// The strictest of the groups that this process is in, and of those above them.
double strictest(const char* root, const GroupLimit& limit) noexcept;

}  // namespace voronode
