// Staging memory: what is given back is used again, for a while and within bounds.
#include <doctest/doctest.h>

#include <atomic>
#include <cstdint>
#include <cstring>
#include <thread>
#include <vector>

#include "base/error.h"
#include "base/staging.h"

namespace voronode::test {
namespace {

using Pool = StagingPool;
constexpr size_t kMiB = size_t{1} << 20;
constexpr auto kStart = Pool::Clock::time_point{} + std::chrono::hours(1);

}  // namespace

TEST_CASE("staging: pieces are large enough, aligned, and may be written") {
  Pool pool;
  for (const size_t bytes : {size_t{0}, size_t{1}, 1000 * size_t{1000}, 2 * kMiB, 5 * kMiB + 1, 65 * kMiB}) {
    const Pool::Piece piece = pool.take(bytes);
    REQUIRE(piece.memory != nullptr);
    CHECK(piece.bytes >= bytes);
    CHECK(reinterpret_cast<uintptr_t>(piece.memory) % kAlignment == 0);
    std::memset(piece.memory, 7, bytes);
    pool.give_back(piece);
  }
}

TEST_CASE("staging: no memory is an error") {
  Pool pool;
  try {
    pool.take(SIZE_MAX / 2);
    FAIL("granted");
  } catch (const Error& error) {
    CHECK(error.code() == Code::kNoMemory);
  }
}

#if defined(__linux__)
TEST_CASE("staging: the smallest piece that is large enough is used again") {
  Pool pool;
  const Pool::Piece small = pool.take(3 * kMiB, kStart);
  const Pool::Piece large = pool.take(9 * kMiB, kStart);
  CHECK(pool.kept_bytes() == 0);
  pool.give_back(large, kStart);
  pool.give_back(small, kStart);
  CHECK(pool.kept_bytes() == 14 * kMiB);  // in units of 2 MiB
  CHECK(pool.take(4 * kMiB, kStart).memory == small.memory);
  const Pool::Piece again = pool.take(4 * kMiB, kStart);
  CHECK(again.memory == large.memory);
  CHECK(pool.kept_bytes() == 0);
  pool.give_back(small, kStart);
  pool.give_back(again, kStart);
  const Pool::Piece larger = pool.take(11 * kMiB, kStart);
  CHECK(larger.memory != large.memory);
  CHECK(pool.kept_bytes() == 14 * kMiB);
  pool.give_back(larger, kStart);
}

TEST_CASE("staging: what is kept is bounded, the oldest goes") {
  Pool pool;
  std::vector<Pool::Piece> pieces;
  for (int i = 0; i < 20; ++i) pieces.push_back(pool.take(2 * kMiB, kStart));
  for (int i = 0; i < 20; ++i) {
    pool.give_back(pieces[i], kStart + std::chrono::milliseconds(i));
    CHECK(pool.kept_bytes() <= Pool::kMostPieces * 2 * kMiB);
  }
  const Pool::Piece big = pool.take(60 * kMiB, kStart);
  CHECK(pool.kept_bytes() == Pool::kMostPieces * 2 * kMiB);
  pool.give_back(big, kStart + std::chrono::milliseconds(30));
  CHECK(pool.kept_bytes() == Pool::kMostBytes);  // two small ones are left
  const Pool::Piece too_big = pool.take(Pool::kMostBytes + 1, kStart);
  pool.give_back(too_big, kStart);
  CHECK(pool.kept_bytes() == Pool::kMostBytes);
  pool.clear();
  CHECK(pool.kept_bytes() == 0);
}

TEST_CASE("staging: what nobody used for a while goes with the next call") {
  Pool pool;
  pool.give_back(pool.take(4 * kMiB, kStart), kStart);
  const Pool::Piece other = pool.take(8 * kMiB, kStart + Pool::kLongest / 2);
  CHECK(pool.kept_bytes() == 4 * kMiB);
  pool.give_back(other, kStart + Pool::kLongest);
  CHECK(pool.kept_bytes() == 8 * kMiB);
}
#endif

TEST_CASE("staging: from several threads, nobody writes into another one's piece") {
  Pool pool;
  std::vector<std::thread> threads;
  std::atomic<int> wrong{0};
  for (int t = 1; t <= 4; ++t) {
    threads.emplace_back([&pool, &wrong, t] {
      for (int i = 0; i < 50; ++i) {
        const Pool::Piece piece = pool.take((1 + i % 3) * 2 * kMiB);
        auto* const bytes = static_cast<volatile char*>(piece.memory);
        for (size_t at = 0; at < piece.bytes; at += 4096) bytes[at] = static_cast<char>(t);
        for (size_t at = 0; at < piece.bytes; at += 4096) wrong += bytes[at] != static_cast<char>(t);
        pool.give_back(piece);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(wrong == 0);
  CHECK(pool.kept_bytes() <= Pool::kMostBytes);
}

}  // namespace voronode::test
