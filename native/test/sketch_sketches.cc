// Sketches: they never dismiss a row that belongs in the answer, whatever the numbers, and dismiss nearly all others on
// ordinary data. For every target that this machine can run.
#include <doctest/doctest.h>

#include <cstdlib>
#include <cstring>
#include <string>

#include "sketch/queries.h"
#include "sketch/sketches.h"
#include "test/random.h"
#include "test/reference.h"
#include "test/targets.h"

namespace voronode::test {
namespace {

// How many pairs of a query and a row the soundness test draws; a long run sets more.
size_t pair_count() {
  const char* text = std::getenv("VORONODE_SKETCH_PAIRS");
  return text != nullptr ? std::stoul(text) : 400'000;
}

// Kinds of data: each breaks another assumption that a bound might make.
enum Kind { kUniform, kScales, kHostile, kOutlier, kBytes, kCone, kEqual, kSparse, kKinds };

void fill_row(Random& random, Kind kind, size_t d, float* x) {
  const float scale = std::ldexp(1.0f, static_cast<int>(random.between(0, 80)) - 40);
  for (size_t j = 0; j < d; ++j) {
    const float u = random.uniform();
    switch (kind) {
      case kScales:
        x[j] = u * scale;
        break;
      case kHostile:
        x[j] = random.hostile();
        break;
      case kBytes:
        x[j] = static_cast<float>(random.below(256));
        break;
      case kCone:
        x[j] = 1000 + u;
        break;
      case kEqual:
        x[j] = static_cast<float>(j % 3) - 0.3f;
        break;
      case kSparse:
        x[j] = random.one_in(6) ? u : 0.0f;
        break;
      default:
        x[j] = u;
    }
  }
  if (kind == kOutlier) x[random.below(d)] *= 1e6f;
  if (random.one_in(40)) std::fill(x, x + d, 0.0f);
}

struct Data {
  Data(Random& random, Kind kind, Metric metric, size_t d_, size_t n) : d(d_), x(n * d), rows(d), sketches(d, metric) {
    for (size_t i = 0; i < n; ++i) fill_row(random, kind, d, x.data() + i * d);
    rows.reserve(n);
    rows.fill(n, x.data());
    sketches.prepare(rows, n, nullptr);
    rows.publish(n);
    sketches.publish();
  }
  const float* row(size_t i) const { return x.data() + i * d; }

