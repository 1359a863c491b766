// What changes the lists of an IndexIVF: adding, removing, merging.
#include <algorithm>
#include <limits>

#include "base/poll.h"
#include "base/thread_pool.h"
#include "clustering/grouping.h"
#include "index/ivf.h"
#include "index/merging.h"

namespace voronode {
namespace {

constexpr idx_t kNone = -1;
constexpr idx_t kMaxId = std::numeric_limits<idx_t>::max();
// Ids looked through between two looks at the cancel flag.
constexpr size_t kIdsAPoll = size_t{1} << 16;

void check_id(idx_t id, size_t i) {
  if (id != kNone) return;
  throw Error(Code::kOutOfRange, format("The value of \"ids[%zu]\" is out of range. It must not be -1, which marks "
                                        "missing neighbours in results. Received -1",
                                        i));
}

}  // namespace

// ---- Adding ----

void IndexIVF::add(size_t n, const float* x, const Cancel* cancel) {
  require_trained();
  if (n > static_cast<uint64_t>(kMaxId) - static_cast<uint64_t>(max_id_)) {  // unsigned: max_id_ may be -1
    throw Error(Code::kUnsupported, format("The ids behind the largest one, %lld, do not suffice for %zu vectors: use "
                                           "addWithIds(vectors, ids)",
                                           static_cast<long long>(max_id_), n));
  }
  add_rows(n, x, nullptr, cancel);
}

void IndexIVF::add_with_ids(size_t n, const float* x, const idx_t* ids, const Cancel* cancel) {
  require_trained();
  for (size_t i = 0; i < n; ++i) check_id(ids[i], i);
  add_rows(n, x, ids, cancel);
}

namespace {

// Vectors in the order of the lists they go to, and which lists get how many.
struct Order {
  std::vector<size_t> vectors;
  std::vector<size_t> begins;  // of each part, and the end
  std::vector<InvertedLists::Addition::Part> parts;

