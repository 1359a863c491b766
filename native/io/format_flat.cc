// IndexFlat: header, then the rows as one array of float32, its length in components.
#include <algorithm>
#include <string>

#include "base/aligned.h"
#include "base/checked.h"
#include "index/flat.h"
#include "io/format.h"

namespace voronode {
namespace {

constexpr Tag kL2Tag = make_tag("IxF2");
constexpr Tag kIpTag = make_tag("IxFI");
constexpr Tag kAnyTag = make_tag("IxFl");  // of other metrics; old files may have it for any

// Read at once, so that threads share the work: a first touch of the memory for the rows takes longer than to read them.
constexpr size_t kRowsBytes = size_t{16} << 20;

Tag tag_of(Metric metric) noexcept {
  return metric == Metric::kL2 ? kL2Tag : metric == Metric::kInnerProduct ? kIpTag : kAnyTag;
}

// Around rows that stay in the file. Sketches would have to be made of all of them.
std::shared_ptr<Index> flat_in_place(Reader& reader, const Header& header) {
  const size_t d = header.d;
  const auto ntotal = static_cast<size_t>(header.ntotal);
  auto index = std::make_shared<IndexFlat>(d, header.metric, false);
  uint8_t* const rows =
      reader.in_place("codes", {ntotal, d * sizeof(float)}, [&](const uint8_t* at, size_t n, size_t row) {
        check_components(reader, "codes", reinterpret_cast<const float*>(at), n * d, row, d);
      });
  index->adopt_rows(ntotal, rows, reader.mapping(), reader.spare());
  return index;
}

std::shared_ptr<Index> read_flat(Reader& reader, Tag tag, const Outer* outer) {
  const Header header = read_header(reader, outer, Training::kNotNeeded);
  if (tag != tag_of(header.metric) && tag != kAnyTag) {
    reader.corrupt(tag == kL2Tag ? "1 (L2), as the tag says" : "0 (inner product), as the tag says",
                   std::to_string(static_cast<int>(header.metric)));
  }
  const size_t d = header.d;
  uint64_t components;
  if (mul_overflows(header.ntotal, d, &components)) components = UINT64_MAX;  // more than any file holds
  reader.count("codes", components, "ntotal * d", sizeof(float));

  const size_t ntotal = static_cast<size_t>(header.ntotal);
  if (reader.maps()) return flat_in_place(reader, header);
  auto index = std::make_shared<IndexFlat>(d, header.metric, outer == nullptr || outer->sketches);
  const size_t rows_a_chunk = std::min(ntotal, std::max<size_t>(1, kRowsBytes / (d * sizeof(float))));
  AlignedArray<float> chunk(checked_mul(rows_a_chunk, d));
  for (size_t row = 0; row < ntotal; row += rows_a_chunk) {
    const size_t rows = std::min(rows_a_chunk, ntotal - row);
    reader.bytes("codes", chunk.data(), rows * d * sizeof(float));
    check_components(reader, "codes", chunk.data(), rows * d, row, d);
    index->add(rows, chunk.data(), reader.cancel());
  }
  return index;
}

bool write_flat(Writer& writer, const Index& index, const Moment& moment) {
  const auto* flat = dynamic_cast<const IndexFlat*>(&index);
  if (flat == nullptr) return false;
  writer.number(tag_of(flat->metric()));
  write_header(writer, index, moment);
  writer.number(moment.ntotal() * flat->d());
  write_rows<float>(writer, flat->rows().view(), moment.rows());
  return true;
}

}  // namespace

extern const Format flat_format;
const Format flat_format{{kL2Tag, kIpTag, kAnyTag}, read_flat, write_flat};

}  // namespace voronode