  size_t d;
  std::vector<float> x;
  Blocks<float> rows;
  Sketches sketches;
};

// The rows of the first group that the query, with this threshold, leaves standing: by all bits of the codes, plane by
// plane, and by the high plane alone.
struct Survivors {
  uint64_t all, one, high;
};
Survivors survivors(const Kernels& target, const Data& data, const SketchQueries& queries, float threshold) {
  SketchQuery query = queries[0];
  queries.set_threshold(&query, 0, threshold);
  const size_t steps = data.sketches.space().steps();
  const auto view = data.sketches.view();
  const SketchPlanes planes = view.run(0, 1).planes;
  AlignedArray<uint8_t> lines(steps * kGroupLine + kGroupTail);
  Survivors left{};
  target.sketch_filter_planes(&query, 1, planes, 1, steps, lines.data(), &left.all);
  target.sketch_filter_one(query, planes, 1, steps, &left.one);
  target.sketch_filter_high(&query, 1, planes.high, 1, steps, &left.high);
  return left;
}

TEST_CASE("a row is never dismissed at its own key as the threshold") {
  Random random(21);
  const size_t pairs_a_case = 16 * kGroupRows;
  const size_t cases = pair_count() / pairs_a_case + 1;
  for (size_t c = 0; c < cases; ++c) {
    const auto kind = static_cast<Kind>(c % kKinds);
    const Metric metric = c / kKinds % 2 == 0 ? Metric::kL2 : Metric::kInnerProduct;
    const size_t d = random.one_in(10) ? random.between(1, 300) : random.between(1, 40);
    const Data data(random, kind, metric, d, kGroupRows);
    std::vector<float> x(d);
    for (size_t q = 0; q < 16; ++q) {
      // Queries of the same kind, of another kind, close to a row, and a row itself.
      fill_row(random, q % 4 == 1 ? static_cast<Kind>(random.below(kKinds)) : kind, d, x.data());
      if (q % 4 >= 2) std::copy_n(data.row(q), d, x.data());
      if (q % 4 == 2) x[random.below(d)] *= 1.0f + 0x1p-20f;
      const SketchQueries queries(data.sketches.space(), 1, x.data());
      for (size_t r = 0; r < kGroupRows; ++r) {
        const float key = reference_key(metric, x.data(), data.row(r), d);
        const Survivors left = survivors(kernels(), data, queries, key);
        if ((left.all & left.one & left.high & uint64_t{1} << r) == 0) {
          FAIL("kind ", kind, " d ", d, " metric ", static_cast<int>(metric), " query ", q, " row ", r, " key ", key);
        }
      }
    }
  }
}

TEST_CASE("ordinary data: nearly every row beyond the threshold is dismissed, by every target") {
  Random random(22);
  for (const Kernels* target : runnable_targets()) {
    for (const Metric metric : {Metric::kL2, Metric::kInnerProduct}) {
      for (const Kind kind : {kUniform, kBytes, kCone}) {
        // In a narrow cone far from the origin inner products differ by little more than their own rounding.
        if (kind == kCone && metric == Metric::kInnerProduct) continue;
        const size_t d = 64;
        Data data(random, kind, metric, d, kGroupRows);
        size_t dismissed = 0;
        size_t one = 0;
        size_t high = 0;
        size_t beyond = 0;
        for (size_t q = 0; q < 64; ++q) {
          std::vector<float> x(d);
          fill_row(random, kind, d, x.data());
          // Codes of at most 63 suit every target's filter, whichever made them.
          const SketchQueries queries(data.sketches.space(), 1, x.data());
          std::vector<float> keys;
          for (size_t r = 0; r < kGroupRows; ++r) keys.push_back(reference_key(metric, x.data(), data.row(r), d));
          const float best = *std::min_element(keys.begin(), keys.end());
          const Survivors left = survivors(*target, data, queries, best);
          for (size_t r = 0; r < kGroupRows; ++r) {
            if (!(keys[r] > best)) continue;
            ++beyond;
            dismissed += (left.all >> r & 1) == 0 ? 1 : 0;
            one += (left.one >> r & 1) == 0 ? 1 : 0;
            high += (left.high >> r & 1) == 0 ? 1 : 0;
          }
        }
        if (target->query_levels < kernels().query_levels) continue;  // made for a filter with a wider range
        CHECK_MESSAGE(dismissed * 10 > beyond * 8, target->name, " kind ", kind, ": ", dismissed, " of ", beyond);
        // Half the bits dismiss less; plane by plane nearly as much as all (a group may keep one or two rows more).
        CHECK_MESSAGE(high * 10 > beyond * 3, target->name, " kind ", kind, ": ", high, " of ", beyond);
        CHECK_MESSAGE(one * 10 > beyond * 8, target->name, " kind ", kind, ": ", one, " of ", beyond);
      }
    }
  }
}

// Each lane's dot product, found by asking on which side of a limit it lies.
TEST_CASE("the filter's dot products are exact to the last unit, for every target and number of queries") {
  Random random(23);
  for (const Kernels* target : runnable_targets()) {
    for (size_t steps : {size_t{1}, size_t{2}, size_t{7}, size_t{32}, size_t{250}}) {
      const size_t stride = steps * 4 * kGroupRows + kGroupTail;
      const size_t groups = 3;
      const size_t nq = 13;
      AlignedArray<uint8_t> bytes(groups * stride);
      AlignedArray<int8_t> codes(nq * steps * 4);
      const int low = -target->query_levels - 1;
      for (size_t i = 0; i < groups * stride; ++i)
        bytes.data()[i] = static_cast<uint8_t>(random.one_in(4) ? 255 : random.below(256));
      for (size_t i = 0; i < nq * steps * 4; ++i) {
        codes.data()[i] = static_cast<int8_t>(random.one_in(4) ? low : low + static_cast<int>(random.below(2 * -low)));
      }
      std::vector<SketchQuery> queries(nq);
      std::vector<uint64_t> at(nq * groups), above(nq * groups);
      for (size_t lane = 0; lane < kGroupRows; lane += 7) {
        for (size_t g = 0; g < groups; ++g) {
          float* const scale = reinterpret_cast<float*>(bytes.data() + g * stride + steps * 4 * kGroupRows);
          std::fill(scale, scale + kGroupRows, -1.0f);
          std::fill(scale + kGroupRows, scale + 2 * kGroupRows + 4, 0.0f);
          for (size_t q = 0; q < nq; ++q) {
            int32_t sum = 0;
            int32_t dot = 0;
            for (size_t j = 0; j < steps * 4; ++j) {
              const int code = codes.data()[q * steps * 4 + j];
              sum += code;
              dot += (bytes.data()[g * stride + (j / 4 * kGroupRows + lane) * 4 + j % 4] - 128) * code;
            }
            REQUIRE(std::abs(dot) < 1 << 24);
            queries[q] = {codes.data() + q * steps * 4, -128 * sum, 1, 0, 0, static_cast<float>(dot)};
          }
          target->sketch_filter(queries.data(), nq, bytes.data(), groups, steps, at.data());
          for (SketchQuery& query : queries) query.base -= 1;
          target->sketch_filter(queries.data(), nq, bytes.data(), groups, steps, above.data());
          for (size_t q = 0; q < nq; ++q) {
            REQUIRE((at[q * groups + g] >> lane & 1) == 1);     // dot > dot: no
            REQUIRE((above[q * groups + g] >> lane & 1) == 0);  // dot > dot - 1: yes, dismissed
          }
        }
      }
    }
  }
}

// A group's codes in both layouts, packed by the words of kernels.h alone.
struct Packed {
  Packed(Random& random, size_t steps_)
      : steps(steps_),
        lines(steps * kGroupLine + kGroupTail),
        high(SketchPlanes::high_bytes(steps)),
        middle(SketchPlanes::other_bytes(steps)),
        low(SketchPlanes::other_bytes(steps)) {
    for (auto* part : {&high, &middle, &low}) std::fill(part->begin(), part->end(), uint8_t{0});
    for (size_t step = 0; step < steps; ++step) {
      for (size_t i = 0; i < kGroupLine; ++i) {
        const auto code = static_cast<uint8_t>(random.one_in(4) ? 255 : random.below(256));
        lines[step * kGroupLine + i] = code;
        high[step / 2 * kGroupLine + i] |= static_cast<uint8_t>((code >> 4) << (step % 2 * 4));
        middle[step / 4 * kGroupLine + i] |= static_cast<uint8_t>((code >> 2 & 3) << (step % 4 * 2));
        low[step / 4 * kGroupLine + i] |= static_cast<uint8_t>((code & 3) << (step % 4 * 2));
      }
    }
  }
  SketchPlanes planes() const { return {high.data(), middle.data(), low.data()}; }

