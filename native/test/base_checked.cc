// Sizes at and beyond the limit, messages of errors.
#include <doctest/doctest.h>

#include <cerrno>
#include <cstring>

#include "base/aligned.h"
#include "base/checked.h"

namespace voronode::test {
namespace {

constexpr uint64_t kAll = std::numeric_limits<uint64_t>::max();

bool refused(uint64_t a, uint64_t b, size_t (*operation)(uint64_t, uint64_t)) {
  try {
    operation(a, b);
  } catch (const Error& error) {
    return error.code() == Code::kNoMemory;
  }
  return false;
}

}  // namespace

TEST_CASE("checked_mul gives products up to the largest size and refuses the rest") {
  for (const uint64_t a : {uint64_t{0}, uint64_t{1}, uint64_t{3}, uint64_t{1} << 31, uint64_t{1} << 32, kMaxBytes}) {
    CAPTURE(a);
    CHECK(checked_mul(a, 0) == 0);
    CHECK(checked_mul(0, a) == 0);
    CHECK(checked_mul(a, 1) == a);
    if (a < 2) continue;
    const uint64_t most = kMaxBytes / a;
    CHECK(checked_mul(a, most) == a * most);
    CHECK(refused(a, most + 1, checked_mul));
    CHECK(refused(most + 1, a, checked_mul));
    CHECK(refused(a, kAll, checked_mul));
  }
  CHECK(checked_mul(kAll, 0) == 0);
  CHECK(refused(kAll, 1, checked_mul));
  CHECK(refused(uint64_t{1} << 32, uint64_t{1} << 32, checked_mul));  // wraps to 0
  CHECK(refused(kAll, kAll, checked_mul));                            // wraps to 1
}

TEST_CASE("checked_add gives sums up to the largest size and refuses the rest") {
  CHECK(checked_add(0, 0) == 0);
  CHECK(checked_add(kMaxBytes, 0) == kMaxBytes);
  CHECK(checked_add(0, kMaxBytes) == kMaxBytes);
  CHECK(checked_add(kMaxBytes - 5, 5) == kMaxBytes);
  CHECK(refused(kMaxBytes - 5, 6, checked_add));
  CHECK(refused(kMaxBytes, 1, checked_add));
  CHECK(refused(1, kMaxBytes, checked_add));
  CHECK(refused(kAll, 1, checked_add));  // wraps to 0
  CHECK(refused(1, kAll, checked_add));
  CHECK(refused(kAll, 0, checked_add));
}

TEST_CASE("mul_overflows tells of a wrap and of nothing else") {
  uint64_t out = 0;
  CHECK_FALSE(mul_overflows(kAll, 1, &out));
  CHECK(out == kAll);
  CHECK_FALSE(mul_overflows(0, kAll, &out));
  CHECK(out == 0);
  CHECK_FALSE(mul_overflows(0xFFFFFFFF, 0x100000001, &out));
  CHECK(out == kAll);
  CHECK(mul_overflows(0x100000000, 0x100000000, &out));
}

TEST_CASE("format takes text of any length") {
  CHECK(format("%d of %s", 3, "four") == "3 of four");
  CHECK(format("%s", "").empty());
  const std::string text(5000, 'x');
  CHECK(format("<%s>", text.c_str()) == "<" + text + ">");
}

TEST_CASE("a SystemError keeps its parts") {
  const SystemError error(ENOENT, "open", "/no/such/file");
  CHECK(error.code() == Code::kSystem);
  CHECK(error.err() == ENOENT);
  CHECK(std::strcmp(error.syscall(), "open") == 0);
  CHECK(error.path() == "/no/such/file");
  CHECK(std::string(error.what()).find("/no/such/file") != std::string::npos);
}

TEST_CASE("an AlignedArray lies on cache lines, can be read a little beyond its end, and refuses wild sizes") {
  for (const size_t n : {size_t{0}, size_t{1}, size_t{15}, size_t{1000}, size_t{1} << 20}) {
    AlignedArray<float> array(n);
    CHECK(reinterpret_cast<uintptr_t>(array.data()) % kAlignment == 0);
    std::memset(array.data(), 1, n * sizeof(float) + kAlignment);  // within the allocation, or ASan speaks
  }
  for (const size_t n : {size_t{kAll}, size_t{kAll} / 4, size_t{kMaxBytes} / 4, size_t{kMaxBytes} / 4 + 1}) {
    CAPTURE(n);
    bool refused_size = false;
    try {
      const AlignedArray<float> array(n);
    } catch (const Error& error) {
      refused_size = error.code() == Code::kNoMemory;
    }
    CHECK(refused_size);
  }
}

}  // namespace voronode::test
