// The golden files of test/golden, as bytes; and a directory of a test's own.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <vector>

namespace voronode::test {

using Bytes = std::vector<uint8_t>;

struct Golden {
  std::string name;  // without the extension
  Bytes bytes;
  bool refused() const { return name.rfind("refused_", 0) == 0; }
};

inline Bytes read_all(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) throw std::runtime_error("cannot read " + path.string());
  return Bytes(std::istreambuf_iterator<char>(in), {});
}

inline void write_all(const std::filesystem::path& path, const Bytes& bytes) {
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  out.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  if (!out.flush()) throw std::runtime_error("cannot write " + path.string());
}

// In the order of their names. VORONODE_GOLDEN names another folder than the repository's.
inline std::vector<Golden> golden_files() {
  const char* folder = std::getenv("VORONODE_GOLDEN");
  const std::filesystem::path root = std::filesystem::path(__FILE__).parent_path().parent_path().parent_path();
  std::vector<Golden> out;
  for (const auto& entry : std::filesystem::directory_iterator(folder != nullptr ? folder : root / "test" / "golden")) {
    if (entry.path().extension() == ".faiss") out.push_back({entry.path().stem().string(), read_all(entry.path())});
  }
  if (out.empty()) throw std::runtime_error("no golden files");
  std::sort(out.begin(), out.end(), [](const Golden& a, const Golden& b) { return a.name < b.name; });
  return out;
}

inline Bytes golden(const std::string& name) {
  for (Golden& file : golden_files()) {
    if (file.name == name) return std::move(file.bytes);
  }
  throw std::runtime_error("no golden file " + name);
}

// Made empty, removed with all it holds at the end.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "voronode-test-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("cannot make a temporary folder");
    path_ = name;
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  std::string operator/(const std::string& name) const { return (path_ / name).string(); }
  size_t entries() const {
    const auto end = std::filesystem::directory_iterator();
    return static_cast<size_t>(std::distance(std::filesystem::directory_iterator(path_), end));
  }

 private:
  std::filesystem::path path_;
};

}  // namespace voronode::test
