// Blocks that begin with rows of somebody else's memory, at any address, against a std::vector.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <numeric>

#include "storage/blocks.h"
#include "storage/row_numbers.h"
#include "test/guarded.h"
#include "test/random.h"

namespace voronode::test {
namespace {

// n rows before `spare` bytes that can be read, and a page that cannot.
struct Foreign {
  Foreign(const std::vector<float>& items, size_t spare_)
      : spare(spare_), bytes(items.size() * sizeof(float) + spare_) {
    if (!items.empty()) std::memcpy(bytes.data(), items.data(), items.size() * sizeof(float));
  }
  size_t spare;
  Guarded<uint8_t> bytes;
};

std::vector<float> contents(const Blocks<float>::View& view) {
  std::vector<float> out(view.size() * view.width());
  for (size_t b = 0; b < view.block_count(); ++b) {
    const auto block = view.block(b);
    std::memcpy(out.data() + block.begin * view.width(), block.data, block.rows * view.width() * sizeof(float));
  }
  return out;
}

bool rows_agree(const Blocks<float>::View& view, const std::vector<float>& model) {
  if (view.size() * view.width() != model.size()) return false;
  for (size_t i = 0; i < view.size(); ++i) {
    if (std::memcmp(view.row(i), model.data() + i * view.width(), view.width() * sizeof(float)) != 0) return false;
  }
  return true;
}

// Each block can be read 64 bytes beyond its rows.
bool tails_are_readable(const Blocks<float>::View& view) {
  uint8_t tail[kAlignment];
  size_t sum = 0;
  for (size_t b = 0; b < view.block_count(); ++b) {
    const auto block = view.block(b);
    const auto* const end = reinterpret_cast<const uint8_t*>(block.data) + block.rows * view.width() * sizeof(float);
    std::memcpy(tail, end, sizeof tail);
    sum += std::accumulate(std::begin(tail), std::end(tail), size_t{0});
  }
  return sum <= view.block_count() * kAlignment * 255;
}

struct Adopted {
  Adopted(size_t width, size_t n, size_t spare, Random& random) : model(random.vectors(n, width)), blocks(width) {
    auto foreign = std::make_shared<Foreign>(model, spare);
    blocks.adopt(n, foreign->bytes.data(), foreign, spare);
    owner = foreign;
  }
  std::vector<float> model;
  Blocks<float> blocks;
  std::weak_ptr<Foreign> owner;
};

// Whole blocks behind which so much can be read.
size_t expected_blocks(const BlockShape& shape, size_t n, size_t spare) {
  size_t b = 0;
  for (;; ++b) {
    const size_t end = shape.begin(b) + shape.capacity(b);
    if (end > n || (n - end) * shape.width * sizeof(float) + spare < kAlignment) return b;
  }
}

constexpr size_t kWidths[] = {1, 3, 33, 300, 20'000};
constexpr size_t kSpares[] = {0, 1, 2, 63, 64, 65, 4'096};

size_t blocks_tried(size_t width) { return width == 20'000 ? 2 : 3; }

}  // namespace

TEST_CASE("adopted rows: whole blocks stay where they are, the rest is copied, at any size and address") {
  Random random(21);
  for (const size_t width : kWidths) {
    const BlockShape shape(width, sizeof(float));
    for (size_t b = 0; b < blocks_tried(width); ++b) {
      for (size_t past = 0; past < 3; ++past) {
        const size_t n = shape.begin(b) + shape.capacity(b) + past - 1;
        for (const size_t spare : kSpares) {
          INFO("width ", width, ", rows ", n, ", spare ", spare);
          const Adopted one(width, n, spare, random);
          const size_t stay = expected_blocks(shape, n, spare);
          CHECK(one.blocks.size() == n);
          CHECK(contents(one.blocks.view()) == one.model);
          CHECK(rows_agree(one.blocks.view(), one.model));
          CHECK(tails_are_readable(one.blocks.view()));
          CHECK(one.blocks.adopted_bytes() == (stay == 0 ? 0 : shape.begin(stay)) * width * sizeof(float));
          CHECK(one.owner.expired() == (stay == 0));
          const size_t copied = n - (stay == 0 ? 0 : shape.begin(stay));
          CHECK(one.blocks.allocated_bytes() >= copied * width * sizeof(float));
          CHECK((one.blocks.allocated_bytes() == 0) == (copied == 0));
        }
      }
    }
  }
}

TEST_CASE("no rows are adopted as none") {
  Random random(22);
  const Adopted none(5, 0, 0, random);
  CHECK(none.blocks.size() == 0);
  CHECK(none.blocks.adopted_bytes() == 0);
  CHECK(none.blocks.view().block_count() == 0);
  CHECK(none.owner.expired());
}

TEST_CASE("adopted rows hold what a vector holds after any appends, removals, moves, truncations and clears") {
  for (const size_t width : kWidths) {
    for (uint64_t seed = 0; seed < 12; ++seed) {
      CAPTURE(width);
      CAPTURE(seed);
      Random random(100 * width + seed);
      const BlockShape shape(width, sizeof(float));
      const size_t most = shape.begin(blocks_tried(width)) + 3;
      Adopted one(width, random.below(most + 1), kSpares[random.below(std::size(kSpares))], random);
      for (size_t step = 0; step < 12; ++step) {
        const size_t size = one.model.size() / width;
        const size_t kind = random.below(8);
        if (kind < 4) {
          const auto view = one.blocks.view();
          const std::vector<float> before = one.model;
          const std::vector<float> items = random.vectors(random.below(shape.base + 2), width);
          one.blocks.append(items.size() / width, items.data());
          CHECK(rows_agree(view, before));
          one.model.insert(one.model.end(), items.begin(), items.end());
        } else if (kind == 4) {
          const size_t kept = size - random.below(size + 1) / 2;
          one.blocks.truncate(kept);
          if (random.one_in(2)) one.blocks.release_spare();
          one.model.resize(kept * width);
        } else if (kind == 5) {
          std::vector<size_t> rows;
          std::vector<float> kept;
          for (size_t i = 0; i < size; ++i) {
            if (random.one_in(5)) {
              rows.push_back(i);
            } else {
              kept.insert(kept.end(), one.model.begin() + static_cast<std::ptrdiff_t>(i * width),
                          one.model.begin() + static_cast<std::ptrdiff_t>((i + 1) * width));
            }
          }
          one.blocks.remove(rows);
          one.model = kept;
        } else if (kind == 6 && size > 4) {
          const size_t to = random.below(size / 2);
          const size_t from = random.between(to + 1, size - 1);
          const size_t count = std::min(size - from, from - to);
          RowMove move{to, count, {{from, from + count}}, {from, from + count}};
          one.blocks.move(move);
          std::memmove(one.model.data() + to * width, one.model.data() + from * width, count * width * sizeof(float));
        } else if (kind == 7 && random.one_in(6)) {
          one.blocks.clear();
          one.model.clear();
          CHECK(one.blocks.adopted_bytes() == 0);
          CHECK(one.owner.expired());
        }
        CHECK(contents(one.blocks.view()) == one.model);
        CHECK(tails_are_readable(one.blocks.view()));
        CHECK(one.blocks.allocated_bytes() + one.blocks.adopted_bytes() >= one.model.size() * sizeof(float));
      }
    }
  }
}

TEST_CASE("what adopted rows lie in stays as long as anybody sees them") {
  Random random(23);
  auto one = std::make_unique<Adopted>(size_t{7}, size_t{3'000}, size_t{64}, random);
  const std::weak_ptr<Foreign> owner = one->owner;
  const std::vector<float> model = one->model;
  {
    const auto view = one->blocks.view();
    const auto second = std::make_unique<Blocks<float>::View>(view);
    one.reset();
    CHECK_FALSE(owner.expired());
    CHECK(rows_agree(view, model));
  }
  CHECK(owner.expired());
}

}  // namespace voronode::test
