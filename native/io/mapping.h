// A file whose pages are read where the system keeps them, once for all processes that map it. One implementation a
// platform: mapping_posix.cc; mapping_windows.cc refuses.
//
// The pages are this process's own as soon as something writes to them: that changes no file. What others do to the
// file does show; so the file is asked after, and before what was read is relied on, whether it is still what it was.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/backing.h"

namespace voronode {

class Mapping : public Backing {
 public:
  // Throws SystemError; kUnsupported where files cannot be mapped.
  static std::shared_ptr<Mapping> open(const std::string& path);

  // Reads from the file, not through the pages: see InputFile::read_at.
  virtual size_t read_at(uint64_t offset, void* out, size_t n) const = 0;

  uint8_t* data() const noexcept { return data_; }
  size_t size() const noexcept { return size_; }
  // That can be read: to the end of the last page.
  size_t readable() const noexcept { return readable_; }

 protected:
  Mapping() = default;
  uint8_t* data_ = nullptr;
  size_t size_ = 0;
  size_t readable_ = 0;
};

}  // namespace voronode
