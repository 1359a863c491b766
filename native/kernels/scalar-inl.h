// Rows in codes (ScalarRows of kernels.h): decoded, or compared on the way. Included by kernels-inl.h.
//
// No include guard: included once per target.

// (c + 0.5) / 255, rounded to nearest, without a division: 1/255 as the sum of two floats. That it is the quotient for
// each of the 256 codes is a test's to show (native/test/kernels_scalar.cc).
VN_INLINE V16 byte_fraction(V16 c) {
  constexpr float kHigh = 1.0f / 255.0f;
  constexpr float kLow = static_cast<float>(1.0 / 255.0 - static_cast<double>(kHigh));
  const V16 a = add(c, splat(0.5f));
  return fma(a, splat(kHigh), mul(a, splat(kLow)));
}

struct ByteCode {
  static constexpr size_t kBytes = 1;
  VN_INLINE static V16 value(const ScalarRows& rows, const uint8_t* code, size_t j) {
    return add(load(rows.vmin + j), mul(byte_fraction(from_bytes(code)), load(rows.vdiff + j)));
  }
  VN_INLINE static V16 value_first(const ScalarRows& rows, const uint8_t* code, size_t j, size_t n) {
    return add(load_first(rows.vmin + j, n), mul(byte_fraction(from_bytes(code)), load_first(rows.vdiff + j, n)));
  }
};

struct HalfCode {
  static constexpr size_t kBytes = 2;
  VN_INLINE static V16 value(const ScalarRows&, const uint8_t* code, size_t) { return from_halves(code); }
  VN_INLINE static V16 value_first(const ScalarRows&, const uint8_t* code, size_t, size_t) { return from_halves(code); }
};

template <class Code, bool kCentroid>
struct CodedRow {
  const ScalarRows& rows;
  const uint8_t* codes;

  VN_INLINE V16 take(size_t j) const {
    const V16 value = Code::value(rows, codes + j * Code::kBytes, j);
    if constexpr (kCentroid) return add(load(rows.centroid + j), value);
    return value;
  }
  VN_INLINE V16 take_first(size_t j, size_t n) const {
    uint8_t first[kLanes * Code::kBytes] = {};
    std::memcpy(first, codes + j * Code::kBytes, n * Code::kBytes);
    const V16 value = Code::value_first(rows, first, j, n);
    if constexpr (kCentroid) return add(load_first(rows.centroid + j, n), value);
    return value;
  }
};

template <class Code, bool kCentroid>
struct CodedRows {
  const ScalarRows& rows;
  size_t d;
  VN_INLINE CodedRow<Code, kCentroid> row(size_t i) const { return {rows, rows.codes + i * d * Code::kBytes}; }
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

template <class Code>
VN_INLINE void decode_as(const ScalarRows& rows, size_t n, size_t d, float* out) {
  if (rows.centroid != nullptr) return decode_rows(CodedRows<Code, true>{rows, d}, n, d, out);
  decode_rows(CodedRows<Code, false>{rows, d}, n, d, out);
}

VN_TARGET void decode(const ScalarRows& rows, size_t n, size_t d, float* out) {
  if (rows.code == ScalarCode::k8bit) return decode_as<ByteCode>(rows, n, d, out);
  decode_as<HalfCode>(rows, n, d, out);
}

template <class Op, class Code>
VN_INLINE void distances_as(const float* xq, const ScalarRows& rows, size_t n, size_t d, float* out) {
  if (rows.centroid != nullptr) return distances_of_one<Op>(xq, CodedRows<Code, true>{rows, d}, n, d, out);
  distances_of_one<Op>(xq, CodedRows<Code, false>{rows, d}, n, d, out);
}

template <class Op>
VN_TARGET void distances_decoded(const float* xq, const ScalarRows& rows, size_t n, size_t d, float* out) {
  if (rows.code == ScalarCode::k8bit) return distances_as<Op, ByteCode>(xq, rows, n, d, out);
  distances_as<Op, HalfCode>(xq, rows, n, d, out);
}
