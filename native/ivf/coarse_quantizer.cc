#include "ivf/coarse_quantizer.h"

#include <algorithm>
#include <numeric>

#include "base/checked.h"
#include "clustering/assigner.h"
#include "index/id_map.h"

namespace voronode {
namespace {

// From so many vectors on, copying the centroids for the Assigner costs less than it saves.
constexpr size_t kManyVectors = 64;

size_t checked_nlist(size_t nlist) {
  if (nlist >= 1 && nlist <= kMaxLists) return nlist;
  throw Error(Code::kOutOfRange,
              format("The value of \"nlist\" is out of range. It must be an integer >= 1 and <= %zu. Received %zu",
                     kMaxLists, nlist));
}

const IndexFlat* checked_flat(const Index& index, size_t nlist) {
  const auto* flat = dynamic_cast<const IndexFlat*>(&index);
  if (flat == nullptr) {
    throw Error(Code::kUnsupported,
                format("The quantizer of an IVF index must be an IndexFlat. Received %s", index.kind()));
  }
  if (flat->ntotal() != 0 && flat->ntotal() != nlist) {
    throw Error(Code::kUnsupported,
                format("The quantizer must be empty, for train() to fill it, or hold one centroid for each of the %zu "
                       "lists (nlist). It holds %zu vectors",
                       nlist, flat->ntotal()));
  }
  return flat;
}

}  // namespace

CoarseQuantizer::CoarseQuantizer(const std::shared_ptr<Index>& index, size_t nlist)
    : CoarseQuantizer(index, checked_flat(*index, checked_nlist(nlist)), nlist) {}

CoarseQuantizer::CoarseQuantizer(std::shared_ptr<Index> index, const IndexFlat* flat, size_t nlist)
    : index_(std::move(index)), flat_(flat), nlist_(nlist) {}

CoarseQuantizer CoarseQuantizer::restored(const std::shared_ptr<Index>& index, size_t nlist) {
  const auto* map = dynamic_cast<const IndexIDMap*>(index.get());
  const Index& inner = map != nullptr ? *map->inner() : *index;
  CoarseQuantizer made(index, &dynamic_cast<const IndexFlat&>(inner), nlist);
  if (map == nullptr) return made;
  made.mapped_ = true;
  made.lists_ = map->row_ids();
  made.rows_.resize(nlist, kNone);
  for (size_t row = 0; row < made.lists_.size(); ++row) {
    const auto list = static_cast<uint64_t>(made.lists_[row]);
    if (list >= nlist) {
      made.exceeds_ = true;
    } else {
      made.rows_[list] = static_cast<uint32_t>(row);
    }
  }
  return made;
}

size_t CoarseQuantizer::allocated_bytes() const noexcept {
  return index_->allocated_bytes() + lists_.capacity() * sizeof(idx_t) + rows_.capacity() * sizeof(uint32_t);
}

uint32_t CoarseQuantizer::checked(idx_t list) const {
  if (static_cast<uint64_t>(list) < nlist_) return static_cast<uint32_t>(list);
  throw Error(Code::kUnsupported,
              format("There is no list %lld, whose centroid is among the nearest: there are %zu lists (nlist), and the "
                     "quantizer holds %zu centroids",
                     static_cast<long long>(list), nlist_, count()));
}

std::vector<idx_t> CoarseQuantizer::nearest(size_t nq, const float* x, size_t n, const Cancel* cancel) const {
  const size_t pairs = checked_mul(nq, n);
  std::vector<idx_t> found(pairs);
  if (n == 0) return found;
  std::vector<float> distances(pairs);
  SearchParams params;
  params.cancel = cancel;
  flat_->search(nq, x, n, params, distances.data(), found.data());
  if (!mapped_ && !exceeds()) return found;
  for (idx_t& one : found) one = checked(mapped_ ? lists_[static_cast<size_t>(one)] : one);
  return found;
}

void CoarseQuantizer::assign(size_t n, const float* x, uint32_t* lists, const Cancel* cancel) const {
  if (n < kManyVectors) {
    const std::vector<idx_t> found = nearest(n, x, 1, cancel);
    for (size_t i = 0; i < n; ++i) lists[i] = static_cast<uint32_t>(found[i]);
    return;
  }
  const std::vector<float> rows = centroids();
  Assigner(count(), flat_->d(), metric(), rows.data()).assign(n, x, lists, nullptr, cancel);
  if (!mapped_ && !exceeds()) return;
  for (size_t i = 0; i < n; ++i) lists[i] = checked(mapped_ ? lists_[lists[i]] : static_cast<idx_t>(lists[i]));
}

std::vector<float> CoarseQuantizer::centroids() const {
  const auto rows = view();
  std::vector<float> out;
  out.reserve(rows.size() * rows.width());
  for (size_t b = 0; b < rows.block_count(); ++b) {
    const auto block = rows.block(b);
    out.insert(out.end(), block.data, block.data + block.rows * rows.width());
  }
  return out;
}

std::vector<idx_t> CoarseQuantizer::lists() const {
  if (mapped_) return lists_;
  std::vector<idx_t> out(count());
  std::iota(out.begin(), out.end(), idx_t{0});
  return out;
}

bool CoarseQuantizer::same_as(const CoarseQuantizer& other) const {
  return lists() == other.lists() && centroids() == other.centroids();
}

}  // namespace voronode
