// IndexIVFScalarQuantizer: the answers of a plain scan over the decoded rows of the visited lists, to the bit; training
// and what is refused. What all IVF kinds share is tested with IndexIVFFlat.
#include "ivf/ivf_scalar_quantizer.h"

#include <doctest/doctest.h>

#include <cmath>
#include <string>

#include "index/flat.h"
#include "ivf/ivf_flat.h"
#include "test/ivf_model.h"
#include "test/random.h"
#include "test/scalar_reference.h"
#include "test/threads.h"
#include "test/throws.h"

namespace voronode::test {
namespace {

constexpr ScalarCode kCodes[] = {ScalarCode::k8bit,       ScalarCode::kFp16, ScalarCode::k6bit,
                                 ScalarCode::k4bit,       ScalarCode::kBf16, ScalarCode::k8bitUniform,
                                 ScalarCode::k4bitUniform};

std::shared_ptr<IndexFlat> flat_of(Metric metric, size_t d, const std::vector<float>& rows) {
  auto flat = std::make_shared<IndexFlat>(d, metric);
  flat->add(rows.size() / d, rows.data(), nullptr);
  return flat;
}

// With given centroids, trained on x.
std::unique_ptr<IndexIVFScalarQuantizer> made(ScalarCode code, Metric metric, size_t d,
                                              const std::vector<float>& centroids, const std::vector<float>& x,
                                              bool by_residual = true) {
  auto index = std::make_unique<IndexIVFScalarQuantizer>(flat_of(metric, d, centroids), centroids.size() / d, code,
                                                         metric, by_residual);
  index->train(x.size() / d, x.data(), nullptr);
  return index;
}

// What a vector of a list becomes.
std::vector<float> decoded(const IndexIVFScalarQuantizer& index, const std::vector<float>& centroids, size_t list,
                           const std::vector<float>& x) {
  const float* const centroid = index.by_residual() ? centroids.data() + list * index.d() : nullptr;
  const ScalarQuantizer& sq = index.scalar_quantizer();
  const std::vector<uint8_t> code = reference_code(sq, x.data(), centroid);
  return reference_rows(sq.rows(code.data(), centroid), 1, index.d());
}

void decode_all(const IndexIVFScalarQuantizer& index, IvfModel& model) {
  for (size_t l = 0; l < model.nlist(); ++l) {
    for (auto& row : model.lists[l]) row.x = decoded(index, model.centroids, l, row.x);
  }
}

TEST_CASE("ivf scalar quantizer: answers are exact for the decoded rows") {
  const Threads restore;
  Random random(81);
  for (size_t c = 0; c < 160; ++c) {
    const ScalarCode code = kCodes[random.below(2) == 0 ? c % 2 : c % std::size(kCodes)];
    const Metric metric = c / 2 % 2 == 0 ? Metric::kL2 : Metric::kInnerProduct;
    const bool by_residual = c / 4 % 4 != 0;
    const size_t d = random.one_in(10) ? random.between(40, 200) : random.between(1, 40);
    const size_t n = random.between(1, 2500);
    const size_t nlist = random.between(1, 6);
    const auto centroids = random.vectors(nlist, d);
    auto x = random.vectors(n, d);
    if (c % 5 == 1) {  // outside the range of the training, and far from each other
      for (size_t i = 0; i < n; ++i) {
        const float scale = std::ldexp(1.0f, static_cast<int>(random.between(0, 25)) - 20);
        for (size_t j = 0; j < d; ++j) x[i * d + j] *= scale;
      }
    }
    if (c % 5 == 2) {  // many equal rows
      for (float& component : x) component = static_cast<float>(random.below(2));
    }
    const auto sample = random.vectors(50, d);
    const auto index = made(code, metric, d, centroids, sample, by_residual);
    IvfModel model = model_of(*index);
    std::vector<idx_t> ids(n);
    for (size_t i = 0; i < n; ++i) ids[i] = static_cast<idx_t>(i * 7919 % n);
    for (size_t at = 0; at < n;) {
      const size_t batch = std::min(n - at, random.between(1, 1500));
      index->add_with_ids(batch, x.data() + at * d, ids.data() + at, nullptr);
      at += batch;
    }
    model.add(n, x.data(), ids.data());
    decode_all(*index, model);
    if (random.one_in(3)) {
      const idx_t first = static_cast<idx_t>(random.below(n));
      const IDSelectorRange range(first, first + static_cast<idx_t>(random.between(1, 90)));
      REQUIRE(model.remove(range) == index->remove_ids(range, nullptr));
    }
    CAPTURE(c);
    CAPTURE(d);
    CAPTURE(n);
    REQUIRE(model.same_lists(*index));
    const size_t threads[] = {1, 2, 4, 8};
    ThreadPool::instance().set_threads(threads[random.below(4)]);
    const size_t nq = random.one_in(10) ? random.between(90, 120) : random.between(1, 7);
    const auto xq = random.vectors(nq, d);
    const size_t k = random.one_in(8) ? n : random.between(1, 30);
    const IDSelectorRange dense(0, static_cast<idx_t>(n / 2));
    const IDSelectorRange sparse(static_cast<idx_t>(n / 3), static_cast<idx_t>(n / 3 + n / 40 + 1));
    SearchParams params;
    if (random.one_in(4)) params.filter = random.one_in(2) ? &dense : &sparse;
    const size_t nprobe = random.between(1, nlist);
    params.set(kNprobe, nprobe);
    const Answer expected = model.search(nq, xq.data(), k, nprobe, params.filter);
    CHECK(search(*index, nq, xq.data(), k, params) == expected);
    const Answer alone = search(*index, 1, xq.data(), k, params);
    CHECK(alone.labels == std::vector<idx_t>(expected.labels.begin(), expected.labels.begin() + static_cast<long>(k)));
    const float radius = expected.distances[std::min<size_t>(k, 20) - 1];
    RangeResult in_range;
    index->range_search(std::min<size_t>(nq, 4), xq.data(), radius, params, &in_range);
    CHECK(same(in_range, model.range_search(std::min<size_t>(nq, 4), xq.data(), radius, nprobe, params.filter)));
  }
}

TEST_CASE("ivf scalar quantizer: reconstruct shows the decoded row, close to what was added") {
  Random random(82);
  const size_t d = 20, n = 600;
  const auto x = random.vectors(n, d);
  for (const ScalarCode code : kCodes) {
    IndexIVFScalarQuantizer index(d, 8, code, Metric::kL2);
    index.train(n, x.data(), nullptr);
    index.add(n, x.data(), nullptr);
    CHECK(index.lists().code_size() == scalar_row_bytes(code, d));
    for (size_t i = 0; i < n; i += 37) {
      std::vector<float> row(d);
      index.reconstruct(static_cast<idx_t>(i), row.data());
      for (size_t j = 0; j < d; ++j) {
        const ScalarRows range = index.scalar_quantizer().rows(nullptr, nullptr);
        const size_t most = (size_t{1} << scalar_code_bits(code)) - 1;
        const float step = index.scalar_quantizer().learns() ? range.vdiff[j] / static_cast<float>(most)
                           : code == ScalarCode::kFp16       ? 0x1p-10f
                                                             : 0x1p-7f;
        CHECK(std::fabs(row[j] - x[i * d + j]) <= 0.51f * step + 1e-6f);
      }
    }
  }
}

TEST_CASE("ivf scalar quantizer: SQ8 has something to learn even with given centroids, SQfp16 has not") {
  const size_t d = 4;
  const auto centroids = Random(83).vectors(3, d);
  const auto x = Random(84).vectors(100, d);
  IndexIVFScalarQuantizer bytes(flat_of(Metric::kL2, d, centroids), 3, ScalarCode::k8bit, Metric::kL2);
  IndexIVFScalarQuantizer halves(flat_of(Metric::kL2, d, centroids), 3, ScalarCode::kFp16, Metric::kL2);
  CHECK(!bytes.is_trained());
  CHECK(halves.is_trained());
  check_throws(Code::kNotTrained, "call train(vectors)", [&] { bytes.add(1, x.data(), nullptr); });
  check_throws(Code::kInvalidArgValue, "at least one vector", [&] { bytes.train(0, x.data(), nullptr); });
  bytes.train(100, x.data(), nullptr);
  halves.train(100, x.data(), nullptr);
  CHECK(bytes.is_trained());
  CHECK(same(centroids_of(*bytes.quantizer()), centroids));
  const auto first = bytes.scalar_quantizer().trained();
  bytes.train(50, x.data(), nullptr);  // anew, as the index is empty
  CHECK(bytes.scalar_quantizer().trained() != first);
  bytes.add(2, x.data(), nullptr);
  halves.add(2, x.data(), nullptr);
  check_throws(Code::kUnsupported, "call reset()", [&] { bytes.train(100, x.data(), nullptr); });
  halves.train(100, x.data(), nullptr);  // nothing to do
  bytes.reset();
  CHECK(bytes.is_trained());
}

TEST_CASE("ivf scalar quantizer: a training that fails changes nothing") {
  const size_t d = 2;
  IndexIVFScalarQuantizer index(d, 2, ScalarCode::k8bit, Metric::kL2);
  const std::vector<float> large = {3e38f, 0, 0, 0, -3e38f, 0, 1, 1};
  const auto x = Random(85).vectors(40, d);
  const auto own = [&](const std::vector<float>& centroids) {
    return IndexIVFScalarQuantizer(flat_of(Metric::kL2, d, centroids), centroids.size() / d, ScalarCode::k8bit,
                                   Metric::kL2)
        .train(large.size() / d, large.data(), nullptr);
  };
  check_throws(Code::kInvalidArgValue, "component 0", [&] { own({0, 0}); });
  check_throws(Code::kInvalidArgValue, "at least as many vectors as lists", [&] { index.train(1, x.data(), nullptr); });
  CHECK(!index.is_trained());
  CHECK(index.scalar_quantizer().trained().empty());
  index.train(40, x.data(), nullptr);
  const auto centroids = centroids_of(*index.quantizer());
  const auto ranges = index.scalar_quantizer().trained();
  Cancel cancel;
  cancel.fire();
  CHECK_THROWS_AS(index.train(30, x.data(), &cancel), Error);
  CHECK(same(centroids_of(*index.quantizer()), centroids));
  CHECK(same(index.scalar_quantizer().trained(), ranges));
}

TEST_CASE("ivf scalar quantizer: what no half holds is refused, nothing added") {
  const size_t d = 2;
  const auto index = made(ScalarCode::kFp16, Metric::kL2, d, {0, 0, 100'000, 0}, {0, 0});
  const std::vector<float> x = {1, 2, 99'000, 65'519, -1, -65'520};
  const idx_t ids[] = {5, 6, 7};
  check_throws(Code::kOutOfRange, "Received -65520 at row 2, component 1",
               [&] { index->add_with_ids(3, x.data(), ids, nullptr); });
  CHECK(index->ntotal() == 0);
  index->add_with_ids(2, x.data(), ids, nullptr);
  std::vector<float> row(d);
  index->reconstruct(6, row.data());
  CHECK(row == std::vector<float>{99'000, 65'504});
}

TEST_CASE("ivf scalar quantizer: only equal codes merge") {
  const size_t d = 3;
  const auto centroids = Random(86).vectors(4, d);
  const auto x = Random(87).vectors(200, d);
  const auto one = made(ScalarCode::k8bit, Metric::kL2, d, centroids, x);
  const auto two = made(ScalarCode::k8bit, Metric::kL2, d, centroids, x);
  one->add(100, x.data(), nullptr);
  two->add(100, x.data() + 100 * d, nullptr);
  const auto refuse = [&](IndexIVF& other) {
    check_throws(Code::kUnsupported, "the same", [&] { one->merge_from(other, 0, nullptr); });
  };
  refuse(*made(ScalarCode::kFp16, Metric::kL2, d, centroids, x));
  refuse(*made(ScalarCode::k8bit, Metric::kL2, d, centroids, x, false));
  refuse(*made(ScalarCode::k8bit, Metric::kL2, d, centroids, Random(88).vectors(200, d)));
  IndexIVFFlat flat(flat_of(Metric::kL2, d, centroids), 4, Metric::kL2);
  refuse(flat);
  one->merge_from(*two, 100, nullptr);
  const auto whole = made(ScalarCode::k8bit, Metric::kL2, d, centroids, x);
  whole->add(200, x.data(), nullptr);
  SearchParams all;
  all.set(kNprobe, 4);
  CHECK(search(*one, 3, x.data(), 20, all) == search(*whole, 3, x.data(), 20, all));
}

}  // namespace
}  // namespace voronode::test
