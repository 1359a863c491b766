#include "binding/search_params_arg.h"

#include "binding/args.h"
#include "binding/arrays.h"
#include "binding/errors.h"

namespace voronode {
namespace {

double parameter_arg(Napi::Env env, const SearchParameter& parameter, napi_value value) {
  if (parameter.type == SearchParameter::Type::kInteger) {
    return static_cast<double>(integer_arg(env, parameter.name, value, static_cast<uint64_t>(parameter.min),
                                           static_cast<uint64_t>(parameter.max)));
  }
  const double number = number_arg(env, parameter.name, value);
  if (number >= parameter.min && number <= parameter.max) return number;
  throw Error(Code::kOutOfRange,
              format("The value of \"%s\" is out of range. It must be a number >= %g && <= %g. Received %g",
                     parameter.name, parameter.min, parameter.max, number));
}

}  // namespace

SearchParams search_params_arg(Napi::Env env, const Index& index, napi_value value) {
  SearchParams params;
  if (is_undefined(env, value)) return params;
  bool is_array = false;
  check_status(env, napi_is_array(env, value, &is_array));
  if (!is_array) throw wrong_type(env, "params", "an array", value);
  uint32_t i = 0;
  for (const SearchParameter* parameter : index.search_parameters()) {
    napi_value choice = nullptr;
    check_status(env, napi_get_element(env, value, i++, &choice));
    if (!is_undefined(env, choice)) params.set(*parameter, parameter_arg(env, *parameter, choice));
  }
  return params;
}

napi_value described_parameters(Napi::Env env, const Index& index) {
  const auto parameters = index.search_parameters();
  Napi::Array out = Napi::Array::New(env, parameters.size());
  for (size_t i = 0; i < parameters.size(); ++i) {
    const SearchParameter& parameter = *parameters[i];
    const bool integer = parameter.type == SearchParameter::Type::kInteger;
    out.Set(static_cast<uint32_t>(i), object_with(env, {property("name", Napi::String::New(env, parameter.name)),
                                                        property("integer", Napi::Boolean::New(env, integer)),
                                                        property("min", Napi::Number::New(env, parameter.min)),
                                                        property("max", Napi::Number::New(env, parameter.max))}));
  }
  return out;
}

}  // namespace voronode
