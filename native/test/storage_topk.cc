// The k best, whatever the order in which candidates come.
#include <doctest/doctest.h>

#include "storage/topk.h"
#include "test/random.h"
#include "test/reference.h"
#include "test/throws.h"

namespace voronode::test {
namespace {

constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();
constexpr float kInfinity = std::numeric_limits<float>::infinity();

// Few different keys, so that many are equal; each label once.
std::vector<Candidate> candidates(size_t n, Random& random) {
  std::vector<Candidate> out;
  for (size_t i = 0; i < n; ++i) {
    const float keys[] = {0.0f, -0.0f, 1.0f, -1.0f, 2.0f, kInfinity, -kInfinity, kNaN, -kNaN, random.uniform()};
    out.push_back({keys[random.below(10)], static_cast<int64_t>(i) - static_cast<int64_t>(n / 2)});
  }
  for (size_t i = n; i > 1; --i) std::swap(out[i - 1], out[random.below(i)]);
  return out;
}

std::vector<int64_t> labels(const std::vector<Candidate>& some) {
  std::vector<int64_t> out;
  for (const Candidate& candidate : some) out.push_back(candidate.label);
  return out;
}

std::vector<int64_t> best_labels(std::vector<Candidate> all, size_t k) {
  std::sort(all.begin(), all.end(), [](const Candidate& a, const Candidate& b) {
    return before({a.key, a.label}, {b.key, b.label});
  });
  all.resize(std::min(k, all.size()));
  return labels(all);
}

}  // namespace

TEST_CASE("nearer is a total order: numbers by value, then NaN, ties by the label") {
  const std::vector<Candidate> ascending = {{-kInfinity, 9}, {-1.0f, 3}, {0.0f, 1},      {-0.0f, 2}, {0.0f, 3},
                                            {1.0f, -5},      {1.0f, 0},  {kInfinity, 0}, {kNaN, -8}, {-kNaN, 4}};
  for (size_t i = 0; i < ascending.size(); ++i) {
    for (size_t j = 0; j < ascending.size(); ++j) CHECK(nearer(ascending[i], ascending[j]) == (i < j));
  }
}

TEST_CASE("TopK keeps the k nearest of any sequence, and merges to the same") {
  Random random(13);
  size_t wrong = 0, wrong_merged = 0;
  for (size_t round = 0; round < 3'000; ++round) {
    const std::vector<Candidate> all = candidates(random.below(60), random);
    const size_t k = random.between(1, 25);
    TopK whole(k), left(k), right(k);
    for (const Candidate& candidate : all) {
      whole.push(candidate);
      (random.one_in(3) ? left : right).push(candidate);
    }
    left.merge(right, nullptr);
    const std::vector<int64_t> expected = best_labels(all, k);
    if (labels(whole.sort(nullptr)) != expected) ++wrong;
    if (labels(left.sort(nullptr)) != expected) ++wrong_merged;
  }
  CHECK(wrong == 0);
  CHECK(wrong_merged == 0);
}

TEST_CASE("a candidate that the threshold keeps out would not have entered") {
  Random random(14);
  size_t wrong = 0, kept_out = 0;
  for (size_t round = 0; round < 3'000; ++round) {
    const std::vector<Candidate> all = candidates(random.below(60), random);
    const size_t k = random.between(1, 25);
    TopK best(k);
    for (const Candidate& candidate : all) {
      if (candidate.key > best.threshold()) {
        ++kept_out;
      } else {
        best.push(candidate);
      }
    }
    if (labels(best.sort(nullptr)) != best_labels(all, k)) ++wrong;
  }
  CHECK(wrong == 0);
  CHECK(kept_out > 1'000);
}

TEST_CASE("long sorts and merges of candidates notice that they are no more wanted, short ones go on") {
  Random random(15);
  std::vector<Candidate> all = candidates(300'000, random);
  TopK many(all.size()), others(all.size());
  for (const Candidate& candidate : all) {
    many.push(candidate);
    others.push(candidate);
  }
  Cancel cancel;
  cancel.fire();
  check_throws(Code::kAborted, "", [&] { many.merge(others, &cancel); });
  check_throws(Code::kAborted, "", [&] { many.sort(&cancel); });
  std::vector<Candidate> sorted = all;
  check_throws(Code::kAborted, "", [&] { sort_nearest(&sorted, &cancel); });
  sorted = all;
  sort_nearest(&sorted, nullptr);
  std::sort(all.begin(), all.end(), nearer);
  CHECK(labels(sorted) == labels(all));
  sorted.resize(100);
  CHECK_NOTHROW(sort_nearest(&sorted, &cancel));
}

}  // namespace voronode::test
