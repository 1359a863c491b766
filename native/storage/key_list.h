// Keys, each 0 to 65,536 bytes of UTF-8, as they come, go, lie in memory and are stored: of each its length as LEB128, low
// seven bits first, then its bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace voronode {

inline constexpr size_t kMaxKeyBytes = 65536;
inline constexpr size_t kMaxLengthBytes = 3;  // of the length of a key
// A length that no key has: in answers, there is no neighbour.
inline constexpr size_t kNoKey = kMaxKeyBytes + 1;

// Writes a length, kNoKey at most; how many bytes it takes.
size_t write_length(size_t length, uint8_t* out) noexcept;
size_t length_bytes(size_t length) noexcept;

// The key that begins at `entry`, which is whole.
std::string_view key_at(const uint8_t* entry) noexcept;
// Of an entry, the length included.
inline size_t entry_bytes(std::string_view key) noexcept { return length_bytes(key.size()) + key.size(); }

// Whether it is UTF-8: what two different strings of JavaScript's cannot both become.
bool is_utf8(std::string_view text) noexcept;

// Keys that lie in a packed list, which lives as long.
using Keys = std::span<const std::string_view>;

// What a packed list holds; kInvalidArgValue unless it consists of whole keys.
std::vector<std::string_view> unpack_keys(std::span<const uint8_t> packed);

// For messages: in quotes, cut short.
std::string shown_key(std::string_view key);

}  // namespace voronode
