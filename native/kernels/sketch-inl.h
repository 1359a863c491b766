// The loops over sketches, once. Included by kernels-inl.h; expects from the target, besides what that names:
//   Dot, kDotRows                 a register of kDotRows int32 lanes, one per row
//   Codes, Four                   a register of 4 · kDotRows codes; one query's four codes, broadcast
//   load_codes(p) load_four(p)    from u8[4 · kDotRows]; from s8[4]
//   dot_bias(bias)                all lanes = bias
//   dot_step(acc, codes, four)    adds to each lane the four products of its row's u8 and the query's s8
//   Fields, load_fields(p)        a register of 4 · kDotRows bytes that hold codes of few bits, several a byte
//   take_fields<S, M>(f)          of each byte (b >> S) & M, alone in the byte
//   take_half(f, i)               bits 0 … 3 (i = 0) or 4 … 7 (i = 1) of each byte
//   dot_fields(acc, f, four)      dot_step with such codes as they are: no bias
//   dot_splat(i), dot_shift<S>(acc)  all lanes = i; every lane · 2^S
//   dot_add(acc, i)               every lane + i
//   VN_UNPACK_CODES               defined if the target has its own unpack_codes<S, keep>(high, middle, low, out): the
//                                 codes of step S of a quad from its lines in the planes; keep: stored at out, too
//   kPlaneQueries                 how many queries share the loads of a group that is unpacked on the way
//   dot_survivors(acc, a, t, scale, norm, limit)   bit r set unless norm[r] - scale[r] * (a * lane r + t) > limit
//   dot_bounds(acc, a, t, scale, norm, out)        out[r] = norm[r] - scale[r] * (a * lane r + t)
//   kSketchQueries                how many queries share the loads of a group
//   kQueryLevels                  see Kernels::query_levels
//
// No include guard: included once per target.

// Before a loop over accumulators whose body is large: clang unrolls it only when it is too late for keeping them in
// registers alone, and stores every one at every step.
#if defined(__clang__)
#define VN_UNROLLED _Pragma("clang loop unroll(full)")
#else
#define VN_UNROLLED
#endif

constexpr size_t kDots = kGroupRows / kDotRows;  // registers a group and query

#if !defined(VN_UNPACK_CODES)
// Four bytes at once: shifts and masks of their bits, which compilers vectorise; clang only if nothing is stored on the
// way that may be what is loaded next.
template <int kStep, bool>
VN_INLINE Codes unpack_codes(const uint8_t* high, const uint8_t* middle, const uint8_t* low, uint8_t* out) {
  constexpr uint32_t kBytes = 0x01010101u;
  uint32_t codes[kDotRows];
  for (size_t i = 0; i < kDotRows; ++i) {
    uint32_t h, m, l;
    std::memcpy(&h, high + 4 * i, 4);
    std::memcpy(&m, middle + 4 * i, 4);
    std::memcpy(&l, low + 4 * i, 4);
    codes[i] = ((kStep % 2 == 0 ? h << 4 : h) & kBytes * 0xF0) | ((m >> 2 * kStep & kBytes * 3) << 2) |
               (l >> 2 * kStep & kBytes * 3);
  }
  std::memcpy(out, codes, sizeof codes);
  return load_codes(out);
}
#endif

// The rows of a group that their dot products do not dismiss. level: which rho of the tail holds, 0 for all bits.
VN_INLINE uint64_t group_survivors(const Dot (&acc)[kDots], const SketchQuery& query, const float* tail, size_t level) {
  const float* const norm = tail + kGroupRows;
  const float* const rho = norm + kGroupRows;
  const float t = query.c * rho[level] + query.e * rho[3];
  uint64_t mask = 0;
  for (size_t i = 0; i < kDots; ++i) {
    const size_t r = i * kDotRows;
    mask |= static_cast<uint64_t>(dot_survivors(acc[i], query.a, t, tail + r, norm + r, query.base)) << r;
  }
  return mask;
}

// Where a tile finds the codes of a group: laid out for batches ...
struct Lines {
  const uint8_t* first;
  size_t steps;

  struct Group {
    const uint8_t* codes;
    const float* tail;
    template <int kStep>
    VN_INLINE void load(size_t step, Codes (&out)[kDots]) const {
      for (size_t i = 0; i < kDots; ++i) out[i] = load_codes(codes + step * kGroupLine + i * 4 * kDotRows);
    }
  };
  VN_INLINE Group group(size_t g) const {
    const uint8_t* const codes = first + g * (steps * kGroupLine + kGroupTail);
    return {codes, reinterpret_cast<const float*>(codes + steps * kGroupLine)};
  }
};

