// What the files of all indexes with a scalar quantizer have in common.
//
//   i4 type, i4 how ranges are found, f4 a parameter of that, u8 d, u8 bytes per code, u8 count, f4[count] vmin, then
//   vdiff: of each dimension (count 2 d), of all (2), or none (0: nothing is learned, or not trained)
#pragma once

#include <optional>

#include "codec/range_rule.h"
#include "codec/scalar_quantizer.h"
#include "io/format.h"

namespace voronode {

struct StoredScalarQuantizer {
  ScalarCode code;
  RangeRule rule;
  std::vector<float> trained;
};

StoredScalarQuantizer read_scalar_quantizer(Reader& reader, const Header& header);
void write_scalar_quantizer(Writer& writer, const ScalarQuantizer& sq, const RangeRule& rule);

// codes: the n rows that were read last, the first of them row `first_row` of the list `list`, if there are lists. Throws
// kCorrupt at the first half, or upper half, that is not finite; all other codes are.
struct CodePlace {
  size_t first_row;
  std::optional<size_t> list;
};
void check_finite_codes(const Reader& reader, const ScalarQuantizer& sq, const uint8_t* codes, size_t n,
                        const CodePlace& place);

}  // namespace voronode
