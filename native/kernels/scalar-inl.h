// Rows in codes (ScalarRows of kernels.h): decoded, or compared on the way. Included by kernels-inl.h.
//
// No include guard: included once per target.

// (c + 0.5) / kMost, rounded to nearest, without a division: 1 / kMost as the sum of two floats. That it is the quotient
// for each code is a test's to show (native/test/kernels_scalar.cc).
template <int kMost>
VN_INLINE V16 fraction(V16 c) {
  constexpr float kHigh = 1.0f / static_cast<float>(kMost);
  constexpr float kLow = static_cast<float>(1.0 / kMost - static_cast<double>(kHigh));
  const V16 a = add(c, splat(0.5f));
  return fma(a, splat(kHigh), mul(a, splat(kLow)));
}

// A Code: numbers(p) gives sixteen codes from bytes(16) bytes as floats; value() what they stand for, of components j,
// …; value_first() the same of the first n, where vmin and vdiff end.
template <int kBits>
struct NumberCode {
  static constexpr size_t bytes(size_t count) { return (count * kBits + 7) / 8; }

  VN_INLINE static V16 numbers(const uint8_t* p) {
    if constexpr (kBits == 8) {
      return from_bytes(p);
    } else {
      const uint64_t eights[] = {spread(p), spread(p + kBits)};
      uint8_t c[kLanes];
      std::memcpy(c, eights, sizeof c);
      return from_bytes(c);
    }
  }

 private:
  // Eight codes of 4 or 6 bits, one a byte: halved again and again, the upper halves moved up. (Byte by byte one query
  // over SQ4 took several times as long.)
  VN_INLINE static uint64_t spread(const uint8_t* p) {
    uint32_t first = 0;
    std::memcpy(&first, p, sizeof first);
    uint64_t x = first;
    if constexpr (kBits == 4) {
      x = (x | x << 16) & 0x0000FFFF0000FFFF;
      x = (x | x << 8) & 0x00FF00FF00FF00FF;
      return (x | x << 4) & 0x0F0F0F0F0F0F0F0F;
    } else {
      uint16_t rest = 0;
      std::memcpy(&rest, p + sizeof first, sizeof rest);
      x |= static_cast<uint64_t>(rest) << 32;
      x = (x & 0x0000000000FFFFFF) | (x & 0x0000FFFFFF000000) << 8;
      x = (x & 0x00000FFF00000FFF) | (x & 0x00FFF00000FFF000) << 4;
      return (x & 0x003F003F003F003F) | (x & 0x0FC00FC00FC00FC0) << 2;
    }
  }
};

// Evenly spaced between vmin and vmin + vdiff.
template <int kBits>
struct RangeCode : NumberCode<kBits> {
  VN_INLINE static V16 value_of(const uint8_t* code, V16 vmin, V16 vdiff) {
    return add(vmin, mul(fraction<(1 << kBits) - 1>(NumberCode<kBits>::numbers(code)), vdiff));
  }
  VN_INLINE static V16 value(const ScalarRows& rows, const uint8_t* code, size_t j) {
    return value_of(code, load(rows.vmin + j), load(rows.vdiff + j));
  }
  VN_INLINE static V16 value_first(const ScalarRows& rows, const uint8_t* code, size_t j, size_t n) {
    return value_of(code, load_first(rows.vmin + j, n), load_first(rows.vdiff + j, n));
  }
};

struct DirectCode : NumberCode<8> {
  VN_INLINE static V16 value(const ScalarRows& rows, const uint8_t* code, size_t j) {
    return add(load(rows.vmin + j), from_bytes(code));
  }
  VN_INLINE static V16 value_first(const ScalarRows& rows, const uint8_t* code, size_t j, size_t n) {
    return add(load_first(rows.vmin + j, n), from_bytes(code));
  }
};

struct HalfCode : NumberCode<16> {
  VN_INLINE static V16 value(const ScalarRows&, const uint8_t* code, size_t) { return from_halves(code); }
  VN_INLINE static V16 value_first(const ScalarRows&, const uint8_t* code, size_t, size_t) { return from_halves(code); }
};

