// What an index has allocated, filled or not, by what it is for. In bytes.
#pragma once

#include <cstddef>

namespace voronode {

struct MemoryUse {
  size_t rows = 0;        // vectors, as float32 or in codes
  size_t sketches = 0;    // of these
  size_t ids = 0;         // the caller's, and those of inverted lists
  size_t lists = 0;       // inverted lists, without what is in them
  size_t centroids = 0;   // the index of them with all that is its own, and which lists they are of
  size_t transforms = 0;  // matrices and means
  size_t tables = 0;      // from ids to rows: made by lookups and filters, and gone with the next removal

  size_t mapped = 0;  // of a file, in the place of memory

  // What grows with an index.
  size_t allocated() const noexcept { return rows + sketches + ids + lists + centroids + transforms; }

  MemoryUse& operator+=(const MemoryUse& other) noexcept {
    rows += other.rows;
    sketches += other.sketches;
    ids += other.ids;
    lists += other.lists;
    centroids += other.centroids;
    transforms += other.transforms;
    tables += other.tables;
    mapped += other.mapped;
    return *this;
  }
};

inline MemoryUse operator+(MemoryUse a, const MemoryUse& b) noexcept { return a += b; }

}  // namespace voronode
