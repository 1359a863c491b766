#include "io/index_io.h"

#include "base/error.h"
#include "io/format.h"

namespace voronode {
namespace {

std::shared_ptr<Index> read_source(Source& source, const Cancel* cancel) {
  check(cancel);
  Reader reader(source, cancel);
  return read_any(reader, nullptr);
}

std::shared_ptr<Index> map_source(MappedSource& source, bool verify, const Cancel* cancel) {
  check(cancel);
  Reader reader(source, cancel);
  reader.set_verifies(verify);
  std::shared_ptr<Index> index = read_any(reader, nullptr);
  source.mapping()->check();
  for (std::shared_ptr<Index> at = index; at != nullptr; at = at->inner()) at->set_backing(source.mapping());
  return index;
}

}  // namespace

std::shared_ptr<Index> read_index(const std::string& path, const Cancel* cancel) {
  check(cancel);
  FileSource source(path);
  return read_source(source, cancel);
}

std::shared_ptr<Index> map_index(const std::string& path, bool verify, const Cancel* cancel) {
  check(cancel);
  MappedSource source(path);
  return map_source(source, verify, cancel);
}

std::shared_ptr<Index> deserialize_index(const uint8_t* bytes, size_t size, const Cancel* cancel) {
  MemorySource source(bytes, size);
  return read_source(source, cancel);
}

void write_index(const Index& index, const std::string& path, const Cancel* cancel, Saving saving) {
  check(cancel);
  if (saving == Saving::kInPlace && index.backing() != nullptr && index.backing()->is_file(path)) {
    throw Error(Code::kUnsupported, "The index lies in the file '" + path +
                                        "', which is mapped: save into another one, or without { atomic: false }");
  }
  FileSink sink(path, saving);
  Writer writer(sink, cancel);
  write_any(writer, index, Moment(index));
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
