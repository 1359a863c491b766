// Bytes in memory in the place of a file that is mapped: whatever is read outside of them, a sanitizer finds.
#pragma once

#include <algorithm>
#include <cstring>
#include <memory>
#include <vector>

#include "io/index_io.h"

namespace voronode::test {

class HeapMapping final : public Mapping {
 public:
  explicit HeapMapping(const std::vector<uint8_t>& bytes)
      : bytes_(std::make_unique<uint8_t[]>(std::max<size_t>(1, bytes.size()))) {
    data_ = bytes_.get();
    size_ = readable_ = bytes.size();
    std::copy(bytes.begin(), bytes.end(), data_);
  }
  size_t read_at(uint64_t offset, void* out, size_t n) const override {
    std::memcpy(out, data_ + offset, n);
    return n;
  }
  void check() const override {}
  bool is_file(const std::string&) const noexcept override { return false; }

 private:
  std::unique_ptr<uint8_t[]> bytes_;
};

// What write_index writes for files that are to be mapped.
inline std::vector<uint8_t> mappable_bytes(const Index& index) {
  class Growing final : public Sink {
   public:
    void write(const void* data, size_t n) override {
      const auto* const begin = static_cast<const uint8_t*>(data);
      bytes.insert(bytes.end(), begin, begin + n);
    }
    std::vector<uint8_t> bytes;
  };
  Growing sink;
  write_mappable(index, sink, nullptr);
  return std::move(sink.bytes);
}

inline std::shared_ptr<Index> map_bytes(const std::vector<uint8_t>& bytes, bool verify) {
  return map_index("<bytes>", std::make_shared<HeapMapping>(bytes), verify, nullptr);
}

}  // namespace voronode::test
