// One pass of some queries over a run of one list's rows.
//
// A Sink decides what a query keeps:
//   float threshold(size_t q)                                   keys above it are not wanted
//   void accept(size_t q, const Candidate* found, size_t n)     candidates, their labels resolved
#pragma once

#include <limits>
#include <memory>
#include <vector>

#include "base/poll.h"
#include "index/labels.h"
#include "ivf/list_source.h"
#include "ivf/named_places.h"
#include "sketch/maker.h"
#include "sketch/scan.h"
#include "storage/topk.h"

namespace voronode {

// A filter that lets fewer than one row in this many pass is asked about every row before any distance is computed;
// others are asked about the rows that would be answered.
inline constexpr size_t kSparseFilter = 8;
inline constexpr size_t kFilterSamples = 64;

// Rows of a list, [begin, end).
struct ListRun {
  size_t number;
  const InvertedLists::List& list;
  size_t begin;
  size_t end;
};

// What a thread needs to scan; kept from task to task.
class ListScratch {
 public:
  explicit ListScratch(size_t d) : scan(d), found(scan.piece_rows) {}

  ScanScratch scan;
  std::vector<float> x;     // queries, gathered
  std::vector<float> rows;  // rows decoded or gathered
  std::vector<idx_t> ids;   // of gathered rows
  std::vector<Candidate> found;
  std::unique_ptr<SketchFilter> filter;
};

// The queries of one pass, gathered: nq × d.
struct ListQueries {
  const float* x;
  size_t nq;
  const uint32_t* numbers;  // in the batch, as the sketches know them
};

// The rows of a list as Looker takes them.
class ListRows {
 public:
  ListRows(const InvertedLists::List& list, size_t d) : list_(list), d_(d) {}
  size_t width() const noexcept { return d_; }
  const float* row(size_t i) const noexcept { return reinterpret_cast<const float*>(list_.code(i)); }

 private:
  const InvertedLists::List& list_;
  size_t d_;
};

// Takes rows of a list one by one, as Looker gives them.
template <class Sink>
struct SinkOfOne {
  const InvertedLists::List& list;
  const Labels& labels;
  Sink& sink;
  float threshold(size_t q) const noexcept { return sink.threshold(q); }
  void accept(size_t q, float key, size_t row) const {
    Candidate candidate{key, 0};
    if (labels.label(list.id(row), &candidate.label)) sink.accept(q, &candidate, 1);
  }
};

// What holds for all scans of a search.
struct ScanRules {
  const Labels& labels;
  const NamedPlaces* named;       // the rows that the filter names; null: it is asked
  const SketchQueries* sketched;  // of the batch; null: lists are compared in float32
  size_t seed_rows;               // compared in float32 before sketches, which dismiss nothing without a threshold
  const Cancel* cancel;
};

class ListScan {
 public:
  ListScan(const ListSource& source, const ScanRules& rules)
      : source_(source),
        labels_(rules.labels),
        named_(rules.named),
        sketched_(rules.sketched),
        seed_rows_(rules.seed_rows),
        cancel_(rules.cancel),
        kernel_(distance_kernel(source.metric)) {}

  template <class Sink>
  void run(const ListRun& run, const ListQueries& queries, ListScratch& scratch, Sink& sink) const {
    if (named_ != nullptr) {
      scan_named(run, queries, scratch, sink);
    } else if (labels_.filtered() && is_sparse(run)) {
      scan_passing(run, queries, scratch, sink);
    } else if (sketched_ != nullptr) {
      scan_sketched(run, queries, scratch, sink);
    } else {
      scan_all(run, queries, scratch, sink);
    }
  }

 private:
  static constexpr size_t kFirstSlab = 4;

  const float* rows_of(const ListRun& run, const uint8_t* codes, size_t n, float* room) const noexcept {
    return source_.codec.rows(codes, source_.centroid(run.number), n, room);
  }

  bool is_sparse(const ListRun& run) const noexcept {
    const size_t n = run.end - run.begin;
    const size_t samples = std::min(n, kFilterSamples);
    size_t passing = 0;
    idx_t label;
    for (size_t i = 0; i < samples; ++i) passing += labels_.label(run.list.id(run.begin + i * n / samples), &label);
    return passing * kSparseFilter < samples;
  }

  // Calls f(codes, ids, rows) for the run in pieces of at most `most` rows.
  template <class F>
  void for_each_piece(const ListRun& run, size_t most, const F& f) const {
    for (size_t p = 0; p < run.list.piece_count(); ++p) {
      const auto piece = run.list.piece(p);
      const size_t end = std::min(run.end, piece.begin + piece.rows);
      for (size_t at = std::max(run.begin, piece.begin); at < end;) {
        const size_t n = std::min(end - at, most);
        poll(cancel_);
        f(piece.codes + (at - piece.begin) * run.list.code_size(), piece.ids + (at - piece.begin), n);
        at += n;
      }
    }
  }

