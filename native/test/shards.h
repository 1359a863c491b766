// IVF indexes with other centroids than one for each list, as bytes: the quantizer in those of a whole index exchanged.
#pragma once

#include <memory>
#include <vector>

#include "index/id_map.h"
#include "io/index_io.h"
#include "ivf/ivf_flat.h"
#include "ivf/ivf_scalar_quantizer.h"
#include "test/golden.h"
#include "test/random.h"

namespace voronode::test::shards {

inline constexpr size_t kLists = 7, kRows = 210;
inline constexpr size_t kD = 20;                         // enough for sketches
inline constexpr size_t kTrained = 32, kQuantizer = 53;  // where the fields begin

enum class Kind { kFlat, kBytes, kHalves };

inline std::vector<float> centroids() { return Random(5).vectors(kLists, kD); }
inline std::vector<float> some_rows(size_t n = kRows) { return Random(6).vectors(n, kD); }

inline std::shared_ptr<Index> flat_of(const std::vector<float>& x) {
  auto flat = std::make_shared<IndexFlat>(kD, Metric::kL2);
  if (!x.empty()) flat->add(x.size() / kD, x.data(), nullptr);
  return flat;
}

// Of one centroid for each list, with rows 0 … rows - 1.
inline std::shared_ptr<IndexIVF> whole(Kind kind, size_t rows = kRows) {
  std::shared_ptr<IndexIVF> index;
  if (kind == Kind::kFlat) {
    index = std::make_shared<IndexIVFFlat>(flat_of(centroids()), kLists, Metric::kL2);
  } else {
    const ScalarCode code = kind == Kind::kBytes ? ScalarCode::k8bit : ScalarCode::kFp16;
    index = std::make_shared<IndexIVFScalarQuantizer>(flat_of(centroids()), kLists, code, Metric::kL2);
    index->train(kRows, some_rows().data(), nullptr);
  }
  if (rows > 0) index->add(rows, some_rows(rows).data(), nullptr);
  return index;
}

// The centroids of these lists: those of `whole`, beyond them others.
inline std::shared_ptr<Index> quantizer_of(const std::vector<idx_t>& lists, bool with_ids) {
  const std::vector<float> known = centroids();
  std::vector<float> x;
  for (const idx_t list : lists) {
    const size_t from = static_cast<size_t>(list % static_cast<idx_t>(kLists)) * kD;
    for (size_t j = 0; j < kD; ++j) x.push_back(known[from + j] + (list < static_cast<idx_t>(kLists) ? 0.0f : 50.0f));
  }
  if (!with_ids) return flat_of(x);
  auto map = std::make_shared<IndexIDMap>(flat_of({}), true);
  if (!lists.empty()) map->add_with_ids(lists.size(), x.data(), lists.data(), nullptr);
  return map;
}

// The bytes with another quantizer in place of that of `whole`.
inline Bytes exchanged(const Bytes& bytes, const Index& quantizer) {
  const size_t size = serialize_index(*flat_of(centroids()), nullptr).size();
  const Bytes put = serialize_index(quantizer, nullptr);
  Bytes out(bytes.begin(), bytes.begin() + kQuantizer);
  out.insert(out.end(), put.begin(), put.end());
  out.insert(out.end(), bytes.begin() + static_cast<std::ptrdiff_t>(kQuantizer + size), bytes.end());
  return out;
}

inline Bytes shard(const Index& index, const std::vector<idx_t>& lists, bool with_ids) {
  return exchanged(serialize_index(index, nullptr), *quantizer_of(lists, with_ids));
}

}  // namespace voronode::test::shards
