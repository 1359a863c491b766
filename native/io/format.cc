#include "io/format.h"

#include <algorithm>
#include <cstring>

#include "base/error.h"
#include "index/wrapper.h"
#include "ivf/ivf.h"
#include "kernels/kernels.h"
#include "storage/id_table.h"

namespace voronode {

#define FORMAT(family) extern const Format family##_format;
#include "io/formats.inc"
#undef FORMAT

namespace {

constexpr const Format* kFormats[] = {
#define FORMAT(family) &family##_format,
#include "io/formats.inc"
#undef FORMAT
};

struct KnownTag {
  Tag tag;
  const char* name;
};

constexpr KnownTag kKnownIndexes[] = {
#define KNOWN_INDEX(tag, name) {make_tag(tag), name},
#define KNOWN_TRANSFORM(tag, name)
#define KNOWN_LISTS(tag, name)
#include "io/known_tags.inc"
#undef KNOWN_INDEX
#undef KNOWN_TRANSFORM
#undef KNOWN_LISTS
};

// Faiss's MetricType; 0 and 1 are Metric's.
struct KnownMetric {
  int32_t number;
  const char* name;
};

constexpr KnownMetric kOtherMetrics[] = {
    {4, "METRIC_Lp"},       {20, "METRIC_Canberra"},     {21, "METRIC_BrayCurtis"}, {22, "METRIC_JensenShannon"},
    {23, "METRIC_Jaccard"}, {24, "METRIC_NaNEuclidean"}, {25, "METRIC_GOWER"},
};

// Faiss stores an argument of metrics behind these two, which those offered here do not use.
bool has_argument(Metric metric) noexcept { return static_cast<int32_t>(metric) > 1; }

Metric read_metric(Reader& reader) {
  const int32_t number = reader.number<int32_t>("metric_type");
  if (const MetricTraits* found = find_metric(number)) return found->metric;
  for (const KnownMetric& metric : kOtherMetrics) {
    if (metric.number == number) {
      reader.unsupported(std::string("this version does not offer ") + metric.name);
    }
  }
  reader.corrupt("the number of a metric, such as 0 (inner product) or 1 (L2)", std::to_string(number));
}

}  // namespace

std::shared_ptr<Index> read_any(Reader& reader, const Outer* outer) {
  const Tag tag = reader.tag("tag");
  for (const Format* format : kFormats) {
    for (const Tag own : format->tags) {
      if (own != tag || tag == 0) continue;
      const Reader::Section section(reader, tag);
      return format->read(reader, tag, outer);
    }
  }
  for (const KnownTag& known : kKnownIndexes) {
    if (known.tag == tag) {
      reader.unsupported(std::string("this version does not read ") + known.name + " (tag " + quoted(tag) + ")");
    }
  }
  reader.corrupt("the tag of a Faiss index", quoted(tag));
}

void write_any(Writer& writer, const Index& index, const Moment& moment) {
  for (const Format* format : kFormats) {
    if (format->write(writer, index, moment)) return;
  }
  throw Error(Code::kUnsupported, std::string("There is no file format for an ") + index.kind());
}

// The rows before the lists: these then have all of them, and perhaps more.
Moment::Moment(const Index& index) : counted_(index.numbers().counted()), rows_(index.numbers().view()) {
  const auto* ivf = dynamic_cast<const IndexIVF*>(&innermost(index));
  if (ivf != nullptr) lists_ = ivf->lists().view();
  ntotal_ = 0;
  for (const InvertedLists::List& list : lists_) {
    size_t n = list.size() - list.removed();
    if (counted_) {
      n = 0;
      for (size_t i = 0; i < list.size(); ++i) n += has(list.id(i)) ? 1 : 0;
    }
    sizes_.push_back(n);
    ntotal_ += n;
  }
  if (counted_) ntotal_ = rows_.size();
}

InvertedLists::List Moment::list(size_t l) const {
  const InvertedLists::List& list = lists_[l];
  if (sizes_[l] == list.size() && (!counted_ || rows_.dense())) return list;
  std::vector<uint32_t> kept;
  std::vector<int64_t> ids;
  for (const uint32_t row : list.ordered()) {
    const int64_t id = list.id(row);
    if (!has(id)) continue;
    kept.push_back(row);
    ids.push_back(counted_ ? static_cast<int64_t>(rows_.position(static_cast<size_t>(id))) : id);
  }
  return InvertedLists::selected(list, kept, ids);
}

Header read_header(Reader& reader, const Outer* outer, Training training) {
  const auto agree = [&](bool agrees, uint64_t expected, uint64_t found) {
    if (!agrees) reader.corrupt(std::to_string(expected) + ", as the index around it says", std::to_string(found));
  };
  const int32_t d = reader.number<int32_t>("d");
  if (d < 1) reader.corrupt("a dimension of 1 or more", std::to_string(d));
  Header header{static_cast<size_t>(d), 0, true, Metric::kL2};
  if (outer != nullptr) agree(header.d == outer->d, outer->d, header.d);
  if (header.d > kMaxDimension) {
    reader.unsupported(std::to_string(d) + " dimensions; this version takes at most " + std::to_string(kMaxDimension));
  }
  const int64_t ntotal = reader.number<int64_t>("ntotal");
  if (ntotal < 0) reader.corrupt("a count of 0 or more", std::to_string(ntotal));
  header.ntotal = static_cast<uint64_t>(ntotal);
  if (outer != nullptr && outer->ntotal) agree(header.ntotal == *outer->ntotal, *outer->ntotal, header.ntotal);
  header.mark = reader.number<int64_t>("dummy");
  reader.number<int64_t>("dummy");
  header.is_trained = reader.boolean("is_trained");
  if (!header.is_trained && training == Training::kNotNeeded) reader.corrupt("1", "0");
  if (outer != nullptr) agree(header.is_trained || !outer->trained, 1, 0);
  header.metric = read_metric(reader);
  if (has_argument(header.metric)) reader.number<float>("metric_arg");
  if (outer != nullptr && outer->metric) {
    agree(header.metric == *outer->metric, static_cast<uint64_t>(*outer->metric), static_cast<uint64_t>(header.metric));
  }
  return header;
}

void write_header(Writer& writer, const Index& index, const Moment& moment, int64_t mark) {
  writer.number(static_cast<int32_t>(index.d()));
  writer.number(static_cast<int64_t>(moment.ntotal()));
  writer.number(mark);
  writer.number(kNoMark);
  writer.number(static_cast<uint8_t>(index.is_trained()));
  writer.number(static_cast<int32_t>(index.metric()));
  if (has_argument(index.metric())) writer.number(0.0f);
}

void check_components(const Reader& reader, const char* field, const float* x, size_t n, size_t first_row, size_t d,
                      std::optional<size_t> list) {
  const size_t i = kernels().first_nonfinite(x, n);
  if (i == n) return;
  float bad = 0;
  std::memcpy(&bad, x + i, sizeof bad);  // where a file that is mapped has it, at any address
  const std::string of_list = list ? format(" of list %zu", *list) : "";
  reader.corrupt_at(field, reader.position() - (n - i) * sizeof(float),
                    format("a finite number at row %zu, component %zu%s", first_row + i / d, i % d, of_list.c_str()),
                    bad != bad ? "NaN"
                    : bad > 0  ? "Infinity"
                               : "-Infinity");
}

void check_ids(const Reader& reader, const idx_t* ids, size_t n, size_t first_row) {
  const idx_t* bad = std::find(ids, ids + n, IdTable::kNone);
  if (bad == ids + n) return;
  reader.unsupported("the id -1 of row " + std::to_string(first_row + static_cast<size_t>(bad - ids)) +
                     "; -1 marks missing results");
}

}  // namespace voronode
