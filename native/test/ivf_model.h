// An inverted file from the definitions alone: lists as vectors, every centroid and every row of a visited list looked
// at with the distance of reference.h, a full sort.
#pragma once

#include <algorithm>
#include <vector>

#include "io/format.h"
#include "ivf/ivf.h"
#include "test/reference.h"

namespace voronode::test {

struct IvfModel {
  Metric metric = Metric::kL2;
  size_t d = 1;
  std::vector<float> centroids;
  struct Row {
    idx_t id;
    std::vector<float> x;
  };
  std::vector<std::vector<Row>> lists = std::vector<std::vector<Row>>(centroids.size() / d);

  size_t nlist() const { return lists.size(); }
  size_t size() const {
    size_t n = 0;
    for (const auto& list : lists) n += list.size();
    return n;
  }

  // The nprobe nearest lists, nearest first.
  std::vector<size_t> nearest_lists(const float* x, size_t nprobe) const {
    std::vector<Found> all;
    for (size_t l = 0; l < nlist(); ++l) {
      all.push_back({reference_key(metric, x, centroids.data() + l * d, d), static_cast<idx_t>(l)});
    }
    std::sort(all.begin(), all.end(), before);
    std::vector<size_t> out;
    for (size_t i = 0; i < std::min(nprobe, nlist()); ++i) out.push_back(static_cast<size_t>(all[i].label));
    return out;
  }

  void add(size_t n, const float* x, const idx_t* ids) {
    for (size_t i = 0; i < n; ++i) {
      const float* const row = x + i * d;
      lists[nearest_lists(row, 1)[0]].push_back({ids[i], std::vector<float>(row, row + d)});
    }
  }

  // A plain add goes on behind it.
  idx_t max_id() const {
    idx_t max = -1;
    for (const auto& list : lists) {
      for (const Row& row : list) max = std::max(max, row.id);
    }
    return max;
  }

  size_t remove(const IDSelector& selector) {
    const size_t before = size();
    for (auto& list : lists) {
      for (size_t i = 0; i < list.size();) {
        if (!selector.is_member(list[i].id)) {
          ++i;
        } else {
          std::swap(list[i], list.back());
          list.pop_back();
        }
      }
    }
    return before - size();
  }

  std::vector<std::vector<float>> vectors_of(idx_t id) const {
    std::vector<std::vector<float>> found;
    for (const auto& list : lists) {
      for (const auto& row : list) {
        if (row.id == id) found.push_back(row.x);
      }
    }
    return found;
  }

  void clear() {
    for (auto& list : lists) list.clear();
  }

  // The rows that a search looks at.
  Rows visited(const float* x, size_t nprobe) const {
    Rows rows{metric, d};
    for (size_t l : nearest_lists(x, nprobe)) {
      for (const Row& row : lists[l]) {
        rows.x.insert(rows.x.end(), row.x.begin(), row.x.end());
        rows.ids.push_back(row.id);
      }
    }
    return rows;
  }

  Answer search(size_t nq, const float* xq, size_t k, size_t nprobe, const IDSelector* filter = nullptr) const {
    Answer out;
    for (size_t q = 0; q < nq; ++q) {
      const Rows rows = visited(xq + q * d, nprobe);
      rows.append_row(rows.ranking(xq + q * d, filter), k, &out);
    }
    return out;
  }

  RangeResult range_search(size_t nq, const float* xq, float radius, size_t nprobe,
                           const IDSelector* filter = nullptr) const {
    RangeResult out;
    out.lims.push_back(0);
    for (size_t q = 0; q < nq; ++q) {
      const RangeResult one = visited(xq + q * d, nprobe).range_search(1, xq + q * d, radius, filter);
      out.labels.insert(out.labels.end(), one.labels.begin(), one.labels.end());
      out.distances.insert(out.distances.end(), one.distances.begin(), one.distances.end());
      out.lims.push_back(out.labels.size());
    }
    return out;
  }

  // Whether the index holds these rows in these places.
  bool same_lists(const IndexIVF& index) const {
    if (index.ntotal() != size() || index.nlist() != nlist()) return false;
    const Moment moment(index);
    for (size_t l = 0; l < nlist(); ++l) {
      const auto list = moment.list(l);
      if (list.size() != lists[l].size() || index.list_size(l) != list.size()) return false;
      for (size_t i = 0; i < list.size(); ++i) {
        if (list.id(i) != lists[l][i].id) return false;
        std::vector<float> room(d);
        const float* const x = index.rows_of(l, list.code(i), 1, room.data());
        if (!std::equal(x, x + d, lists[l][i].x.begin())) return false;
      }
    }
    return true;
  }
};

// The centroids in the quantizer of a trained index.
inline std::vector<float> centroids_of(const Index& quantizer) {
  std::vector<float> out(quantizer.ntotal() * quantizer.d());
  for (size_t i = 0; i < quantizer.ntotal(); ++i) {
    quantizer.reconstruct(static_cast<idx_t>(i), out.data() + i * quantizer.d());
  }
  return out;
}

inline IvfModel model_of(const IndexIVF& index) {
  return IvfModel{index.metric(), index.d(), centroids_of(*index.quantizer())};
}

}  // namespace voronode::test
