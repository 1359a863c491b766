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

}  // namespace

std::shared_ptr<Index> read_index(const std::string& path, const Cancel* cancel) {
  check(cancel);
  FileSource source(path);
  return read_source(source, cancel);
}

std::shared_ptr<Index> deserialize_index(const uint8_t* bytes, size_t size, const Cancel* cancel) {
  MemorySource source(bytes, size);
  return read_source(source, cancel);
}

void write_index(const Index& index, const std::string& path, const Cancel* cancel, Saving saving) {
  check(cancel);
  FileSink sink(path, saving);
  Writer writer(sink, cancel);
  write_any(writer, index, Moment(index));
  sink.sync();
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