  // One query goes over the codes; several share the rows, decoded once.
  template <class Sink>
  void scan_all(const ListRun& run, const ListQueries& queries, ListScratch& scratch, Sink& sink) const {
    const bool one = queries.nq == 1;
    if (!one && !source_.codec.codes_are_rows()) scratch.rows.resize(scratch.scan.piece_rows * source_.d);
    for_each_piece(run, scratch.scan.piece_rows, [&](const uint8_t* codes, const idx_t* ids, size_t n) {
      if (one) {
        float* const keys = scratch.scan.distances.data();
        source_.codec.keys(queries.x, codes, source_.centroid(run.number), n, keys);
        keep(keys, ids, n, 0, scratch, sink);
      } else {
        compare(rows_of(run, codes, n, scratch.rows.data()), ids, n, queries, scratch, sink);
      }
    });
  }

  // In float32 what comes before there are thresholds, and what has no sketch; the rest by sketches.
  template <class Sink>
  void scan_sketched(const ListRun& run, const ListQueries& queries, ListScratch& scratch, Sink& sink) const {
    size_t at = run.begin;
    bool seeds = false;
    for (size_t q = 0; q < queries.nq; ++q) seeds |= !(sink.threshold(q) < std::numeric_limits<float>::infinity());
    if (seeds) {
      at = std::min(run.end, at + seed_rows_);
      scan_all({run.number, run.list, run.begin, at}, queries, scratch, sink);
    }
    const size_t groups_end = std::min(run.end / kGroupRows, run.list.groups());
    const size_t rest_begin = run.list.groups() * kGroupRows;
    const size_t rest_end = rest_begin + run.list.rest_rows();
    const bool rest = rest_end > rest_begin && at <= rest_begin && run.end >= rest_end;
    if (at < groups_end * kGroupRows || rest) {
      if (!scratch.filter) scratch.filter = std::make_unique<SketchFilter>(*sketched_, steps());
      scratch.filter->start(queries.numbers, queries.nq);
    }
    if (at < groups_end * kGroupRows) {
      scan_groups(run, at / kGroupRows, groups_end, seeds, queries, scratch, sink);
      at = groups_end * kGroupRows;
    }
    if (rest) {
      scan_rest({run.number, run.list, rest_begin, rest_end}, queries, scratch, sink);
      at = rest_end;
    }
    if (at < run.end) scan_all({run.number, run.list, at, run.end}, queries, scratch, sink);
  }

  size_t steps() const noexcept { return source_.space->steps(); }

  template <class Sink>
  void scan_groups(const ListRun& run, size_t begin, size_t end, bool falling, const ListQueries& queries,
                   ListScratch& scratch, Sink& sink) const {
    SketchFilter& filter = *scratch.filter;
    size_t slab = falling ? kFirstSlab : kMaxSlabGroups;  // small while the thresholds still fall fast
    for (size_t p = 0; p < run.list.group_piece_count(); ++p) {
      const auto piece = run.list.group_piece(p);
      const size_t piece_end = std::min(end, piece.begin + piece.groups);
      if (queries.nq == 1) fetch_after(run.list, p);
      for (size_t g = std::max(begin, piece.begin); g < piece_end;) {
        poll(cancel_);
        const size_t groups = std::min({slab, filter.slab_groups(), piece_end - g});
        const SketchPlanes planes = sketch_planes(piece.bytes, piece.capacity, g - piece.begin, steps());
        set_thresholds(filter, queries, sink);
        size_t survivors;
        if (!filter(planes, groups, &survivors)) continue;  // once more, in another way
        look({run.number, run.list, g * kGroupRows, (g + groups) * kGroupRows}, survivors, queries, scratch, sink);
        g += groups;
        slab = std::min(2 * slab, kMaxSlabGroups);
      }
    }
  }

  // What one query reads behind a piece, on its way while the piece is read: 3 to 9 % less time for lists filled in ten
  // calls (128 × 1M, nprobe 16). The hardware goes on from there.
  static void fetch_after(const InvertedLists::List& list, size_t p) noexcept {
#if defined(__GNUC__)
    constexpr size_t kPage = 4096;
    const bool last = p + 1 == list.group_piece_count();
    if (last && list.rest_rows() == 0) return;
    const uint8_t* const next = last ? list.rest() : list.group_piece(p + 1).bytes;
    for (size_t i = 0; i < kPage; i += 64) __builtin_prefetch(next + i);
#else
    (void)list, (void)p;
#endif
  }

  template <class Sink>
  void scan_rest(const ListRun& run, const ListQueries& queries, ListScratch& scratch, Sink& sink) const {
    set_thresholds(*scratch.filter, queries, sink);
    look(run, scratch.filter->rest(run.list.rest(), run.end - run.begin), queries, scratch, sink);
  }

  template <class Sink>
  void set_thresholds(SketchFilter& filter, const ListQueries& queries, const Sink& sink) const {
    for (size_t q = 0; q < queries.nq; ++q) filter.set_threshold(q, sink.threshold(q));
  }

