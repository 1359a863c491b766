// The arithmetic of blocks: they cover every row once, in order.
#include <doctest/doctest.h>

#include <initializer_list>

#include "storage/block_shape.h"

namespace voronode::test {

TEST_CASE("blocks follow one another without gaps, double up to the top size and stay there") {
  for (const size_t width : {1, 2, 3, 7, 16, 33, 100, 128, 129, 768, 1536, 4097, 70'000, 1 << 20}) {
    for (const size_t item_bytes : {4, 8}) {
      const BlockShape shape(width, item_bytes);
      INFO("width ", width, ", items of ", item_bytes);
      CHECK(std::has_single_bit(shape.base));
      CHECK(std::has_single_bit(shape.top));
      CHECK(shape.base >= kMinBlockRows);
      CHECK(shape.top >= shape.base);
      CHECK((shape.base << shape.doublings) == shape.top);
      CHECK(shape.capacity(0) == shape.base);
      size_t begin = 0;
      size_t wrong = 0;
      for (size_t b = 0; b < shape.doublings + 5; ++b) {
        const size_t capacity = shape.capacity(b);
        CHECK(shape.begin(b) == begin);
        CHECK(capacity <= shape.top);
        if (b > 0) CHECK((capacity == shape.begin(b) || capacity == shape.top));
        for (const size_t row : {size_t{0}, size_t{1}, capacity / 2, capacity - 1}) {
          if (shape.block_of(begin + row) != b) ++wrong;
        }
        begin += capacity;
      }
      CHECK(shape.capacity(shape.doublings + 4) == shape.top);
      CHECK(wrong == 0);
    }
  }
}

TEST_CASE("blocks are about as large as their constants say, unless rows are wide") {
  for (const size_t width : {1, 3, 33, 128, 250}) {
    const BlockShape shape(width, 4);
    CHECK(shape.base * width * 4 <= kBaseBytes);
    CHECK(shape.base * width * 4 * 2 > kBaseBytes);
    CHECK(shape.top * width * 4 <= kTopBytes);
    CHECK(shape.top * width * 4 * 2 > kTopBytes);
  }
  CHECK(BlockShape(1 << 20, 4).top == kMinBlockRows);
}

TEST_CASE("rows beyond the address space are refused") {
  CHECK_THROWS_AS(BlockShape(kMaxBytes / 4 + 1, 4), Error);
  CHECK_NOTHROW(BlockShape(kMaxBytes / 4, 4));
}

}  // namespace voronode::test