struct UpperHalfCode : NumberCode<16> {
  VN_INLINE static V16 value(const ScalarRows&, const uint8_t* code, size_t) { return from_upper_halves(code); }
  VN_INLINE static V16 value_first(const ScalarRows&, const uint8_t* code, size_t, size_t) {
    return from_upper_halves(code);
  }
};

// Work::of<Code>(args…) for the code of rows.
template <class Work, class... Args>
VN_INLINE void for_code(ScalarCode code, Args... args) {
  switch (code) {
    case ScalarCode::k8bit:
    case ScalarCode::k8bitUniform:
      return Work::template of<RangeCode<8>>(args...);
    case ScalarCode::k6bit:
      return Work::template of<RangeCode<6>>(args...);
    case ScalarCode::k4bit:
    case ScalarCode::k4bitUniform:
      return Work::template of<RangeCode<4>>(args...);
    case ScalarCode::k8bitDirect:
    case ScalarCode::k8bitDirectSigned:
      return Work::template of<DirectCode>(args...);
    case ScalarCode::kFp16:
      return Work::template of<HalfCode>(args...);
    case ScalarCode::kBf16:
      return Work::template of<UpperHalfCode>(args...);
  }
}

template <class Code, bool kCentroid>
struct CodedRow {
  const ScalarRows& rows;
  const uint8_t* codes;

  VN_INLINE V16 take(size_t j) const {
    const V16 value = Code::value(rows, codes + Code::bytes(j), j);
    if constexpr (kCentroid) return add(load(rows.centroid + j), value);
    return value;
  }
  VN_INLINE V16 take_first(size_t j, size_t n) const {
    uint8_t first[Code::bytes(kLanes)] = {};
    std::memcpy(first, codes + Code::bytes(j), Code::bytes(n));
    const V16 value = Code::value_first(rows, first, j, n);
    if constexpr (kCentroid) return add(load_first(rows.centroid + j, n), value);
    return value;
  }
};

template <class Code, bool kCentroid>
struct CodedRows {
  const ScalarRows& rows;
  size_t d;
  VN_INLINE CodedRow<Code, kCentroid> row(size_t i) const { return {rows, rows.codes + i * Code::bytes(d)}; }
};

template <class Rows>
VN_TARGET void decode_rows(const Rows& rows, size_t n, size_t d, float* out) {
  for (size_t i = 0; i < n; ++i) {
    const auto row = rows.row(i);
    float* const y = out + i * d;
    size_t j = 0;
    for (; j + kLanes <= d; j += kLanes) store(y + j, row.take(j));
    if (j < d) {
      float last[kLanes];
      store(last, row.take_first(j, d - j));
      std::memcpy(y + j, last, (d - j) * sizeof(float));
    }
  }
}

struct Decode {
  template <class Code>
  VN_INLINE static void of(const ScalarRows& rows, size_t n, size_t d, float* out) {
    if (rows.centroid != nullptr) return decode_rows(CodedRows<Code, true>{rows, d}, n, d, out);
    decode_rows(CodedRows<Code, false>{rows, d}, n, d, out);
  }
};

VN_TARGET void decode(const ScalarRows& rows, size_t n, size_t d, float* out) {
  for_code<Decode, const ScalarRows&>(rows.code, rows, n, d, out);
}

template <class Op>
struct Compare {
  template <class Code>
  VN_INLINE static void of(const float* xq, const ScalarRows& rows, size_t n, size_t d, float* out) {
    if (rows.centroid != nullptr) return distances_of_one<Op>(xq, CodedRows<Code, true>{rows, d}, n, d, out);
    distances_of_one<Op>(xq, CodedRows<Code, false>{rows, d}, n, d, out);
  }
};

template <class Op>
VN_TARGET void distances_decoded(const float* xq, const ScalarRows& rows, size_t n, size_t d, float* out) {
  for_code<Compare<Op>, const float*, const ScalarRows&>(rows.code, xq, rows, n, d, out);
}
