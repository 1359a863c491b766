// Memory that an index has from elsewhere and that others may change: a file that is mapped (io/mapping.h).
#pragma once

#include <cstddef>
#include <string>

namespace voronode {

class Backing {
 public:
  virtual ~Backing() = default;
  Backing(const Backing&) = delete;
  Backing& operator=(const Backing&) = delete;

  // Throws kCorrupt if what is there, or was at any time since it was mapped, is not what was there then. What was read
  // before a check that passes was right. Any thread.
  virtual void check() const = 0;

  // Whether writing into this file, as it lies, would change it.
  virtual bool is_file(const std::string& path) const noexcept = 0;

 protected:
  Backing() = default;
};

}  // namespace voronode
