// That a call throws an Error, and which.
#pragma once

#include <doctest/doctest.h>

#include <string>

#include "base/error.h"

namespace voronode::test {

// part: of the message.
template <class F>
void check_throws(Code code, const std::string& part, const F& call) {
  try {
    call();
    FAIL("nothing was thrown; expected: ", part);
  } catch (const Error& error) {
    CHECK(static_cast<int>(error.code()) == static_cast<int>(code));
    CHECK_MESSAGE(std::string(error.what()).find(part) != std::string::npos, error.what());
  }
}

}  // namespace voronode::test
