// Which typed array of JavaScript holds which C++ type.
#pragma once

#include <node_api.h>

#include <cstdint>

namespace voronode {

template <class T>
struct ElementType;
template <>
struct ElementType<float> {
  static constexpr napi_typedarray_type value = napi_float32_array;
  static constexpr const char* array_name = "a Float32Array";
};
template <>
struct ElementType<double> {
  static constexpr napi_typedarray_type value = napi_float64_array;
  static constexpr const char* array_name = "a Float64Array";
};
template <>
struct ElementType<int64_t> {
  static constexpr napi_typedarray_type value = napi_bigint64_array;
  static constexpr const char* array_name = "a BigInt64Array";
};
template <>
struct ElementType<uint32_t> {
  static constexpr napi_typedarray_type value = napi_uint32_array;
  static constexpr const char* array_name = "a Uint32Array";
};
template <>
struct ElementType<uint8_t> {
  static constexpr napi_typedarray_type value = napi_uint8_array;
  static constexpr const char* array_name = "a Uint8Array";
};

}  // namespace voronode
