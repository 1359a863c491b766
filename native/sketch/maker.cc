#include "sketch/maker.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "sketch/rounding.h"

namespace voronode {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

// Planes in a block that is written.
uint8_t* writable(uint8_t* block, const uint8_t* plane) noexcept { return block + (plane - block); }

void store_high(const uint8_t* lines, size_t steps, uint8_t* high) noexcept {
  const size_t bytes = SketchPlanes::high_bytes(steps);
  std::memset(high, 0, bytes);
  for (size_t step = 0; step < steps; ++step) {
    const uint8_t* const line = lines + step * kGroupLine;
    uint8_t* const high_line = high + step / 2 * kGroupLine;
    const int to = step % 2 == 0 ? 0 : 4;
    for (size_t j = 0; j < kGroupLine; ++j) high_line[j] |= static_cast<uint8_t>(line[j] >> 4 << to);
  }
  std::memcpy(high + bytes - kGroupTail, lines + steps * kGroupLine, kGroupTail);
}

}  // namespace

void copy_sketch_group(const uint8_t* block, size_t capacity, size_t i, uint8_t* to, size_t room, size_t j,
                       size_t steps) noexcept {
  const SketchPlanes from = sketch_planes(block, capacity, i, steps);
  const SketchPlanes planes = sketch_planes(to, room, j, steps);
  std::memcpy(writable(to, planes.high), from.high, SketchPlanes::high_bytes(steps));
  std::memcpy(writable(to, planes.middle), from.middle, SketchPlanes::other_bytes(steps));
  std::memcpy(writable(to, planes.low), from.low, SketchPlanes::other_bytes(steps));
}

SketchMaker::SketchMaker(const SketchSpace& space)
    : space_(space),
      sketcher_(space, kRowLevels),
      lines_(space.steps() * kGroupLine + kGroupTail),
      codes_(space.steps() * 4) {
  std::memset(lines_.data(), 0, space.steps() * kGroupLine + kGroupTail);
}

void SketchMaker::make(const float* const* rows, uint8_t* block, size_t capacity, size_t i) noexcept {
  code(rows, kGroupRows);
  store(block, capacity, i);
}

void SketchMaker::make_high(const float* const* rows, size_t count, uint8_t* high) noexcept {
  store_high(code(rows, count), space_.steps(), high);
}

// b_y of bound.h, its share of the rounding paid.
float SketchMaker::lower_norm(const float* y, double norm2) const noexcept {
  if (space_.metric() == Metric::kL2) return round_down(norm2 * (1 - 40 * kU) / kUp);
  const float* const centre = space_.centre();
  double at_centre = 0;
  for (size_t j = 0; j < space_.dimension(); ++j) {
    float component;
    std::memcpy(&component, y + j, sizeof component);  // at any address
    at_centre += static_cast<double>(centre[j]) * (static_cast<double>(component) - static_cast<double>(centre[j]));
  }
  return round_down(-at_centre - 8 * kU * space_.centre_norm() * std::sqrt(norm2) * kUp);
}

const uint8_t* SketchMaker::code(const float* const* rows, size_t count) noexcept {
  const size_t steps = space_.steps();
  uint8_t* const bytes = lines_.data();
  int8_t* const codes = codes_.data();
  float* const scales = reinterpret_cast<float*>(bytes + steps * kGroupLine);
  float* const norms = scales + kGroupRows;
  double rho[3] = {};
  double kappa = 0;
  sketcher_.load(rows, count);
  for (size_t r = 0; r < kGroupRows; ++r) {
    SketchRow sketch{};
    SketchError error{};
    const bool usable = r < count && sketcher_.sketch(r, codes, &sketch, &error);
    // Four codes at a time; adding 128 to a byte is flipping its top bit.
    for (size_t step = 0; step < steps; ++step) {
      uint32_t four = 0;
      if (usable) std::memcpy(&four, codes + 4 * step, 4);
      four ^= 0x80808080u;
      std::memcpy(bytes + (step * kGroupRows + r) * 4, &four, 4);
    }
    scales[r] = usable ? sketch.scale : 0;
    norms[r] = usable ? lower_norm(rows[r], error.norm2) : r < count ? -kInfinity : kInfinity;
    if (!usable) continue;
    // Never below that of all bits: kappa + rho bounds ‖y'‖ / s_y with the rho of any.
    for (size_t level = 0; level < 3; ++level) rho[level] = std::max({rho[level], error.rho[level], error.rho[0]});
    kappa = std::max(kappa, std::sqrt(sketch.code_norm2));
  }
  for (size_t level = 0; level < 3; ++level) norms[kGroupRows + level] = round_up(rho[level] * kUp);
  norms[kGroupRows + 3] = round_up(kappa * kUp);
  return bytes;
}

// From the layout for batches into the planes.
void SketchMaker::store(uint8_t* block, size_t capacity, size_t i) const noexcept {
  const size_t steps = space_.steps();
  const uint8_t* const bytes = lines_.data();
  const SketchPlanes planes = sketch_planes(block, capacity, i, steps);
  uint8_t* const middle = writable(block, planes.middle);
  uint8_t* const low = writable(block, planes.low);
  store_high(bytes, steps, writable(block, planes.high));
  std::memset(middle, 0, SketchPlanes::other_bytes(steps));
  std::memset(low, 0, SketchPlanes::other_bytes(steps));
  for (size_t step = 0; step < steps; ++step) {
    const uint8_t* const line = bytes + step * kGroupLine;
    uint8_t* const middle_line = middle + step / 4 * kGroupLine;
    uint8_t* const low_line = low + step / 4 * kGroupLine;
    const int to = static_cast<int>(step % 4) * 2;
    for (size_t j = 0; j < kGroupLine; ++j) {
      middle_line[j] |= static_cast<uint8_t>((line[j] >> 2 & 3) << to);
      low_line[j] |= static_cast<uint8_t>((line[j] & 3) << to);
    }
  }
}

}  // namespace voronode
