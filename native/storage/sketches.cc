#include "storage/sketches.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "base/thread_pool.h"

namespace voronode {
namespace {

constexpr double kU = 0x1p-24;
constexpr float kInfinity = std::numeric_limits<float>::infinity();
// Sums of up to 65 000 squares in double, a square root, a product: off by less than 2⁻³⁶ of themselves.
constexpr double kUp = 1 + 0x1p-36;
// Groups a task: enough work (at d = 128 about a tenth of a millisecond) to hide the hand-over.
constexpr size_t kGroupsPerTask = 16;
// Rows that choose the centre. More would not change what the bounds gain.
constexpr size_t kCentreRows = 255;

float round_up(double x) noexcept {
  const float f = static_cast<float>(x);
  return f >= x ? f : std::nextafter(f, kInfinity);
}

float round_down(double x) noexcept { return -round_up(-x); }

double code_norm(const int8_t* codes, size_t n) noexcept {
  int64_t squares = 0;
  for (size_t j = 0; j < n; ++j) squares += int64_t{codes[j]} * codes[j];
  return std::sqrt(static_cast<double>(squares));
}

// Whether the bound's arithmetic holds for a vector with this largest component (after centring).
bool can_sketch(double scale, int levels) noexcept {
  const double largest = scale * levels;
  return scale == 0 || (largest >= kMinComponent && largest <= kMaxComponent);
}

}  // namespace

Sketches::Sketches(size_t d, Metric metric)
    : metric_(metric), centre_(d), groups_((d + 3) / 4 * 4 * kGroupRows + kGroupTail) {}

// The median of each component over some of the first rows: unlike a mean it stays among the many when a few rows lie
// far off. 128 if all are whole numbers in 0 … 255, whose sketches are then exact. Any centre is right, a good one
// makes small codes.
void Sketches::choose_centre(Blocks<float>& rows, size_t n) {
  const size_t sample = std::min(n, kCentreRows);
  std::vector<float> column(sample);
  bool bytes = true;
  double centre2 = 0;
  for (size_t j = 0; j < centre_.size(); ++j) {
    for (size_t i = 0; i < sample; ++i) {
      column[i] = rows.slot(i * (n / sample))[j];
      bytes &= column[i] >= 0 && column[i] <= 255 && std::floor(column[i]) == column[i];
    }
    std::nth_element(column.begin(), column.begin() + static_cast<ptrdiff_t>(sample / 2), column.end());
    const float median = column[sample / 2];
    centre_[j] = std::abs(median) <= kMaxComponent ? median : 0.0f;
  }
  for (float& component : centre_) {
    if (bytes) component = 128.0f;
    centre2 += static_cast<double>(component) * component;
  }
  centre_norm_ = std::sqrt(centre2) * kUp;
}

// b_y of the file's head, its share of the rounding paid.
float Sketches::lower_norm(const float* y, const SketchRow& sketch) const noexcept {
  if (metric_ == Metric::kL2) return round_down(sketch.norm2 * (1 - 40 * kU) / kUp);
  double at_centre = 0;
  for (size_t j = 0; j < centre_.size(); ++j) {
    at_centre += static_cast<double>(centre_[j]) * (static_cast<double>(y[j]) - static_cast<double>(centre_[j]));
  }
  return round_down(-at_centre - 8 * kU * centre_norm_ * std::sqrt(sketch.norm2) * kUp);
}

void Sketches::make_group(Blocks<float>& rows, size_t group, int8_t* codes) noexcept {
  const size_t d = centre_.size();
  const size_t steps = this->steps();
  uint8_t* const bytes = groups_.slot(group);
  float* const scales = reinterpret_cast<float*>(bytes + steps * 4 * kGroupRows);
  float* const norms = scales + kGroupRows;
  double rho = 0;
  double kappa = 0;
  for (size_t r = 0; r < kGroupRows; ++r) {
    const SketchRow sketch = kernels().sketch_row(rows.slot(group * kGroupRows + r), centre_.data(), d, 127, codes);
    const bool usable = can_sketch(sketch.scale, 127);
    // Four codes at a time; adding 128 to a byte is flipping its top bit.
    for (size_t step = 0; step < steps; ++step) {
      uint32_t four = 0;
      if (usable) std::memcpy(&four, codes + 4 * step, 4);
      four ^= 0x80808080u;
      std::memcpy(bytes + (step * kGroupRows + r) * 4, &four, 4);
    }
    scales[r] = usable ? sketch.scale : 0;
    norms[r] = usable ? lower_norm(rows.slot(group * kGroupRows + r), sketch) : -kInfinity;
    if (!usable) continue;
    if (sketch.scale > 0) rho = std::max(rho, std::sqrt(sketch.error2) * kUp / sketch.scale);
    kappa = std::max(kappa, code_norm(codes, steps * 4));
  }
  norms[kGroupRows] = round_up(rho * kUp);
  norms[kGroupRows + 1] = round_up(kappa * kUp);
}

void Sketches::prepare(Blocks<float>& rows, size_t n, const Cancel* cancel) {
  const size_t total = rows.size() + n;
  const size_t first = groups_.size();
  const size_t count = total / kGroupRows - first;
  prepared_ = 0;
  if (count == 0) return;
  groups_.reserve(count);
  if (first == 0) choose_centre(rows, total);
  const size_t tasks = (count + kGroupsPerTask - 1) / kGroupsPerTask;
  ThreadPool::instance().parallel_for(tasks, cancel, [&](size_t task) {
    AlignedArray<int8_t> codes(steps() * 4);
    const size_t begin = task * kGroupsPerTask;
    const size_t end = std::min(count, begin + kGroupsPerTask);
    for (size_t g = begin; g < end; ++g) make_group(rows, first + g, codes.data());
  });
  prepared_ = count;
}

void Sketches::publish() noexcept {
  groups_.publish(prepared_);
  prepared_ = 0;
}

void Sketches::rows_removed(Blocks<float>& rows, size_t first) noexcept {
  // Kept as far as nothing moved; the rest is made anew, within the memory that is there.
  groups_.truncate(std::min(groups_.size(), first / kGroupRows));
  try {
    prepare(rows, 0, nullptr);
    publish();
  } catch (...) {
    // Without memory for a helper the rows stay without sketches: slower, not wrong. The next add makes them.
  }
  groups_.release_spare();
}

SketchQueries::SketchQueries(const Sketches& sketches, size_t nq, const float* xq)
    : codes_(checked_mul(nq, sketches.steps() * 4)), queries_(nq), terms_(nq) {
  const size_t d = sketches.dimension();
  for (size_t i = 0; i < nq; ++i) sketch(sketches, i, xq + i * d);
}

void SketchQueries::sketch(const Sketches& sketches, size_t i, const float* x) {
  const size_t d = sketches.dimension();
  const size_t bytes = sketches.steps() * 4;
  const bool l2 = sketches.metric() == Metric::kL2;
  const int levels = kernels().query_levels;
  int8_t* const codes = codes_.data() + i * bytes;
  const SketchRow row = kernels().sketch_row(x, sketches.centre(), d, levels, codes);
  SketchQuery& query = queries_[i];
  query.codes = codes;
  if (!can_sketch(row.scale, levels)) {
    query = {codes, 0, 0, 0, 0, kInfinity};
    std::fill(codes, codes + bytes, int8_t{0});
    terms_[i] = {0, std::numeric_limits<double>::infinity()};
    return;
  }
  int64_t sum = 0;
  for (size_t j = 0; j < d; ++j) sum += codes[j];
  const double gamma = (static_cast<double>(d) / 16 + 9) * kU;
  const double scale = row.scale;
  const double sketch_norm = scale * code_norm(codes, d) * kUp;  // ‖x̂‖
  const double error = std::sqrt(row.error2) * kUp;              // ε_x
  const double norm = std::sqrt(row.norm2) * kUp;                // ‖x'‖
  const double tiny = static_cast<double>(d + 64) * 0x1p-148;
  query.bias = static_cast<int32_t>(-128 * sum);
  if (l2) {
    query.a = 2 * row.scale;
    query.c = round_up(2 * (sketch_norm + error) * (1 + 8 * kU));
    query.e = round_up(2 * error * (1 + 8 * kU));
    terms_[i] = {2 * gamma, -row.norm2 * (1 - 40 * kU) / kUp + tiny};
  } else {
    double at_centre = 0;
    double raw2 = 0;
    for (size_t j = 0; j < d; ++j) {
      at_centre += static_cast<double>(x[j]) * sketches.centre()[j];
      raw2 += static_cast<double>(x[j]) * x[j];
    }
    const double raw = std::sqrt(raw2) * kUp;  // ‖x‖
    const double slack = error + 40 * kU * norm + 2 * gamma * raw;
    query.a = row.scale;
    query.c = round_up((sketch_norm + slack) * (1 + 8 * kU));
    query.e = round_up(slack * (1 + 8 * kU));
    terms_[i] = {8 * kU, at_centre + (2 * gamma + 8 * kU) * raw * sketches.centre_norm() + tiny};
  }
}

void SketchQueries::set_threshold(SketchQuery* query, size_t i, float key) const noexcept {
  const double tau = key;
  const double base = tau + std::abs(tau) * terms_[i].relative + terms_[i].offset;
  query->base = round_up(base + std::abs(base) * 4 * kU);
}

}  // namespace voronode
