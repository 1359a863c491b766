// Hashing of 64-bit numbers that others choose.
#pragma once

#include <chrono>
#include <cstdint>

namespace voronode {

// The finaliser of splitmix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, 2014): every bit of
// the result depends on every bit of x.
inline uint64_t mix(uint64_t x) noexcept {
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9u;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBu;
  return x ^ (x >> 31);
}

// Different for every object and process, so that nobody can make numbers that all collide (a lookup would take
// quadratic time).
inline uint64_t hash_seed(const void* object) noexcept {
  return mix(reinterpret_cast<uintptr_t>(object) ^
             static_cast<uint64_t>(std::chrono::steady_clock::now().time_since_epoch().count()));
}

// Mixed twice with the seed between: once would leave differences of numbers that collide whatever the seed.
inline uint64_t hash(uint64_t x, uint64_t seed) noexcept { return mix(mix(x) + seed); }

}  // namespace voronode
