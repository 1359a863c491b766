// CRC-32C (Castagnoli's polynomial, as in iSCSI, RFC 3720): tells damage of stored bytes.
#pragma once

#include <cstddef>
#include <cstdint>

namespace voronode {

// Of bytes that come in pieces: begin with 0, go on with what the piece before gave.
uint32_t crc32c(uint32_t before, const void* data, size_t n) noexcept;

}  // namespace voronode
