// Reading an index from bytes, and what is said of bytes that are none.
#pragma once

#include <doctest/doctest.h>

#include <memory>
#include <string>

#include "io/index_io.h"
#include "test/golden.h"

namespace voronode::test {

inline std::shared_ptr<Index> read(const Bytes& bytes) {
  return deserialize_index(bytes.data(), bytes.size(), nullptr);
}

// The message.
inline std::string refusal(Code code, const Bytes& bytes) {
  try {
    read(bytes);
  } catch (const Error& error) {
    CHECK(error.code() == code);
    return error.what();
  }
  return "no error";
}

}  // namespace voronode::test
