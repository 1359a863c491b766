// The transforms of an IndexPreTransform. Each is its tag, its own fields, i4 d_in, i4 d_out, b1 is_trained. Own fields:
//
//   VNrm                f4 2.0: the order of the norm
//   VCnt                the mean
//   RmDT                u8 count = d_out, i4[count]: which component goes there, -1 for none
//   rrot LTra           the map: b1 has_bias; A, d_out × d_in; b, of size d_out, or empty if there is no bias
//   Pcam                f4 eigen_power, f4 epsilon, b1 random_rotation, i4 balanced_bins, the mean, the eigenvalues, the
//                       directions (rows of d_in), then the map. PcAm, of old versions, has no epsilon; PCAm no
//                       balanced_bins either
//
// Arrays are u8 count, f4[count]. Of a transform that is not trained, mean and map are empty.
#pragma once

#include <memory>

#include "io/reader.h"
#include "io/writer.h"
#include "transform/vector_transform.h"

namespace voronode {

// d_in: of the vectors that come in. may_be_untrained: false if that would contradict what the file said before.
std::shared_ptr<const VectorTransform> read_transform(Reader& reader, size_t d_in, bool may_be_untrained);

void write_transform(Writer& writer, const VectorTransform& transform);

}  // namespace voronode
