// What all IVF kinds have in their files. After the tag:
//
//   header, u8 nlist, u8 nprobe
//   the quantizer, an index of its own, tag first: an IndexFlat, or an IndexIDMap of one, of any number of centroids
//   legacy tags only, for each list: u8 count, i8[count] ids
//   the direct map: b1 type; u8 count, i8[count] place of id 0, 1, …;
//                   for a hash table u8 count, (i8 id, i8 place)[count]
//   what the kind adds
//   the lists: "ilar", u8 nlist, u8 code_size;
//              "full", u8 nlist, u8[nlist] sizes or "sprs", u8 2 · pairs, (u8 list, u8 size)[pairs];
//              for each list that is not empty: its codes, then its ids;
//              or "il00" alone, without rows
//   legacy tags, instead of the lists, for each list: u8 count, its codes
//
// A place is list << 32 | row, negative for an id that is not there.
#pragma once

#include <memory>
#include <vector>

#include "io/format.h"
#include "ivf/ivf.h"

namespace voronode {

// The direct map of a file. It is checked against the lists and then only its type is kept: the rest can be told from
// the lists.
struct StoredDirectMap {
  DirectMapType type;
  uint64_t offset;               // of the first entry
  std::vector<int64_t> entries;  // places (kArray), or ids and places in turn (kHashtable)
};

// Rows that lists are to get, of lists in ascending order.
using ListSizes = std::vector<IndexIVF::Part>;

// What stands before the parts of a kind.
struct IvfFile {
  Header header;
  size_t nlist;
  uint64_t nprobe;
  std::shared_ptr<Index> quantizer;  // as CoarseQuantizer::restored takes it
  StoredDirectMap direct_map;
  ListSizes legacy_sizes;
  std::vector<idx_t> legacy_ids;  // of all lists, one behind the other
};

IvfFile read_ivf(Reader& reader, const Outer* outer, bool legacy);
void write_ivf(Writer& writer, Tag tag, const IndexIVF& index, const Moment& moment);

// codes: n codes that were read last, of rows first_row, … of a list. Throws if the kind cannot have them.
using CheckCodes = void (*)(const Reader& reader, size_t d, const uint8_t* codes, size_t n, size_t list,
                            size_t first_row);

// The end of a file, into an empty index made from its beginning. `unit`: how many bytes the counts before legacy codes
// count by.
void read_lists(Reader& reader, const IvfFile& file, IndexIVF& index, CheckCodes check_codes);
void read_legacy_lists(Reader& reader, const IvfFile& file, IndexIVF& index, CheckCodes check_codes, size_t unit);
void write_lists(Writer& writer, const IndexIVF& index, const Moment& moment);

// The parts of a file that format_ivf.cc and format_ivf_lists.cc share.
StoredDirectMap read_direct_map(Reader& reader, uint64_t ntotal);
void write_direct_map(Writer& writer, DirectMapType type, const Moment& moment);
// Throws kCorrupt unless every entry of the map is the place of a row, of an array of the row with that id (after a
// plain add, Faiss puts wrong ids into hash tables); then makes `index` what the file says besides its rows.
void finish_ivf(const Reader& reader, const IvfFile& file, IndexIVF& index);
// Adds up sizes: what they may not exceed, and in the end must be, is ntotal.
class RowCount {
 public:
  RowCount(const Reader& reader, uint64_t ntotal) : reader_(reader), left_(ntotal) {}
  void add(const char* field, uint64_t offset, uint64_t size);
  void finish(const char* field) const;

 private:
  const Reader& reader_;
  uint64_t left_;
};

}  // namespace voronode
