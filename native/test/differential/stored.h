// What an index holds, bit by bit.
#pragma once

#include <cstring>
#include <tuple>
#include <vector>

#include "io/format.h"
#include "ivf/ivf.h"

namespace voronode::test {

using StoredRow = std::tuple<size_t, idx_t, std::vector<uint32_t>>;  // list, its own id, the bits of the vector

inline std::vector<uint32_t> bits_of(const std::vector<float>& y) {
  std::vector<uint32_t> bits(y.size());
  std::memcpy(bits.data(), y.data(), y.size() * sizeof(float));
  return bits;
}

inline std::vector<StoredRow> rows_in(const IndexIVF& ivf) {
  std::vector<StoredRow> rows;
  const Moment moment(ivf);
  for (size_t l = 0; l < ivf.nlist(); ++l) {
    const InvertedLists::List list = moment.list(l);
    for (size_t i = 0; i < list.size(); ++i) {
      std::vector<float> room(ivf.d());
      const float* const y = ivf.rows_of(l, list.code(i), 1, room.data());
      rows.emplace_back(l, list.id(i), bits_of(std::vector<float>(y, y + ivf.d())));
    }
  }
  return rows;
}

// Of one that numbers them.
inline std::vector<StoredRow> rows_of(const Index& index) {
  std::vector<StoredRow> rows;
  std::vector<float> y(index.d());
  for (idx_t i = 0; i < static_cast<idx_t>(index.ntotal()); ++i) {
    index.reconstruct(i, y.data());
    rows.emplace_back(0, i, bits_of(y));
  }
  return rows;
}

}  // namespace voronode::test