  // Scale 1, norm 0: -dot > base dismisses, at a level whose rho is 0; at the others nothing does.
  void set_tail(size_t level) {
    float tail[kGroupTail / sizeof(float)] = {};
    std::fill(tail, tail + kGroupRows, 1.0f);
    for (size_t i = 0; i < 3; ++i) tail[2 * kGroupRows + i] = i == level ? 0 : std::numeric_limits<float>::infinity();
    std::memcpy(lines.data() + steps * kGroupLine, tail, kGroupTail);
    std::memcpy(high.data() + high.size() - kGroupTail, tail, kGroupTail);
  }

  size_t steps;
  std::vector<uint8_t> lines, high, middle, low;
};

TEST_CASE("dot products with 4, 6 and 8 bits of the codes are exact, for every target and number of queries") {
  Random random(25);
  for (const Kernels* target : runnable_targets()) {
    for (size_t steps : {size_t{1}, size_t{2}, size_t{3}, size_t{5}, size_t{32}, size_t{250}}) {
      Packed group(random, steps);
      const size_t nq = 13;
      const size_t stride = (steps + 3) / 4 * 16;
      std::vector<int8_t> codes(nq * stride, 0);
      const int low = -target->query_levels - 1;
      std::vector<SketchQuery> queries(nq);
      for (size_t q = 0; q < nq; ++q) {
        int32_t sum = 0;
        for (size_t j = 0; j < steps * 4; ++j) {
          const int code = random.one_in(4) ? low : low + static_cast<int>(random.below(2 * -low));
          codes[q * stride + j] = static_cast<int8_t>(code);
          sum += code;
        }
        queries[q] = {codes.data() + q * stride, -128 * sum, 1, 1, 0, 0};
      }
      for (size_t level = 0; level < 3; ++level) {
        group.set_tail(level);
        const int width = 1 << 2 * level;
        for (size_t lane = 0; lane < kGroupRows; lane += 5) {
          for (const float off : {0.0f, -1.0f}) {
            for (size_t q = 0; q < nq; ++q) {
              int32_t dot = 0;
              for (size_t j = 0; j < steps * 4; ++j) {
                const int code = group.lines[(j / 4 * kGroupRows + lane) * 4 + j % 4];
                dot += (code / width * width + width / 2 - 128) * codes[q * stride + j];
              }
              queries[q].base = static_cast<float>(-dot) + off;
            }
            const uint64_t expected = off == 0.0f ? 1 : 0;
            std::vector<uint64_t> masks(nq);
            std::vector<uint8_t> lines(group.lines.size());
            for (size_t q = 0; q < nq; ++q) {
              target->sketch_filter_one(queries[q], group.planes(), 1, steps, &masks[q]);
              REQUIRE((masks[q] >> lane & 1) == expected);
            }
            if (level == 2) {
              target->sketch_filter_high(queries.data(), nq, group.high.data(), 1, steps, masks.data());
              for (size_t q = 0; q < nq; ++q) REQUIRE((masks[q] >> lane & 1) == expected);
            }
            for (size_t count = 1; level == 0 && count <= nq; ++count) {
              target->sketch_filter_planes(queries.data(), count, group.planes(), 1, steps, lines.data(), masks.data());
              for (size_t q = 0; q < count; ++q) REQUIRE((masks[q] >> lane & 1) == expected);
            }
          }
        }
      }
    }
  }
}

TEST_CASE("only the centre itself passes for it: a vector off by less than a step can be has no sketch") {
  for (const Kernels* target : runnable_targets()) {
    for (const float tiny : {1e-45f, 1e-40f, 1e-38f, 1e-30f}) {
      std::vector<float> y(20), centre(20);
      std::vector<int8_t> codes(20);
      CHECK(target->sketch_row(y.data(), centre.data(), 20, 127, codes.data()).scale == 0);
      y[17] = tiny;
      const SketchRow row = target->sketch_row(y.data(), centre.data(), 20, 127, codes.data());
      CHECK(row.scale > 0);
      CHECK(!can_sketch(row.scale, 127));
    }
  }
}

TEST_CASE("a row's codes, scale and sums are what they say, for every target") {
  Random random(24);
  for (const Kernels* target : runnable_targets()) {
    for (size_t c = 0; c < 400; ++c) {
      const size_t d = random.between(1, 70);
      const auto kind = static_cast<Kind>(c % kKinds);
      if (kind == kHostile) continue;  // squares beyond double's own care; the soundness test has them
      std::vector<float> y(d), centre(d, kind == kBytes ? 128.0f : 0.25f);
      fill_row(random, kind, d, y.data());
      std::vector<int8_t> codes((d + 3) / 4 * 4, 99);
      const SketchRow row = target->sketch_row(y.data(), centre.data(), d, 127, codes.data());
      double norm2 = 0;
      double error2[3] = {};
      double sum = 0;
      double code_norm2 = 0;
      for (size_t j = 0; j < d; ++j) {
        const double diff = static_cast<double>(y[j]) - centre[j];
        norm2 += diff * diff;
        sum += codes[j];
        code_norm2 += codes[j] * codes[j];
        for (int level = 0; row.scale > 0 && level < 3; ++level) {
          const int width = 1 << 2 * level;  // what the bits that are dropped span: 1, 4, 16
          const int kept = (codes[j] + 128) / width * width + width / 2 - 128;
          const double error = diff / static_cast<double>(row.scale) - kept;
          error2[level] += error * error;
        }
      }
      CHECK(std::abs(row.norm2 - norm2) <= norm2 * 24 * 0x1p-24);
      CHECK(row.code_sum == sum);
      CHECK(row.code_norm2 == code_norm2);
      for (size_t level = 0; row.scale > 0 && level < 3; ++level) {
        const double off = row.exact ? 0 : 4 * 0x1p-24 * std::sqrt(norm2) / static_cast<double>(row.scale);
        CHECK(std::abs(std::sqrt(row.error2[level]) - std::sqrt(error2[level])) <=
              std::sqrt(error2[level]) * 12 * 0x1p-24 + off);
      }
      if (kind == kBytes) CHECK((row.exact && row.error2[0] == 0));
      CHECK(error2[0] <= static_cast<double>(d) * 0.2501);  // half a step a component
      for (size_t j = d; j < codes.size(); ++j) CHECK(codes[j] == 0);
    }
  }
}

}  // namespace
}  // namespace voronode::test
