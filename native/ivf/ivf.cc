#include "ivf/ivf.h"

#include <algorithm>
#include <numeric>
#include <span>
#include <unordered_map>
#include <unordered_set>

#include "base/poll.h"
#include "ivf/ivf_search.h"

namespace voronode {

IndexIVF::IndexIVF(const CoarseQuantizer& quantizer, Metric metric, std::unique_ptr<RowCodec> codec,
                   std::unique_ptr<SketchSpace> space)
    : Index(quantizer.index()->d(), metric, *quantizer.index(), SameRows::kNo),
      coarse_(quantizer),
      quantizer_(coarse_.index()),
      trained_(coarse_.count() == coarse_.nlist()),
      quantizer_given_(trained_),
      codec_(std::move(codec)),
      lists_(std::make_unique<InvertedLists>(coarse_.nlist(), codec_->code_size(),
                                             ListSketches::group_bytes(space.get()),
                                             ListSketches::rest_bytes(space.get()))),
      sketches_(*lists_, std::move(space)) {
  quantizer_.commit();
}

void IndexIVF::set_nprobe(size_t nprobe) {
  if (nprobe == 0) {
    throw Error(Code::kOutOfRange, "The value of \"nprobe\" is out of range. It must be an integer >= 1. Received 0");
  }
  nprobe_.store(nprobe, std::memory_order_relaxed);
}

// ---- Training ----

ClusteringParams IndexIVF::default_clustering() const noexcept {
  ClusteringParams params;
  params.niter = 10;
  params.spherical = metric() == Metric::kInnerProduct;
  return params;
}

Clustering IndexIVF::learn(size_t n, const float* x, const ClusteringParams& params, const Cancel* cancel,
                           const ClusteringProgress& progress) {
  if (quantizer_given_ && !codec_->learns()) {
    set_quantizer_trained(true);
    return {};
  }
  if (ntotal() != 0) {
    throw Error(Code::kUnsupported, format("This %s holds %zu vectors in lists of its training: call reset() before "
                                           "training it anew",
                                           kind(), ntotal()));
  }
  if (quantizer_given_) {
    learn_code_alone(n, x, cancel);
    return {};
  }
  if (coarse_.mapped()) {
    throw Error(Code::kUnsupported, format("Ids say which lists the %zu centroids of this %s are of: it cannot be "
                                           "trained anew. Make another index",
                                           coarse_.count(), kind()));
  }
  if (n < nlist()) {
    throw Error(Code::kInvalidArgValue,
                format("Training needs at least as many vectors as lists. Received %zu vectors for %zu lists (nlist); "
                       "train with more (%zu or more are advised), or make an index with fewer lists",
                       n, nlist(), checked_mul(nlist(), params.min_points_per_centroid)));
  }
  Clustering found = kmeans(n, d(), x, nlist(), params, cancel, progress);
  std::vector<float> code = codec_->learn(n, x, {nlist(), coarse_.metric(), found.centroids.data()}, cancel);
  // The old centroids go only when the new ones are there.
  std::vector<size_t> old(quantizer_->ntotal());
  std::iota(old.begin(), old.end(), size_t{0});
  quantizer_->add(nlist(), found.centroids.data(), cancel);
  quantizer_->remove_rows(old);
  codec_->set_learned(std::move(code));
  set_quantizer_trained(true);
  return found;
}

void IndexIVF::learn_code_alone(size_t n, const float* x, const Cancel* cancel) {
  if (n == 0) throw Error(Code::kInvalidArgValue, "Training needs at least one vector. Received none");
  const std::vector<float> centroids = coarse_.centroids();
  codec_->set_learned(codec_->learn(n, x, {coarse_.count(), coarse_.metric(), centroids.data()}, cancel));
  set_quantizer_trained(true);
}

// ---- Lookups ----

bool IndexIVF::look_up_at(const RowNumbers::View& rows, idx_t id, float* x) const {
  return numbers().counted() ? Index::look_up_at(rows, id, x) : look_up_own(id, x);
}

namespace {

// The rows of these lists that bear one of the ids; of a row that several bear, one.
std::unordered_map<idx_t, DirectMap::Place> places_of(const std::vector<InvertedLists::List>& lists,
                                                      std::span<const idx_t> ids, const Cancel* cancel) {
  const std::unordered_set<idx_t> wanted(ids.begin(), ids.end());
  std::unordered_map<idx_t, DirectMap::Place> places;
  constexpr size_t kRowsAPoll = size_t{1} << 14;
  for (size_t l = 0; l < lists.size(); ++l) {
    for (size_t p = 0; p < lists[l].piece_count(); ++p) {
      const auto piece = lists[l].piece(p);
      for (size_t i = 0; i < piece.rows; ++i) {
        if (i % kRowsAPoll == 0) poll(cancel);
        if (wanted.count(piece.ids[i]) > 0) places.insert_or_assign(piece.ids[i], DirectMap::Place{l, piece.begin + i});
      }
    }
  }
  return places;
}

}  // namespace

// One by one, as the direct map has them, if no row went meanwhile; else from a view of all lists.
size_t IndexIVF::look_up_all(size_t n, const idx_t* ids, float* x, const Cancel* cancel) const {
  if (numbers().counted() || n < 2) return Index::look_up_all(n, ids, x, cancel);
  const size_t changes = lists_->changes();
  const size_t found = Index::look_up_all(n, ids, x, cancel);
  if (lists_->changes() == changes) return found;
  const auto lists = lists_->view();
  const auto places = places_of(lists, {ids, n}, cancel);
  for (size_t i = 0; i < n; ++i) {
    poll(cancel);
    const auto place = ids[i] == InvertedLists::kNoRow ? places.end() : places.find(ids[i]);
    if (place == places.end()) return i;
    copy_row({place->second, lists[place->second.list]}, ids[i], x + i * d());
  }
  return n;
}

bool IndexIVF::look_up_own(idx_t id, float* x) const {
  const auto found = direct_map_.find(*lists_, id);
  if (found && x != nullptr) copy_row(*found, id, x);
  return found.has_value();
}

void IndexIVF::copy_row(const DirectMap::Found& found, idx_t id, float* x) const {
  const auto& [place, list] = found;
  if (codec_->by_residual() && !coarse_.has(place.list)) {
    throw Error(Code::kUnsupported,
                format("The vector with the id %lld cannot be reconstructed: its code is relative to the centroid of "
                       "list %zu, which this %s does not have",
                       static_cast<long long>(id), place.list, kind()));
  }
  const float* const row = rows_of(place.list, list.code(place.row), 1, x);
  if (row != x) std::copy_n(row, d(), x);
}

std::vector<idx_t> IndexIVF::row_ids() const {
  if (numbers().counted()) return Index::row_ids();
  const auto lists = lists_->view();
  std::vector<idx_t> out;
  out.reserve(ntotal());
  for (const auto& list : lists) {
    for (size_t i = 0; i < list.size(); ++i) {
      if (list.id(i) != InvertedLists::kNoRow) out.push_back(list.id(i));
    }
  }
  std::sort(out.begin(), out.end());
  return out;
}

SearchParameters IndexIVF::own_search_parameters() const noexcept {
  static constexpr const SearchParameter* kOwn[] = {&kNprobe};
  return kOwn;
}

void IndexIVF::search(size_t nq, const float* xq, size_t k, const SearchParams& params, float* distances,
                      idx_t* labels) const {
  require_trained();
  ivf_search(source(params), nq, xq, k, params, distances, labels);
}

void IndexIVF::range_search(size_t nq, const float* xq, float radius, const SearchParams& params,
                            RangeResult* result) const {
  require_trained();
  ivf_range_search(source(params), nq, xq, radius, params, result);
}

// Of the lists, taken for equally long.
double IndexIVF::search_work(size_t nq, const SearchParams& params) const noexcept {
  const double lists = static_cast<double>(nlist());
  const double visited = std::min(lists, params.get(kNprobe, static_cast<double>(nprobe())));
  const double rows = lists + static_cast<double>(ntotal()) * visited / lists;
  return static_cast<double>(nq) * rows * static_cast<double>(d());
}

double IndexIVF::add_work(size_t n) const noexcept {
  return static_cast<double>(n) * static_cast<double>(nlist()) * static_cast<double>(d());
}

ListSource IndexIVF::source(const SearchParams& params) const {
  // As doubles: what is beyond nlist may be beyond size_t.
  const double wanted = params.get(kNprobe, static_cast<double>(nprobe()));
  const size_t most = std::min(nlist(), coarse_.count());
  const auto visited = static_cast<size_t>(std::min(static_cast<double>(most), wanted));
  ListSource source{metric(), d(), coarse_, *lists_, direct_map_, *codec_, sketches_.space(), visited};
  if (codec_->by_residual()) source.centroids.emplace(coarse_.view());
  if (numbers().counted()) source.numbers.emplace(searched_rows(params));
  return source;
}

// ---- Facts ----

const float* IndexIVF::centroid(size_t list) const noexcept {
  if (!codec_->by_residual()) return nullptr;
  return coarse_.view().row(coarse_.row_of(list));
}

size_t IndexIVF::list_size(size_t list) const {
  if (list < nlist()) return lists_->list_size(list);
  throw Error(Code::kOutOfRange, format("The value of \"list\" is out of range. It must be >= 0 and < %zu (nlist). "
                                        "Received %zu",
                                        nlist(), list));
}

double IndexIVF::imbalance() const {
  double total = 0;
  double squares = 0;
  for (size_t size : lists_->list_sizes()) {
    total += static_cast<double>(size);
    squares += static_cast<double>(size) * static_cast<double>(size);
  }
  return total == 0 ? 1 : static_cast<double>(nlist()) * squares / (total * total);
}

bool IndexIVF::numbered_by_position() const {
  const auto lists = lists_->view();
  size_t n = 0;
  for (const auto& list : lists) n += list.size() - list.removed();
  std::vector<bool> seen(n);
  for (const auto& list : lists) {
    for (size_t i = 0; i < list.size(); ++i) {
      if (list.id(i) == InvertedLists::kNoRow) continue;
      const uint64_t id = static_cast<uint64_t>(list.id(i));
      if (id >= n || seen[id]) return false;
      seen[id] = true;
    }
  }
  return true;
}

}  // namespace voronode