// ... or in planes, from which it writes that layout on the way, for the tiles that follow.
template <bool kKeep>  // whether it is needed for other tiles
struct Planes {
  SketchPlanes first;
  uint8_t* lines;
  size_t steps;

  struct Group {
    const uint8_t *high, *middle, *low;
    const float* tail;
    uint8_t* codes;
    template <int kStep>  // step % 4
    VN_INLINE void load(size_t step, Codes (&out)[kDots]) const {
      for (size_t i = 0; i < kDots; ++i) {
        const size_t at = i * 4 * kDotRows;
        const size_t line = step / 4 * kGroupLine + at;
        out[i] = unpack_codes<kStep, kKeep>(high + step / 2 * kGroupLine + at, middle + line, low + line,
                                            codes + step * kGroupLine + at);
      }
    }
  };
  VN_INLINE Group group(size_t g) const {
    const size_t other = SketchPlanes::other_bytes(steps);
    const uint8_t* const high = first.high + g * SketchPlanes::high_bytes(steps);
    const uint8_t* const tail = high + SketchPlanes::high_bytes(steps) - kGroupTail;
    uint8_t* const codes = lines + g * (steps * kGroupLine + kGroupTail);
    if constexpr (kKeep) std::memcpy(codes + steps * kGroupLine, tail, kGroupTail);
    return {high, first.middle + g * other, first.low + g * other, reinterpret_cast<const float*>(tail), codes};
  }
};

template <size_t Q, int kStep, class Group>
VN_INLINE void filter_step(const SketchQuery* queries, const Group& group, size_t step, Dot (&acc)[Q][kDots]) {
  Codes codes[kDots];
  group.template load<kStep>(step, codes);
  for (size_t q = 0; q < Q; ++q) {
    const Four four = load_four(queries[q].codes + step * 4);
    for (size_t i = 0; i < kDots; ++i) acc[q][i] = dot_step(acc[q][i], codes[i], four);
  }
}

// What becomes of the dot products of query q and group g: a mask ...
struct Masks {
  uint64_t* first;
  size_t groups;

  VN_INLINE void put(size_t q, size_t g, const Dot (&acc)[kDots], const SketchQuery& query, const float* tail) const {
    first[q * groups + g] = group_survivors(acc, query, tail, 0);
  }
};

// ... or the bounds themselves.
struct Bounds {
  float* first;
  size_t ldo;
  float* least;
  size_t groups;

  VN_INLINE void put(size_t q, size_t g, const Dot (&acc)[kDots], const SketchQuery& query, const float* tail) const {
    const float* const norm = tail + kGroupRows;
    const float* const rho = norm + kGroupRows;
    const float t = query.c * rho[0] + query.e * rho[3];
    float* const out = first + q * ldo + g * kGroupRows;
    for (size_t i = 0; i < kDots; ++i) {
      const size_t r = i * kDotRows;
      dot_bounds(acc[i], query.a, t, tail + r, norm + r, out + r);
    }
    V16 low = splat(std::numeric_limits<float>::infinity());
    for (size_t r = 0; r < kGroupRows; r += kLanes) low = min_number(load(out + r), low);
    least[q * groups + g] = lowest16(low);
  }
};

template <size_t Q, class Group, class Out>
VN_INLINE void filter_group(const SketchQuery* queries, const Group& group, size_t steps, size_t g, const Out& out) {
  Dot acc[Q][kDots];
  for (size_t q = 0; q < Q; ++q) {
    for (size_t i = 0; i < kDots; ++i) acc[q][i] = dot_bias(queries[q].bias);
  }
  size_t step = 0;
  for (; step + 4 <= steps; step += 4) {
    filter_step<Q, 0>(queries, group, step, acc);
    filter_step<Q, 1>(queries, group, step + 1, acc);
    filter_step<Q, 2>(queries, group, step + 2, acc);
    filter_step<Q, 3>(queries, group, step + 3, acc);
  }
  if (step < steps) filter_step<Q, 0>(queries, group, step, acc);
  if (step + 1 < steps) filter_step<Q, 1>(queries, group, step + 1, acc);
  if (step + 2 < steps) filter_step<Q, 2>(queries, group, step + 2, acc);
  VN_UNROLLED
  for (size_t q = 0; q < Q; ++q) out.put(q, g, acc[q], queries[q], group.tail);
}

// The groups of one call fit a cache, as with distances().
template <size_t Q, class Source, class Out>
VN_TARGET void filter_groups(const SketchQuery* queries, const Source& source, size_t groups, const Out& out) {
  for (size_t g = 0; g < groups; ++g) filter_group<Q>(queries, source.group(g), source.steps, g, out);
}

