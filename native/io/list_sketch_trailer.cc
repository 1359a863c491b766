#include "io/list_sketch_trailer.h"

#include <algorithm>

#include "base/poll.h"
#include "io/sketch_record.h"
#include "sketch/making.h"

namespace voronode {
namespace {

constexpr Tag kContent = make_tag("skli");

// What the sketches of a list take.
struct Sizes {
  explicit Sizes(const SketchSpace& space)
      : group(sketch_group_bytes(space.steps())), rest(SketchPlanes::high_bytes(space.steps())) {}
  size_t of(size_t n) const noexcept { return n / kGroupRows * group + (InvertedLists::rest_rows(n) > 0 ? rest : 0); }
  size_t group;
  size_t rest;
};

const float* row_of(const InvertedLists::List& list, size_t i) noexcept {
  return reinterpret_cast<const float*>(list.code(i));
}

// As many as fill a list, to `out`.
void make_list(const SketchSpace& space, const InvertedLists::List& list, uint8_t* out) {
  const Sizes sizes(space);
  SketchMaker maker(space);
  const size_t groups = list.size() / kGroupRows;
  const float* rows[kGroupRows];
  const auto find = [&](size_t first, size_t count) {
    for (size_t r = 0; r < count; ++r) rows[r] = row_of(list, first + r);
  };
  for (size_t g = 0; g < groups; ++g) {
    find(g * kGroupRows, kGroupRows);
    maker.make(rows, out, groups, g);
  }
  const size_t rest = InvertedLists::rest_rows(list.size());
  if (rest == 0) return;
  find(groups * kGroupRows, rest);
  maker.make_high(rows, rest, out + groups * sizes.group);
}

// Lists one behind the other, the sketches of several at a time made by all threads.
class ListsWriter {
 public:
  ListsWriter(Writer& writer, const SketchSpace& space, const SketchRecord& record)
      : cancel_(writer.cancel()), space_(space), sizes_(space), record_(writer, record, space) {}

  void add(InvertedLists::List list) {
    ends_.push_back(sizes_.of(list.size()) + (ends_.empty() ? 0 : ends_.back()));
    lists_.push_back(std::move(list));
    if (ends_.back() >= kBytesAtOnce) flush();
  }
  void finish() {
    flush();
    record_.finish();
  }

 private:
  // Enough for all threads to have something to do.
  static constexpr size_t kBytesAtOnce = size_t{8} << 20;

  void flush() {
    if (lists_.empty()) return;
    poll(cancel_);
    AlignedArray<uint8_t> bytes(ends_.back());
    ThreadPool::instance().parallel_for(lists_.size(), cancel_, [&](size_t i) {
      make_list(space_, lists_[i], bytes.data() + (i == 0 ? 0 : ends_[i - 1]));
    });
    record_.bytes(bytes.data(), ends_.back());
    lists_.clear();
    ends_.clear();
  }

  const Cancel* cancel_;
  const SketchSpace& space_;
  Sizes sizes_;
  SketchRecordWriter record_;
  std::vector<InvertedLists::List> lists_;
  std::vector<size_t> ends_;  // of the sketches of each
};

// In the midst of rows from all lists, some of each.
void choose_centre(SketchSpace* space, const Moment& moment) {
  std::vector<float> rows;
  const size_t d = space->dimension();
  const size_t every = std::max<size_t>(1, moment.ntotal() / SketchSpace::kSampleRows);
  size_t next = 0;  // row, counted through all lists
  size_t begin = 0;
  for (size_t l = 0; l < moment.nlist(); begin += moment.list_size(l++)) {
    if (next >= begin + moment.list_size(l)) continue;
    const InvertedLists::List list = moment.list(l);
    for (; next < begin + list.size(); next += every) {
      const float* const row = row_of(list, next - begin);
      rows.insert(rows.end(), row, row + d);
    }
  }
  space->choose_centre(sketch_sample(rows.size() / d, [&](size_t i) { return rows.data() + i * d; }));
}

}  // namespace

void write_list_sketch_trailer(Writer& writer, const IndexIVFFlat& ivf, const Moment& moment) {
  const std::unique_ptr<SketchSpace> space = IndexIVFFlat::sketch_space(ivf.d(), ivf.metric());
  if (space == nullptr || moment.ntotal() == 0) return;
  choose_centre(space.get(), moment);
  const Sizes sizes(*space);
  SketchRecord record{kContent, 0, 0};
  for (size_t l = 0; l < moment.nlist(); ++l) {
    record.n += moment.list_size(l) / kGroupRows;
    record.sketch_bytes += sizes.of(moment.list_size(l));
  }
  ListsWriter lists(writer, *space, record);
  for (size_t l = 0; l < moment.nlist(); ++l) {
    if (moment.list_size(l) > 0) lists.add(moment.list(l));
  }
  lists.finish();
}

void read_list_sketch_trailer(Reader& reader, IndexIVFFlat* ivf) {
  if (!record_follows(reader, kContent)) return;
  std::unique_ptr<SketchSpace> space = IndexIVFFlat::sketch_space(ivf->d(), ivf->metric());
  if (space == nullptr || ivf->lists().adopted_bytes() == 0) reader.corrupt("no sketches of such an index", "some");
  const Sizes sizes(*space);
  SketchRecord expected{kContent, 0, 0};
  for (const size_t n : ivf->list_sizes()) {
    expected.n += n / kGroupRows;
    expected.sketch_bytes += sizes.of(n);
  }
  SketchRecordReader record(reader, expected, ivf->d());
  space->set_centre(record.centre());
  const auto next = [&](size_t n, size_t bytes) {
    uint8_t* const at = record.next(n, bytes);
    return InvertedLists::Elsewhere{at, reader.spare(), reader.mapping()};
  };
  ivf->adopt_sketches(std::move(space), [&](size_t n) {
    const auto groups = next(n / kGroupRows, sizes.group);
    return IndexIVF::Sketched{groups, next(InvertedLists::rest_rows(n) > 0 ? 1 : 0, sizes.rest)};
  });
  record.finish();
}

}  // namespace voronode