  Order(const std::vector<uint32_t>& lists, size_t nlist) : vectors(order_by(lists, nlist)) {
    for (size_t i = 0; i < vectors.size(); ++i) {
      if (i == 0 || lists[vectors[i]] != parts.back().list) {
        begins.push_back(i);
        parts.push_back({lists[vectors[i]], 0});
      }
      ++parts.back().count;
    }
    begins.push_back(vectors.size());
  }
};

}  // namespace

void IndexIVF::add_rows(size_t n, const float* x, const idx_t* ids, const Cancel* cancel) {
  check(cancel);
  if (n == 0) return;
  std::vector<uint32_t> lists(n);
  if (coarse_.count() == 0) {
    throw Error(Code::kNotTrained,
                format("This %s has no centroids: call train(vectors) with a sample of the vectors first", kind()));
  }
  coarse_.assign(n, x, lists.data(), cancel);
  codec_->check_encodable(n, x, [&](size_t i) { return centroid(lists[i]); });
  const Order order(lists, nlist());
  InvertedLists::Addition addition(*lists_, order.parts);
  settle_centre(n, [&](size_t i) { return x + i * d(); });
  ThreadPool::instance().parallel_for(order.parts.size(), cancel, [&](size_t part) {
    const float* const centre = centroid(order.parts[part].list);
    for (size_t i = 0; i < order.parts[part].count;) {
      poll(cancel);
      const auto room = addition.room(part, i);
      for (size_t r = 0; r < room.rows; ++r, ++i) {
        const size_t from = order.vectors[order.begins[part] + i];
        codec_->encode(x + from * d(), centre, room.codes + r * lists_->code_size());
        room.ids[r] = ids != nullptr ? ids[from] : max_id_ + 1 + static_cast<idx_t>(from);
      }
    }
    sketches_.make(addition, part);
  });
  addition.publish();
  sketches_.tidy(order.parts);
  max_id_ = ids == nullptr ? max_id_ + static_cast<idx_t>(n) : std::max(max_id_, *std::max_element(ids, ids + n));
  if (ids != nullptr) no_array_map();
}

void IndexIVF::restore_lists(const std::vector<Part>& parts, const Fill& fill, const Cancel* cancel) {
  check(cancel);
  if (parts.empty()) return;
  InvertedLists::Addition addition(*lists_, parts);
  std::vector<size_t> ends;  // how many rows there are up to the end of each part
  idx_t max_id = max_id_;
  for (size_t p = 0; p < parts.size(); ++p) {
    const auto room = addition.room(p, 0);  // an empty list's first rows lie together
    fill(parts[p], room.codes, room.ids);
    max_id = std::max(max_id, *std::max_element(room.ids, room.ids + parts[p].count));
    ends.push_back(parts[p].count + (p == 0 ? 0 : ends.back()));
  }
  settle_centre(ends.back(), [&](size_t i) {
    const size_t p = static_cast<size_t>(std::upper_bound(ends.begin(), ends.end(), i) - ends.begin());
    return reinterpret_cast<const float*>(addition.code(p, i - (p == 0 ? 0 : ends[p - 1])));
  });
  ThreadPool::instance().parallel_for(parts.size(), cancel, [&](size_t p) { sketches_.make(addition, p); });
  addition.publish();
  max_id_ = max_id;
}

void IndexIVF::settle_centre(size_t n, const std::function<const float*(size_t)>& row_at) {
  sketches_.settle_centre(n, row_at, [this] { return coarse_.centroids(); });
}

// ---- Taking out ----

// The ids or the places of rows are others than before.
void IndexIVF::rows_changed() noexcept {
  direct_map_.forget();
  max_id_ = kNone;
  lists_->for_each_id([this](idx_t id) { max_id_ = std::max(max_id_, id); });
  no_array_map();
}

void IndexIVF::no_array_map() noexcept {
  if (direct_map_type() == DirectMapType::kArray) set_direct_map_type(DirectMapType::kNone);
}

size_t IndexIVF::remove_ids(const IDSelector& selector, const Cancel* cancel) {
  const auto lists = lists_->view();
  std::vector<std::vector<uint32_t>> rows(nlist());
  ThreadPool::instance().parallel_for(nlist(), cancel, [&](size_t l) {
    for (size_t i = 0; i < lists[l].size(); ++i) {
      if (i % kIdsAPoll == 0) poll(cancel);
      if (selector.is_member(lists[l].id(i))) rows[l].push_back(static_cast<uint32_t>(i));
    }
  });
  const size_t before = ntotal();
  for (size_t l = 0; l < nlist(); ++l) lists_->remove(l, rows[l]);
  if (ntotal() == before) return 0;
  for (size_t l = 0; l < nlist(); ++l) sketches_.remake(l);
  rows_changed();
  return before - ntotal();
}

void IndexIVF::remove_rows(const std::vector<size_t>& rows) noexcept {
  if (rows.empty()) return;
  const auto below = [&](idx_t id) { return std::lower_bound(rows.begin(), rows.end(), static_cast<size_t>(id)); };
  for (size_t l = 0; l < nlist(); ++l) {
    lists_->remove_if(l, [&](idx_t id) {
      const auto at = below(id);
      return at != rows.end() && *at == static_cast<size_t>(id);
    });
  }
  lists_->for_each_id([&](idx_t& id) { id -= below(id) - rows.begin(); });
  for (size_t l = 0; l < nlist(); ++l) sketches_.remake(l);
  rows_changed();
}

void IndexIVF::reset() noexcept {
  lists_->clear();
  sketches_.forget_centre();
  direct_map_.forget();
  max_id_ = kNone;
}

// ---- Merging ----

void IndexIVF::merge_from(Index& other, idx_t add_id, const Cancel* cancel) {
  check_mergeable(other);
  const auto& from = dynamic_cast<const IndexIVF&>(other);
  const auto theirs = from.lists_->view();
  std::vector<InvertedLists::Addition::Part> parts;
  for (size_t l = 0; l < nlist(); ++l) {
    if (theirs[l].size() > 0) parts.push_back({l, theirs[l].size()});
  }
  InvertedLists::Addition addition(*lists_, parts);
  settle_centre(0, nullptr);
  ThreadPool::instance().parallel_for(parts.size(), cancel, [&](size_t part) {
    const InvertedLists::List& list = theirs[parts[part].list];
    for (size_t i = 0; i < parts[part].count;) {
      const auto room = addition.room(part, i);
      for (size_t r = 0; r < room.rows; ++r, ++i) {
        std::copy_n(list.code(i), lists_->code_size(), room.codes + r * lists_->code_size());
        room.ids[r] = moved_id(list.id(i), add_id);
      }
    }
    sketches_.make(addition, part);
  });
  addition.publish();
  sketches_.tidy(parts);
  other.reset();
  rows_changed();
}

void IndexIVF::check_mergeable(const Index& other) const {
  Index::check_mergeable(other);
  const auto& ivf = dynamic_cast<const IndexIVF&>(other);
  if (nlist() != ivf.nlist()) {
    throw Error(Code::kUnsupported,
                format("Only an index of the same nlist can be merged into this %s of nlist %zu. Received nlist %zu",
                       kind(), nlist(), ivf.nlist()));
  }
  require_trained();
  ivf.require_trained();
  if (!codec_->same_as(*ivf.codec_)) {
    throw Error(Code::kUnsupported,
                "Only an index whose codes mean the same can be merged: make both of one trained one");
  }
  if (!coarse_.same_as(ivf.coarse_)) {
    throw Error(
        Code::kUnsupported,
        "Only an index with the same centroids can be merged: train one, and give both its quantizer's centroids");
  }
}

}  // namespace voronode