template <size_t Q, class Source, class Out>
VN_INLINE void filter_tile(const SketchQuery* queries, size_t nq, const Source& source, size_t groups, const Out& out) {
  if constexpr (Q > 0) {
    if (nq >= Q) return filter_groups<Q>(queries, source, groups, out);
    filter_tile<Q - 1>(queries, nq, source, groups, out);
  }
}

VN_TARGET void sketch_filter(const SketchQuery* queries, size_t nq, const uint8_t* first, size_t groups, size_t steps,
                             uint64_t* masks) {
  for (size_t i = 0; i < nq; i += kSketchQueries) {
    filter_tile<kSketchQueries>(queries + i, nq - i, Lines{first, steps}, groups, Masks{masks + i * groups, groups});
  }
}

VN_TARGET void sketch_bounds(const SketchQuery* queries, size_t nq, const uint8_t* first, size_t groups, size_t steps,
                             float* bounds, size_t ldo, float* least) {
  for (size_t i = 0; i < nq; i += kSketchQueries) {
    filter_tile<kSketchQueries>(queries + i, nq - i, Lines{first, steps}, groups,
                                Bounds{bounds + i * ldo, ldo, least + i * groups, groups});
  }
}

VN_TARGET void sketch_filter_planes(const SketchQuery* queries, size_t nq, const SketchPlanes& first, size_t groups,
                                    size_t steps, uint8_t* lines, uint64_t* masks) {
  // Writing the other layout pays from a third tile on.
  if (nq <= 2 * kPlaneQueries) {
    for (size_t i = 0; i < nq; i += kPlaneQueries) {
      filter_tile<kPlaneQueries>(queries + i, nq - i, Planes<false>{first, lines, steps}, groups,
                                 Masks{masks + i * groups, groups});
    }
    return;
  }
  filter_tile<kPlaneQueries>(queries, nq, Planes<true>{first, lines, steps}, groups, Masks{masks, groups});
  sketch_filter(queries + kPlaneQueries, nq - kPlaneQueries, lines, groups, steps, masks + kPlaneQueries * groups);
}

// ---- The high plane alone ----

// The dot products with codes of which kMissing bits were not read.
template <int kMissing>
VN_INLINE uint64_t partial_survivors(const Dot (&acc)[kDots], const SketchQuery& query, const float* tail) {
  constexpr int kHalf = kMissing == 0 ? 0 : 1 << (kMissing - 1);  // what stands for them
  Dot whole[kDots];
  const int32_t offset = query.bias / 128 * (128 - kHalf);
  for (size_t i = 0; i < kDots; ++i) whole[i] = dot_add(dot_shift<kMissing>(acc[i]), offset);
  return group_survivors(whole, query, tail, kMissing / 2);
}

template <size_t Q>
VN_INLINE void filter_high_group(const SketchQuery* queries, const uint8_t* high, size_t pairs, size_t groups,
                                 uint64_t* masks) {
  Dot acc[Q][kDots];
  for (size_t q = 0; q < Q; ++q) {
    for (size_t i = 0; i < kDots; ++i) acc[q][i] = dot_splat(0);
  }
  // Half a line at a time: the registers do not hold both halves beside the sums.
  for (size_t step = 0; step < 2 * pairs; ++step) {
    if constexpr (Q >= 4) {
      prefetch(reinterpret_cast<const float*>(high + step * (kGroupLine / 2) + 1024));
      prefetch(reinterpret_cast<const float*>(high + step * (kGroupLine / 2) + 64 + 1024));
    }
    Fields codes[kDots];
    for (size_t i = 0; i < kDots; ++i) {
      const uint8_t* const line = high + step / 2 * kGroupLine;
      codes[i] = take_half(load_fields(line + i * 4 * kDotRows), static_cast<int>(step % 2));
    }
    for (size_t q = 0; q < Q; ++q) {
      const Four four = load_four(queries[q].codes + 4 * step);
      for (size_t i = 0; i < kDots; ++i) acc[q][i] = dot_fields(acc[q][i], codes[i], four);
    }
  }
  const float* const tail = reinterpret_cast<const float*>(high + pairs * kGroupLine);
  VN_UNROLLED
  for (size_t q = 0; q < Q; ++q) masks[q * groups] = partial_survivors<4>(acc[q], queries[q], tail);
}

template <size_t Q>
VN_TARGET void filter_high_groups(const SketchQuery* queries, const uint8_t* high, size_t groups, size_t steps,
                                  uint64_t* masks) {
  const size_t stride = SketchPlanes::high_bytes(steps);
  for (size_t g = 0; g < groups; ++g) {
    filter_high_group<Q>(queries, high + g * stride, (steps + 1) / 2, groups, masks + g);
  }
}

