#include "io/index_io.h"

#include "base/error.h"
#include "index/wrapper.h"
#include "io/format.h"
#include "io/list_sketch_trailer.h"
#include "io/sketch_trailer.h"

namespace voronode {
namespace {

std::shared_ptr<Index> read_source(Source& source, const Cancel* cancel) {
  check(cancel);
  Reader reader(source, cancel);
  return read_any(reader, nullptr);
}

// Gives the index inside all others the sketches that stand behind it in the file, if there are some.
void read_sketches(Reader& reader, Index& index) {
  Index& heart = innermost(index);
  if (auto* const flat = dynamic_cast<IndexFlat*>(&heart)) read_sketch_trailer(reader, flat);
  if (auto* const ivf = dynamic_cast<IndexIVFFlat*>(&heart)) read_list_sketch_trailer(reader, ivf);
}

}  // namespace

std::shared_ptr<Index> read_index(const std::string& path, const Cancel* cancel) {
  check(cancel);
  FileSource source(path);
  return read_source(source, cancel);
}

std::shared_ptr<Index> map_index(const std::string& name, const std::shared_ptr<Mapping>& mapping, bool verify,
                                 const Cancel* cancel) {
  MappedSource source(name, mapping);
  Reader reader(source, cancel);
  reader.set_verifies(verify);
  std::shared_ptr<Index> index = read_any(reader, nullptr);
  read_sketches(reader, *index);
  mapping->check();
  if (index->memory_use().mapped == 0) return index;  // all of it was read
  for (std::shared_ptr<Index> at = index; at != nullptr; at = at->inner()) at->set_backing(mapping);
  return index;
}

std::shared_ptr<Index> map_index(const std::string& path, bool verify, const Cancel* cancel) {
  check(cancel);
  return map_index(path, Mapping::open(path), verify, cancel);
}

std::shared_ptr<Index> deserialize_index(const uint8_t* bytes, size_t size, const Cancel* cancel) {
  MemorySource source(bytes, size);
  return read_source(source, cancel);
}

void write_mappable(const Index& index, Sink& sink, const Cancel* cancel) {
  const Moment moment(index);
  Writer writer(sink, cancel);
  write_any(writer, index, moment);
  const Index& heart = innermost(index);
  if (const auto* const flat = dynamic_cast<const IndexFlat*>(&heart))
    write_sketch_trailer(writer, *flat, moment.rows());
  if (const auto* const ivf = dynamic_cast<const IndexIVFFlat*>(&heart))
    write_list_sketch_trailer(writer, *ivf, moment);
}

void write_index(const Index& index, const std::string& path, const Cancel* cancel, const Save& save) {
  check(cancel);
  if (save.saving == Saving::kInPlace && index.backing() != nullptr && index.backing()->is_file(path)) {
    throw Error(Code::kUnsupported, "The index lies in the file '" + path +
                                        "', which is mapped: save into another one, or without { atomic: false }");
  }
  FileSink sink(path, save.saving);
  if (save.mappable) {
    write_mappable(index, sink, cancel);
  } else {
    Writer writer(sink, cancel);
    write_any(writer, index, Moment(index));
  }
  sink.sync();
  index.check_backing();
  check(cancel);  // the last moment at which the old file can stay
  sink.commit();
}

std::vector<uint8_t> serialize_index(const Index& index, const Cancel* cancel) {
  const Moment moment(index);  // for both passes
  CountingSink counter;
  Writer measuring(counter, cancel);
  write_any(measuring, index, moment);
  MemorySink sink(counter.size());
  Writer writer(sink, cancel);
  write_any(writer, index, moment);
  return sink.take();
}

}  // namespace voronode
