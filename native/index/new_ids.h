// The caller's ids of vectors that come into an index.
#pragma once

#include "index/index.h"

namespace voronode {

// kOutOfRange if one of them is -1.
void check_new_ids(size_t n, const idx_t* ids);

// Of vectors with one id the last one, in their order.
class LastRows {
 public:
  LastRows(const Index::Rows& rows, size_t d);
  LastRows(const LastRows&) = delete;
  LastRows& operator=(const LastRows&) = delete;
  const Index::Rows& get() const noexcept { return rows_; }

 private:
  Index::Rows rows_;
  std::vector<float> x_;  // if some were left out
  std::vector<idx_t> ids_;
};

// How many different ids of `rows` are in `there`, which has those of them that rows of the index bear, with repeats.
// kOutOfRange if some are missing that must not be.
size_t count_known(const Index::Rows& rows, std::vector<idx_t> there, Index::Missing missing);

}  // namespace voronode
