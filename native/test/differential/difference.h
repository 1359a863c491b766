// What an index did otherwise than the model.
#pragma once

#include <stdexcept>
#include <string>

namespace voronode::test {

struct Difference : std::runtime_error {
  using std::runtime_error::runtime_error;
};

inline void expect_same(bool same, const std::string& what) {
  if (!same) throw Difference(what);
}

}  // namespace voronode::test
