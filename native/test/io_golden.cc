// Files of Faiss pass through unchanged: read, then saved, they are the same bytes, in memory and on disk.
#include <doctest/doctest.h>

#include "filter/selector_batch.h"
#include "index/flat.h"
#include "index/id_map.h"
#include "index/pre_transform.h"
#include "io/index_io.h"
#include "ivf/ivf_flat.h"
#include "test/exercise.h"
#include "test/golden.h"
#include "transform/plain_transforms.h"

namespace voronode::test {

namespace {

// What Faiss would save of what it reads from this file: files made by hand are in forms that it does not write.
std::string saved_as(const std::string& name) {
  for (const char* flat : {"flat_l2_trailer", "flat_l2_old_tag"}) {
    if (name == flat) return "flat_l2";
  }
  for (const char* flat : {"ivf_flat_legacy", "ivf_flat_legacy_floats"}) {
    if (name == flat) return "ivf_flat_l2";
  }
  for (const char* scalar : {"ivf_sq8_legacy", "ivf_sq8_old_tag"}) {
    if (name == scalar) return "ivf_sq8_l2";
  }
  if (name == "ivf_flat_no_lists") return "ivf_flat_empty";
  if (name == "pca_flat_no_epsilon" || name == "pca_flat_no_bins") return "pca_flat";
  if (name == "idmap_ivf_flat_old_map") return "idmap_ivf_flat";
  if (name == "ivf_flat_hash") return "ivf_flat_hash_sorted";  // Faiss's order is that of its hash table
  return name;
}

}  // namespace

TEST_CASE("what Faiss wrote is saved as the same bytes") {
  const TemporaryFolder folder;
  size_t files = 0;
  for (const Golden& file : golden_files()) {
    if (file.refused()) continue;
    CAPTURE(file.name);
    ++files;
    const Bytes expected = golden(saved_as(file.name));
    const auto index = deserialize_index(file.bytes.data(), file.bytes.size(), nullptr);
    CHECK(serialize_index(*index, nullptr) == expected);
    write_index(*index, folder / "saved", nullptr);
    CHECK(read_all(folder / "saved") == expected);
    exercise(*read_index(folder / "saved", nullptr));
  }
  CHECK(files >= 40);
}

TEST_CASE("an index made here has the bytes of the same one made by Faiss") {
  const Bytes bytes = golden("idmap2_l2norm_flat");
  const auto golden_index = deserialize_index(bytes.data(), bytes.size(), nullptr);
  const auto* golden_map = dynamic_cast<const IndexIDMap*>(golden_index.get());
  REQUIRE(golden_map != nullptr);

  TransformChain chain;
  chain.push_back(std::make_shared<NormalizationTransform>(8));
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

TEST_CASE("an IVF made here has the bytes of the same one made by Faiss") {
  for (const char* name : {"ivf_flat_l2", "ivf_flat_ip", "ivf_flat_d1", "ivf_flat_d17", "ivf_flat_sparse",
                           "ivf_flat_empty", "ivf_flat_array", "ivf_flat_ip_by_l2", "ivf_flat_trained"}) {
    CAPTURE(name);
    const Bytes bytes = golden(name);
    const auto read = deserialize_index(bytes.data(), bytes.size(), nullptr);
    const auto& theirs = dynamic_cast<const IndexIVFFlat&>(*read);
    const size_t d = theirs.d();
    auto quantizer = std::make_shared<IndexFlat>(d, theirs.quantizer()->metric());
    std::vector<float> x(d);
    for (size_t i = 0; i < theirs.nlist(); ++i) {
      theirs.quantizer()->reconstruct(static_cast<idx_t>(i), x.data());
      quantizer->add(1, x.data(), nullptr);
    }
    IndexIVFFlat ours(quantizer, theirs.nlist(), theirs.metric());
    ours.set_nprobe(theirs.nprobe());
    ours.set_direct_map_type(theirs.direct_map_type());
    for (size_t i = 0; i < theirs.ntotal(); ++i) {
      theirs.reconstruct(static_cast<idx_t>(i), x.data());
      ours.add(1, x.data(), nullptr);
    }
    CHECK(serialize_index(ours, nullptr) == bytes);
  }
}

TEST_CASE("a removal leaves the bytes that Faiss leaves") {
  const Bytes bytes = golden("ivf_flat_l2");
  const auto index = deserialize_index(bytes.data(), bytes.size(), nullptr);
  const std::vector<idx_t> gone = {0, 2, 5};
  const IDSelectorBatch selector(gone.size(), gone.data());
  CHECK(index->remove_ids(selector, nullptr) == 3);
  CHECK(serialize_index(*index, nullptr) == golden("ivf_flat_removed"));
}

TEST_CASE("an IVF of several extents and chunks survives, with any direct map and ids") {
  for (const size_t d : {size_t{1}, size_t{64}, size_t{300000}}) {
    for (const DirectMapType type : {DirectMapType::kNone, DirectMapType::kArray, DirectMapType::kHashtable}) {
      CAPTURE(d);
      constexpr size_t kLists = 5;
      const size_t n = (size_t{3} << 20) / (d * sizeof(float)) + 3;
      auto quantizer = std::make_shared<IndexFlat>(d, Metric::kL2);
      std::vector<float> x(std::max(n, kLists) * d);
      for (size_t i = 0; i < x.size(); ++i) x[i] = static_cast<float>(i * 2654435761 % 8191);
      quantizer->add(kLists, x.data(), nullptr);
      IndexIVFFlat index(quantizer, kLists, Metric::kL2);
      index.set_direct_map_type(type);
      for (size_t i = 0; i < n; i += n / 3) index.add(std::min(n / 3, n - i), x.data() + i * d, nullptr);
      const Bytes bytes = serialize_index(index, nullptr);
      const size_t map = type == DirectMapType::kArray ? 8 * n : type == DirectMapType::kHashtable ? 8 + 16 * n : 0;
      const size_t head = 37 + 16 + 45 + kLists * d * 4 + 9 + map;
      CHECK(bytes.size() >= head + 4 + 16 + 4 + 8 + n * (d * 4 + 8));
      const TemporaryFolder folder;
      write_index(index, folder / "index", nullptr);
      CHECK(read_all(folder / "index") == bytes);
      const auto again = read_index(folder / "index", nullptr);
      CHECK(serialize_index(*again, nullptr) == bytes);
      exercise(*again);
    }
  }
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
