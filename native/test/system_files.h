// Files as those of /proc and /sys, under a folder of the test's own.
#pragma once

#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>

namespace voronode::test {

using Files = std::map<std::string, std::string>;

class SystemFiles {
 public:
  explicit SystemFiles(const Files& files) {
    path_ = (std::filesystem::temp_directory_path() / "voronode-system-XXXXXX").string();
    REQUIRE(mkdtemp(path_.data()) != nullptr);
    for (const auto& [path, text] : files) {
      std::filesystem::create_directories(std::filesystem::path(path_ + path).parent_path());
      std::ofstream(path_ + path) << text << '\n';
    }
  }
  ~SystemFiles() { std::filesystem::remove_all(path_); }
  SystemFiles(const SystemFiles&) = delete;
  SystemFiles& operator=(const SystemFiles&) = delete;

  const char* path() const noexcept { return path_.c_str(); }

 private:
  std::string path_;
};

}  // namespace voronode::test