  // What the filter left of a run: row by row, or all if that is too much.
  template <class Sink>
  void look(const ListRun& run, size_t survivors, const ListQueries& queries, ListScratch& scratch, Sink& sink) const {
    if (survivors * kWorthwhile > queries.nq * (run.end - run.begin)) return scan_all(run, queries, scratch, sink);
    SinkOfOne<Sink> one_by_one{run.list, labels_, sink};
    const ListRows rows(run.list, source_.d);
    Looker<ListRows, SinkOfOne<Sink>> looker(rows, source_.metric, one_by_one);
    const size_t groups = (run.end - run.begin + kGroupRows - 1) / kGroupRows;
    for (size_t q = 0; q < queries.nq; ++q) {
      looker.add(scratch.filter->masks(q), groups, run.begin, queries.x + q * source_.d, q);
    }
    looker.flush();
  }

  // Rows of a run that pass the filter, put together so that all queries go over them at once.
  template <class Sink>
  class Gathered {
   public:
    Gathered(const ListScan& scan, const ListRun& run, const ListQueries& queries, ListScratch& scratch, Sink& sink)
        : scan_(scan), run_(run), queries_(queries), scratch_(scratch), sink_(sink) {
      scratch_.rows.resize(scratch_.scan.piece_rows * scan_.source_.d);
      scratch_.ids.resize(scratch_.scan.piece_rows);
    }
    void add(const uint8_t* code, idx_t id) {
      const size_t d = scan_.source_.d;
      float* const room = scratch_.rows.data() + count_ * d;
      const float* const row = scan_.rows_of(run_, code, 1, room);
      if (row != room) std::copy_n(row, d, room);
      scratch_.ids.data()[count_++] = id;
      if (count_ == scratch_.scan.piece_rows) compare();
    }
    void compare() {
      if (count_ == 0) return;
      check(scan_.cancel_);
      scan_.compare(scratch_.rows.data(), scratch_.ids.data(), count_, queries_, scratch_, sink_);
      count_ = 0;
    }

   private:
    const ListScan& scan_;
    const ListRun& run_;
    const ListQueries& queries_;
    ListScratch& scratch_;
    Sink& sink_;
    size_t count_ = 0;
  };

  template <class Sink>
  void scan_passing(const ListRun& run, const ListQueries& queries, ListScratch& scratch, Sink& sink) const {
    Gathered<Sink> gathered(*this, run, queries, scratch, sink);
    for_each_piece(run, scratch.scan.piece_rows, [&](const uint8_t* codes, const idx_t* ids, size_t n) {
      idx_t label;
      for (size_t i = 0; i < n; ++i) {
        if (labels_.label(ids[i], &label)) gathered.add(codes + i * run.list.code_size(), ids[i]);
      }
    });
    gathered.compare();
  }

  // The same where they are known.
  template <class Sink>
  void scan_named(const ListRun& run, const ListQueries& queries, ListScratch& scratch, Sink& sink) const {
    Gathered<Sink> gathered(*this, run, queries, scratch, sink);
    for (const DirectMap::Place& place : named_->in(run.number, run.begin, run.end)) {
      gathered.add(run.list.code(place.row), run.list.id(place.row));
    }
    gathered.compare();
  }

  // n rows, at most piece_rows.
  template <class Sink>
  void compare(const float* rows, const idx_t* ids, size_t n, const ListQueries& queries, ListScratch& scratch,
               Sink& sink) const {
    const size_t d = source_.d;
    const size_t stride = scratch.scan.piece_rows;
    for (size_t first = 0; first < queries.nq; first += kCallQueries) {
      const size_t count = std::min(queries.nq - first, kCallQueries);
      kernel_(queries.x + first * d, count, rows, n, d, scratch.scan.distances.data(), stride);
      for (size_t q = 0; q < count; ++q) {
        keep(scratch.scan.distances.data() + q * stride, ids, n, first + q, scratch, sink);
      }
    }
  }

  // The keys of n rows for query q.
  template <class Sink>
  void keep(const float* keys, const idx_t* ids, size_t n, size_t q, ListScratch& scratch, Sink& sink) const {
    uint32_t* const positions = scratch.scan.positions.data();
    const size_t near = kernels().select_not_above(keys, n, sink.threshold(q), positions);
    size_t found = 0;
    for (size_t i = 0; i < near; ++i) {
      Candidate& candidate = scratch.found[found];
      candidate.key = keys[positions[i]];
      if (labels_.label(ids[positions[i]], &candidate.label)) ++found;
    }
    if (found > 0) sink.accept(q, scratch.found.data(), found);
  }

  const ListSource& source_;
  const Labels& labels_;
  const NamedPlaces* named_;
  const SketchQueries* sketched_;
  size_t seed_rows_;
  const Cancel* cancel_;
  DistanceKernel kernel_;
};

}  // namespace voronode