template <size_t Q>
VN_INLINE void filter_high_tile(const SketchQuery* queries, size_t nq, const uint8_t* high, size_t groups, size_t steps,
                                uint64_t* masks) {
  if constexpr (Q > 0) {
    if (nq >= Q) return filter_high_groups<Q>(queries, high, groups, steps, masks);
    filter_high_tile<Q - 1>(queries, nq, high, groups, steps, masks);
  }
}

VN_TARGET void sketch_filter_high(const SketchQuery* queries, size_t nq, const uint8_t* high, size_t groups,
                                  size_t steps, uint64_t* masks) {
  for (size_t i = 0; i < nq; i += kSketchQueries) {
    filter_high_tile<kSketchQueries>(queries + i, nq - i, high, groups, steps, masks + i * groups);
  }
}

// ---- One query, plane by plane ----

// From so many rows of a group on that the bits read so far do not dismiss, the next plane is read: 16 bytes a
// component, against 4 for each row that is looked at instead.
constexpr int kRefine = 3;

// How far ahead the high plane is asked for. Runs of an inverted list are short, and each begins without the hardware's
// help: 8 to 12 % less time for one query there (128 × 1M, nprobe 16 and 64), 10 % for a flat index (Zen 4).
constexpr size_t kHighAhead = 4096;

// Adds a plane of two bits a code to `acc` (in units of these bits).
VN_INLINE void add_two_bits(Dot (&acc)[kDots], const int8_t* codes, const uint8_t* plane, size_t lines) {
  for (size_t p = 0; p < lines; ++p) {
    const Four a = load_four(codes + 16 * p);
    const Four b = load_four(codes + 16 * p + 4);
    const Four c = load_four(codes + 16 * p + 8);
    const Four d = load_four(codes + 16 * p + 12);
    for (size_t i = 0; i < kDots; ++i) {
      const Fields fields = load_fields(plane + p * kGroupLine + i * 4 * kDotRows);
      acc[i] = dot_fields(acc[i], take_fields<0, 3>(fields), a);
      acc[i] = dot_fields(acc[i], take_fields<2, 3>(fields), b);
      acc[i] = dot_fields(acc[i], take_fields<4, 3>(fields), c);
      acc[i] = dot_fields(acc[i], take_fields<6, 3>(fields), d);
    }
  }
}

VN_TARGET void sketch_filter_one(const SketchQuery& query, const SketchPlanes& first, size_t groups, size_t steps,
                                 uint64_t* masks) {
  const size_t pairs = (steps + 1) / 2;
  const size_t quads = (steps + 3) / 4;
  const size_t high_bytes = SketchPlanes::high_bytes(steps);
  const size_t other_bytes = SketchPlanes::other_bytes(steps);
  for (size_t g = 0; g < groups; ++g) {
    const uint8_t* const high = first.high + g * high_bytes;
    Dot acc[kDots];
    for (size_t i = 0; i < kDots; ++i) acc[i] = dot_splat(0);
    for (size_t p = 0; p < pairs; ++p) {
      const Four a = load_four(query.codes + 8 * p);
      const Four b = load_four(query.codes + 8 * p + 4);
      for (size_t i = 0; i < kDots; ++i) {
        const uint8_t* const line = high + p * kGroupLine + i * 4 * kDotRows;
        prefetch(reinterpret_cast<const float*>(line + kHighAhead));
        const Fields fields = load_fields(line);
        acc[i] = dot_fields(acc[i], take_fields<0, 15>(fields), a);
        acc[i] = dot_fields(acc[i], take_fields<4, 15>(fields), b);
      }
    }
    const float* const tail = reinterpret_cast<const float*>(high + pairs * kGroupLine);
    uint64_t mask = partial_survivors<4>(acc, query, tail);
    if (std::popcount(mask) >= kRefine) {
      for (size_t i = 0; i < kDots; ++i) acc[i] = dot_shift<2>(acc[i]);
      add_two_bits(acc, query.codes, first.middle + g * other_bytes, quads);
      mask &= partial_survivors<2>(acc, query, tail);
      if (std::popcount(mask) >= kRefine) {
        for (size_t i = 0; i < kDots; ++i) acc[i] = dot_shift<2>(acc[i]);
        add_two_bits(acc, query.codes, first.low + g * other_bytes, quads);
        mask &= partial_survivors<0>(acc, query, tail);
      }
    }
    masks[g] = mask;
  }
}
