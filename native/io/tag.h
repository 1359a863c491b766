// The four characters that open every index and every transform in a file (Faiss: "fourcc").
#pragma once

#include <cstdint>
#include <string>

#include "base/error.h"

namespace voronode {

// The characters in file order, the first in the lowest byte.
using Tag = uint32_t;

constexpr Tag make_tag(const char (&text)[5]) noexcept {
  Tag tag = 0;
  for (int i = 3; i >= 0; --i) tag = (tag << 8) | static_cast<unsigned char>(text[i]);
  return tag;
}

// For messages: printable characters as they are, others as \xNN.
inline std::string printable(Tag tag) {
  std::string out;
  for (int i = 0; i < 4; ++i, tag >>= 8) {
    const unsigned c = tag & 0xff;
    const bool plain = c >= 0x20 && c < 0x7f && c != '\\' && c != '"';
    out += plain ? std::string(1, static_cast<char>(c)) : format("\\x%02x", c);
  }
  return out;
}

inline std::string quoted(Tag tag) { return format("\"%s\"", printable(tag).c_str()); }

}  // namespace voronode
