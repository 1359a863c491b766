#include "storage/key_list.h"

#include <algorithm>
#include <cstring>

#include "base/error.h"

namespace voronode {

size_t length_bytes(size_t length) noexcept { return length < 128 ? 1 : length < 16384 ? 2 : 3; }

size_t write_length(size_t length, uint8_t* out) noexcept {
  size_t n = 0;
  for (; length >= 128; length >>= 7) out[n++] = static_cast<uint8_t>(length | 128);
  out[n++] = static_cast<uint8_t>(length);
  return n;
}

std::string_view key_at(const uint8_t* entry) noexcept {
  size_t length = *entry & 127;
  for (int shift = 7; (*entry & 128) != 0; shift += 7) length |= static_cast<size_t>(*++entry & 127) << shift;
  return {reinterpret_cast<const char*>(entry + 1), length};
}

// Unicode 15, table 3-7: which bytes may follow which.
bool is_utf8(std::string_view text) noexcept {
  const auto* at = reinterpret_cast<const uint8_t*>(text.data());
  const uint8_t* const end = at + text.size();
  while (at < end) {
    const uint8_t lead = *at++;
    if (lead < 0x80) {
      uint64_t eight = 0;
      while (end - at >= 8 && (std::memcpy(&eight, at, 8), (eight & 0x8080808080808080u) == 0)) at += 8;
      continue;
    }
    if (lead < 0xC2 || lead > 0xF4) return false;
    const ptrdiff_t more = lead < 0xE0 ? 1 : lead < 0xF0 ? 2 : 3;
    if (end - at < more) return false;
    const uint8_t least = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
    const uint8_t most = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
    if (*at < least || *at > most) return false;
    if (!std::all_of(at + 1, at + more, [](uint8_t byte) { return (byte & 0xC0) == 0x80; })) return false;
    at += more;
  }
  return true;
}

std::vector<std::string_view> unpack_keys(std::span<const uint8_t> packed) {
  std::vector<std::string_view> keys;
  const uint8_t* at = packed.data();
  const uint8_t* const end = at + packed.size();
  const auto refuse = [&](const char* what) {
    throw Error(Code::kInvalidArgValue,
                format("The argument 'keys' is no packed list of keys: key %zu %s", keys.size(), what));
  };
  while (at < end) {
    const uint8_t* last = at;
    while (last < end && last - at < static_cast<ptrdiff_t>(kMaxLengthBytes) && (*last & 128) != 0) ++last;
    if (last == end || last - at == static_cast<ptrdiff_t>(kMaxLengthBytes)) refuse("has no whole length");
    const std::string_view key = key_at(at);
    if (key.size() > kMaxKeyBytes) refuse("is longer than 65536 bytes");
    if (length_bytes(key.size()) != static_cast<size_t>(last - at) + 1)
      refuse("has a length in more bytes than it takes");
    if (static_cast<size_t>(end - last - 1) < key.size()) refuse("is cut off");
    if (!is_utf8(key)) refuse("is not UTF-8");
    keys.push_back(key);
    at = last + 1 + key.size();
  }
  return keys;
}

std::string shown_key(std::string_view key) {
  constexpr size_t kMost = 64;
  if (key.size() <= kMost) return '"' + std::string(key) + '"';
  size_t end = kMost;
  while (end > 0 && (static_cast<uint8_t>(key[end]) & 0xC0) == 0x80) --end;
  return '"' + std::string(key.substr(0, end)) + "\"…";
}

}  // namespace voronode
