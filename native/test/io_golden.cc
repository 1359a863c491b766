// Files of Faiss pass through unchanged: read, then saved, they are the same bytes, in memory and on disk.
#include <doctest/doctest.h>

#include "index/flat.h"
#include "index/id_map.h"
#include "index/pre_transform.h"
#include "io/index_io.h"
#include "test/exercise.h"
#include "test/golden.h"

namespace voronode::test {

TEST_CASE("what Faiss wrote is saved as the same bytes") {
  const TemporaryFolder folder;
  size_t files = 0;
  for (const Golden& file : golden_files()) {
    if (file.refused()) continue;
    CAPTURE(file.name);
    ++files;
    // These two are made by hand; Faiss would save both as flat_l2.
    const bool by_hand = file.name == "flat_l2_trailer" || file.name == "flat_l2_old_tag";
    const Bytes expected = by_hand ? golden("flat_l2") : file.bytes;
    const auto index = deserialize_index(file.bytes.data(), file.bytes.size(), nullptr);
    CHECK(serialize_index(*index, nullptr) == expected);
    write_index(*index, folder / "saved", nullptr);
    CHECK(read_all(folder / "saved") == expected);
    exercise(*read_index(folder / "saved", nullptr));
  }
  CHECK(files >= 18);
}

TEST_CASE("an index made here has the bytes of the same one made by Faiss") {
  const Bytes bytes = golden("idmap2_l2norm_flat");
  const auto golden_index = deserialize_index(bytes.data(), bytes.size(), nullptr);
  const auto* golden_map = dynamic_cast<const IndexIDMap*>(golden_index.get());
  REQUIRE(golden_map != nullptr);

  std::vector<std::unique_ptr<VectorTransform>> chain;
  chain.push_back(std::make_unique<NormalizationTransform>(8));
  auto flat = std::make_shared<IndexFlat>(8, Metric::kL2);
  IndexIDMap map(std::make_shared<IndexPreTransform>(std::move(chain), flat), true);
  const auto* golden_flat = dynamic_cast<const IndexFlat*>(golden_map->inner()->inner().get());
  REQUIRE(golden_flat != nullptr);
  const auto rows = golden_flat->rows().view();
  const auto ids = golden_map->ids().view();
  for (size_t i = 0; i < rows.size(); ++i) {
    std::vector<float> row(rows.row(i), rows.row(i) + 8);
    for (float& component : row) component *= 4;  // normalising undoes it
    map.add_with_ids(1, row.data(), ids.row(i), nullptr);
  }
  CHECK(serialize_index(map, nullptr) == bytes);
}

TEST_CASE("indexes of several blocks and chunks survive") {
  for (const size_t d : {size_t{1}, size_t{3}, size_t{768}, size_t{300000}}) {
    CAPTURE(d);
    const size_t n = (size_t{5} << 20) / (d * sizeof(float)) + 3;
    IndexIDMap map(std::make_shared<IndexFlat>(d, Metric::kInnerProduct), false);
    std::vector<float> x(n * d);
    std::vector<idx_t> ids(n);
    for (size_t i = 0; i < x.size(); ++i) x[i] = static_cast<float>(i % 8191);
    for (size_t i = 0; i < n; ++i) ids[i] = static_cast<idx_t>(i * 0x9E3779B97F4A7C15u >> 1);
    map.add_with_ids(n, x.data(), ids.data(), nullptr);

    const Bytes bytes = serialize_index(map, nullptr);
    CHECK(bytes.size() == 37 + 45 + 4 * n * d + 8 + 8 * n);
    const TemporaryFolder folder;
    write_index(map, folder / "index", nullptr);
    CHECK(read_all(folder / "index") == bytes);
    const auto again = read_index(folder / "index", nullptr);
    CHECK(serialize_index(*again, nullptr) == bytes);
  }
}

}  // namespace voronode::test
