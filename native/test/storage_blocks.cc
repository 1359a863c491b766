// Blocks against a std::vector, around the boundaries of blocks.
#include <doctest/doctest.h>

#include <algorithm>
#include <numeric>

#include "storage/blocks.h"
#include "test/random.h"

namespace voronode::test {
namespace {

std::vector<float> contents(const Blocks<float>::View& view) {
  std::vector<float> out;
  for (size_t b = 0; b < view.block_count(); ++b) {
    const auto block = view.block(b);
    CHECK(block.begin * view.width() == out.size());
    CHECK(reinterpret_cast<uintptr_t>(block.data) % 64 == 0);
    CHECK(block.rows > 0);
    out.insert(out.end(), block.data, block.data + block.rows * view.width());
  }
  return out;
}

bool rows_agree(const Blocks<float>::View& view, const std::vector<float>& model) {
  for (size_t i = 0; i < view.size(); ++i) {
    if (!std::equal(view.row(i), view.row(i) + view.width(), model.data() + i * view.width())) return false;
  }
  return view.size() * view.width() == model.size();
}

// A number of rows that ends near the end of a block.
size_t near_boundary(const BlockShape& shape, size_t size, size_t most, Random& random) {
  if (random.one_in(3)) return random.below(40);
  const size_t b = shape.block_of(size);
  const size_t end = shape.begin(b) + shape.capacity(b) + random.below(3);
  return std::min(end - std::min(end, size + 1), most);
}

std::vector<size_t> some_rows(size_t n, Random& random) {
  std::vector<size_t> rows;
  const size_t one_in = random.between(1, 6);
  const size_t first = n == 0 ? 0 : random.below(n);
  for (size_t i = random.one_in(2) ? 0 : first; i < n; ++i) {
    if (random.one_in(one_in)) rows.push_back(i);
  }
  return rows;
}

void check_against_model(size_t width, size_t most, size_t steps, uint64_t seed) {
  CAPTURE(width);
  Random random(seed);
  Blocks<float> blocks(width);
  const BlockShape shape(width, sizeof(float));
  std::vector<float> model;
  for (size_t step = 0; step < steps; ++step) {
    CAPTURE(step);
    const size_t size = model.size() / width;
    const size_t kind = size > most ? 7 : random.below(10);
    if (kind < 6) {
      const auto view = blocks.view();
      const std::vector<float> items = random.vectors(near_boundary(shape, size, most, random), width);
      blocks.append(items.size() / width, items.data());
      CHECK(rows_agree(view, model));  // taken before the growth
      model.insert(model.end(), items.begin(), items.end());
    } else if (kind < 7) {
      const size_t kept = size == 0 ? 0 : size - random.below(std::min<size_t>(size, 50));
      blocks.truncate(kept);
      model.resize(kept * width);
    } else if (kind < 9) {
      const std::vector<size_t> rows = some_rows(size, random);
      blocks.remove(rows);
      for (auto row = rows.rbegin(); row != rows.rend(); ++row) {
        const auto at = model.begin() + static_cast<ptrdiff_t>(*row * width);
        model.erase(at, at + static_cast<ptrdiff_t>(width));
      }
    } else if (random.one_in(4)) {
      blocks.clear();
      model.clear();
      CHECK(blocks.allocated_bytes() == 0);
    }
    CHECK(blocks.size() * width == model.size());
    CHECK(contents(blocks.view()) == model);
    CHECK(rows_agree(blocks.view(), model));
    CHECK(blocks.allocated_bytes() >= model.size() * sizeof(float));
  }
}

}  // namespace

TEST_CASE("blocks hold what a vector holds after any appends, truncations, removals and clears") {
  check_against_model(1, 9'000, 150, 6);
  check_against_model(3, 6'000, 150, 7);
  check_against_model(33, 1'500, 150, 8);
  check_against_model(300, 200, 150, 9);
  check_against_model(20'000, 70, 60, 10);  // blocks of the least number of rows
}

TEST_CASE("removing all rows frees all blocks, removing none changes nothing") {
  Random random(11);
  Blocks<float> blocks(5);
  const std::vector<float> x = random.vectors(5'000, 5);
  blocks.append(5'000, x.data());
  const size_t bytes = blocks.allocated_bytes();
  blocks.remove({});
  CHECK(contents(blocks.view()) == x);
  CHECK(blocks.allocated_bytes() == bytes);
  std::vector<size_t> all(5'000);
  std::iota(all.begin(), all.end(), size_t{0});
  blocks.remove(all);
  CHECK(blocks.size() == 0);
  CHECK(blocks.view().block_count() == 0);
  CHECK(blocks.allocated_bytes() == 0);
}

TEST_CASE("a view stays right while the blocks grow, and outlives them") {
  Random random(12);
  auto blocks = std::make_unique<Blocks<float>>(7);
  std::vector<float> model;
  std::vector<Blocks<float>::View> views;
  while (blocks->size() < 3'000) {
    const std::vector<float> items = random.vectors(random.between(0, 200), 7);
    blocks->append(items.size() / 7, items.data());
    model.insert(model.end(), items.begin(), items.end());
    views.push_back(blocks->view());
  }
  blocks.reset();
  size_t wrong = 0;
  for (const auto& view : views) {
    const auto end = model.begin() + static_cast<ptrdiff_t>(view.size() * 7);
    if (!rows_agree(view, std::vector<float>(model.begin(), end))) ++wrong;
  }
  CHECK(wrong == 0);
}

TEST_CASE("allocated memory stays close to what is stored") {
  constexpr size_t kWidth = 128;
  const std::vector<float> batch(1'000 * kWidth, 1.0f);
  Blocks<float> blocks(kWidth);
  while (blocks.size() < 100'000) {
    blocks.append(1'000, batch.data());
    const size_t stored = blocks.size() * kWidth * sizeof(float);
    // Less than twice while blocks double, less than a block more from then on.
    CHECK(blocks.allocated_bytes() <= std::min(2 * stored, stored + kTopBytes) + kBaseBytes);
    if (stored > (size_t{32} << 20)) CHECK(blocks.allocated_bytes() <= stored * 115 / 100);
  }
}

TEST_CASE("more rows than the address space holds are refused before anything is touched") {
  Blocks<float> blocks(1'000);
  const std::vector<float> row(1'000, 1.0f);
  blocks.append(1, row.data());
  for (const size_t n : {kMaxBytes / 4'000, kMaxBytes, std::numeric_limits<uint64_t>::max()}) {
    CHECK_THROWS_AS(blocks.append(n, nullptr), Error);
  }
  CHECK(blocks.size() == 1);
  CHECK(contents(blocks.view()) == row);
}

}  // namespace voronode::test
