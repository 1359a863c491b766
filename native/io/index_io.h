// Indexes to and from bytes, in Faiss's own format (docs/file-format.md).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/cancel.h"
#include "index/index.h"
#include "io/file.h"
#include "io/mapping.h"
#include "io/sink.h"

namespace voronode {

// Reads a file. Errors: SystemError (open, read), kCorrupt with path, section, byte offset, expected and found;
// kUnsupported for a Faiss kind that this version does not offer, by name. Memory stays within a small multiple of the
// file.
std::shared_ptr<Index> read_index(const std::string& path, const Cancel* cancel);

// The same, but rows of flat indexes stay in the file, which is mapped: see mapping.h. The rows are not looked at unless
// `verify`, so that one that is not finite goes unnoticed: it is like a vector that is far from all.
std::shared_ptr<Index> map_index(const std::string& path, bool verify, const Cancel* cancel);
// name: for messages.
std::shared_ptr<Index> map_index(const std::string& name, const std::shared_ptr<Mapping>& mapping, bool verify,
                                 const Cancel* cancel);

// Writes durably: after a return the new file is on disk. kAtomic: after any failure or kill the old one is whole;
// kInPlace: after a failure or kill the file may be broken. REQUIRES: kRead on index.gate(); adds may go on beside it,
// the file holds the rows that were complete at the start.
struct Save {
  Saving saving = Saving::kAtomic;
  bool mappable = false;  // with sketches, which make searches fast where the file is mapped
};
void write_index(const Index& index, const std::string& path, const Cancel* cancel, const Save& save = {});

// What write_index writes with Save::mappable. REQUIRES: kRead.
void write_mappable(const Index& index, Sink& sink, const Cancel* cancel);

// The same bytes in memory. Trailing bytes behind an index are ignored, as in Faiss.
std::vector<uint8_t> serialize_index(const Index& index, const Cancel* cancel);  // REQUIRES: kRead
std::shared_ptr<Index> deserialize_index(const uint8_t* bytes, size_t size, const Cancel* cancel);

}  // namespace voronode
