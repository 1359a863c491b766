// What changes the lists of an IndexIVF: adding, merging, emptying. What takes rows out: ivf_remove.cc.
#include <algorithm>
#include <limits>

#include "base/poll.h"
#include "base/thread_pool.h"
#include "clustering/grouping.h"
#include "index/merging.h"
#include "index/new_ids.h"
#include "ivf/ivf.h"
#include "ivf/ivf_places.h"

namespace voronode {
namespace {

constexpr idx_t kMaxId = std::numeric_limits<idx_t>::max();
}  // namespace

// ---- Adding ----

void IndexIVF::add(size_t n, const float* x, const Cancel* cancel) {
  require_trained();
  const idx_t largest = largest_id();
  if (n > static_cast<uint64_t>(kMaxId) - static_cast<uint64_t>(largest)) {  // unsigned: it may be -1
    throw Error(Code::kUnsupported, format("The ids behind the largest one, %lld, do not suffice for %zu vectors: use "
                                           "addWithIds(vectors, ids)",
                                           static_cast<long long>(largest), n));
  }
  add_rows({n, x, nullptr}, {}, cancel);
}

void IndexIVF::add_with_ids(size_t n, const float* x, const idx_t* ids, const Cancel* cancel) {
  require_trained();
  check_new_ids(n, ids);
  add_rows({n, x, ids}, {}, cancel);
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

void IndexIVF::add_rows(const Rows& rows, const Places& old, const Cancel* cancel) {
  check(cancel);
  const auto [n, x, ids] = rows;
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
  for_each_list(old, [&](size_t list, const std::vector<uint32_t>& gone) { addition.remove(list, gone); });
  settle_centre(n, [&, x = x](size_t i) { return x + i * d(); });
  ThreadPool::instance().parallel_for(order.parts.size(), cancel, [&, x = x, ids = ids](size_t part) {
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
  const idx_t largest = ids == nullptr ? max_id_ + static_cast<idx_t>(n) : *std::max_element(ids, ids + n);
  if (largest >= max_id_) max_id_gone_ = false;
  max_id_ = std::max(max_id_, largest);
  if (ids != nullptr) no_array_map();
  if (numbers().counted()) numbers().appended(n);
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

void IndexIVF::adopt_lists(const std::vector<Part>& parts, const FindCodes& codes, const FillIds& fill) {
  for (const Part& part : parts) {
    idx_t* const ids = lists_->adopt(part, codes(part));
    fill(part, ids);
    max_id_ = std::max(max_id_, *std::max_element(ids, ids + part.count));
  }
}

void IndexIVF::adopt_sketches(std::unique_ptr<SketchSpace> space, const FindSketches& find) {
  sketches_.adopt(std::move(space));
  for (size_t l = 0; l < nlist(); ++l) {
    const size_t n = lists_->list_size(l);
    if (n == 0) continue;
    const Sketched found = find(n);
    lists_->adopt_groups(l, found.groups, found.rest);
  }
}

void IndexIVF::settle_centre(size_t n, const std::function<const float*(size_t)>& row_at) {
  sketches_.settle_centre(n, row_at, [this] { return coarse_.centroids(); });
}

// ---- Emptying ----

void IndexIVF::reset() noexcept {
  lists_->clear();
  sketches_.forget_centre();
  direct_map_.forget();
  max_id_ = InvertedLists::kNoRow;
  max_id_gone_ = false;
  numbers().restart(0);
}

// ---- Merging ----

void IndexIVF::merge_rows(Index& other, idx_t add_id, const Cancel* cancel) {
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
  const size_t added = from.ntotal();
  other.reset();
  rows_changed();
  if (numbers().counted()) numbers().appended(added);
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
