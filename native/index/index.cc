#include "index/index.h"

#include <algorithm>
#include <cstring>
#include <numeric>

#include "base/poll.h"
#include "index/merging.h"
#include "index/wrapper.h"
#include "kernels/kernels.h"

namespace voronode {
namespace {

size_t checked_dimension(size_t d) {
  if (d < 1 || d > kMaxDimension) {
    throw Error(Code::kOutOfRange,
                format("The value of \"d\" is out of range. It must be an integer >= 1 and <= %zu. Received %zu",
                       kMaxDimension, d));
  }
  return d;
}

Error no_such_id(const std::string& name, idx_t id, const Index& index) {
  return {Code::kOutOfRange,
          format("The value of \"%s\" is out of range. It must be an id of the index, which holds %zu "
                 "vectors. Received %lld",
                 name.c_str(), index.ntotal(), static_cast<long long>(id))};
}

}  // namespace

double SearchParams::get(const SearchParameter& parameter, double otherwise) const noexcept {
  for (const Choice& choice : choices_) {
    if (choice.parameter == &parameter) return choice.value;
  }
  return otherwise;
}

bool SearchParams::same_choices(const SearchParams& other) const noexcept {
  if (choices_.size() != other.choices_.size()) return false;
  for (const Choice& choice : choices_) {
    const bool same = std::any_of(other.choices_.begin(), other.choices_.end(), [&](const Choice& theirs) {
      return theirs.parameter == choice.parameter && theirs.value == choice.value;
    });
    if (!same) return false;
  }
  return true;
}

void SearchParams::set(const SearchParameter& parameter, double value) {
  for (Choice& choice : choices_) {
    if (choice.parameter != &parameter) continue;
    choice.value = value;
    return;
  }
  choices_.push_back({&parameter, value});
}

Index::Index(size_t d, Metric metric)
    : d_(checked_dimension(d)),
      metric_(metric),
      gate_(std::make_shared<Gate>()),
      numbers_(std::make_shared<RowNumbers>()) {}

Index::Index(size_t d, Metric metric, const Index& inner, SameRows same)
    : d_(checked_dimension(d)),
      metric_(metric),
      gate_(inner.gate_),
      numbers_(same == SameRows::kYes ? inner.numbers_ : std::make_shared<RowNumbers>()),
      backing_(inner.backing_) {}

Owned::Owned(std::shared_ptr<Index> index) : index_(std::move(index)) {
  if (index_->wrapped()) {
    throw Error(Code::kUnsupported,
                format("This %s is wrapped by another index already; make one of its own, or take a copy: "
                       "deserializeIndexSync(serializeIndexSync(index))",
                       index_->kind()));
  }
  index_->compact();
  index_->wrapped_.store(true, std::memory_order_release);
}

void Index::add_with_ids(size_t, const float*, const idx_t*, const Cancel*) { refuse_ids(); }

void Index::refuse_ids() const {
  throw Error(Code::kUnsupported,
              format("%s numbers its vectors itself; wrap it: new IndexIDMap(index).addWithIds(vectors, ids)", kind()));
}

bool Index::look_up_at(const RowNumbers::View& rows, idx_t id, float* x) const {
  if (id < 0 || static_cast<uint64_t>(id) >= rows.size()) return false;
  return look_up_slot(rows.slot(static_cast<size_t>(id)), x);
}

size_t Index::look_up_all(size_t n, const idx_t* ids, float* x, const Cancel* cancel) const {
  const RowNumbers::View rows = numbers_->view();
  for (size_t i = 0; i < n; ++i) {
    poll(cancel);
    if (!look_up_at(rows, ids[i], x + i * d())) return i;
  }
  return n;
}

void Index::reconstruct(idx_t id, float* x) const {
  if (!look_up(id, x)) throw no_such_id("id", id, *this);
}

void Index::reconstruct(size_t n, const idx_t* ids, float* x, const Cancel* cancel) const {
  const size_t found = look_up_all(n, ids, x, cancel);
  if (found < n) throw no_such_id(format("ids[%zu]", found), ids[found], *this);
}

std::vector<idx_t> Index::row_ids() const {
  std::vector<idx_t> ids(ntotal());
  std::iota(ids.begin(), ids.end(), idx_t{0});
  return ids;
}

Clustering Index::learn(size_t, const float*, const ClusteringParams&, const Cancel*, const ClusteringProgress&) {
  return {};
}

void Index::merge_from(Index& other, idx_t add_id, const Cancel* cancel) {
  check_mergeable(other);
  if (other.backing() != nullptr) {
    throw Error(Code::kUnsupported,
                format("The vectors of this %s lie in a file that is mapped: read it without { mmap } "
                       "to merge it into another one",
                       other.kind()));
  }
  compact();
  other.compact();
  merge_rows(other, add_id, cancel);
}

void Index::merge_rows(Index&, idx_t, const Cancel*) {
  throw Error(Code::kUnsupported, format("An %s cannot be merged", kind()));
}

// ---- Removing ----

size_t Index::remove_ids(const IDSelector& selector, const Cancel* cancel) {
  const std::vector<size_t> slots =
      slots_with(selector, numbers_->view(), cancel, [](size_t, size_t position) { return position; });
  RowNumbers::Change change(*numbers_, slots);
  change.publish();
  return slots.size();
}

size_t Index::upsert(const Rows&, Missing, const Cancel*) {
  throw Error(Code::kUnsupported,
              format("%s numbers its vectors itself; wrap it: new IndexIDMap(index).upsert(vectors, ids)", kind()));
}

namespace {

// A search goes over removed rows as over others: up to a sixteenth more work, while compacting, which moves all rows,
// costs each removed one as much as moving sixteen.
constexpr size_t kDueShare = 16;
constexpr size_t kOverdueShare = 4;
// Fewer than these are not worth a thought.
constexpr size_t kFewRemoved = 256;
// Vectors that a step of compacting moves: half a millisecond; ten times as much where searches have been made to wait.
constexpr size_t kMovedAtOnce = size_t{1} << 20;
constexpr size_t kMovedWhileWaitedFor = 10 * kMovedAtOnce;

}  // namespace

Index::Compaction Index::compaction() const noexcept {
  const size_t removed = numbers_->removed();
  const size_t slots = removed + numbers_->size();
  if (removed < kFewRemoved || removed < slots / kDueShare) return Compaction::kNone;
  return removed < slots / kOverdueShare ? Compaction::kDue : Compaction::kOverdue;
}

void Index::tidy(Access held) noexcept {
  if (compaction() == Compaction::kNone && !numbers_->sweeping()) return;
  const bool excluded = held == Access::kExclusive;
  if (!excluded && !gate_->try_exclude()) return;
  try {
    if (moves_rows()) {
      compact_some(excluded ? kMovedWhileWaitedFor : kMovedAtOnce);
    } else {
      compact();
    }
  } catch (...) {
  }
  if (!excluded) gate_->end_exclusion();
}

void Index::compact_some(size_t bytes) {
  RowNumbers::Step step(*numbers_, std::max<size_t>(1, bytes / (d_ * sizeof(float))));
  move_rows(step.move());
  if (step.finish()) keep_rows(numbers_->slots());
}

void Index::compact() {
  const std::vector<size_t> slots = numbers_->removed_slots();
  if (!slots.empty()) remove_rows(slots);
}

void Index::require_trained() const {
  if (is_trained()) return;
  throw Error(Code::kNotTrained,
              format("This %s is not trained: call train(vectors) with a sample of the vectors first", kind()));
}

void Index::check_mergeable(const Index& other) const {
  check_not_itself(*this, other);
  if (std::strcmp(kind(), other.kind()) == 0 && metric() == other.metric() && d() == other.d()) return;
  throw Error(
      Code::kUnsupported,
      format("Only an index of the same kind, metric and d can be merged into this %s ('%s') of d %zu. Received "
             "%s ('%s') of d %zu",
             kind(), traits(metric()).name, d(), other.kind(), traits(other.metric()).name, other.d()));
}

std::vector<const SearchParameter*> Index::search_parameters() const {
  std::vector<const SearchParameter*> all;
  std::shared_ptr<Index> inside;
  for (const Index* index = this; index != nullptr; index = inside.get()) {
    const SearchParameters own = index->own_search_parameters();
    all.insert(all.end(), own.begin(), own.end());
    inside = index->inner();
  }
  return all;
}

void check_finite(const char* name, size_t n, size_t d, const float* x, const Cancel* cancel) {
  constexpr size_t kPiece = size_t{1} << 20;  // components between two looks at `cancel`
  const size_t total = n * d;
  for (size_t at = 0; at < total; at += kPiece) {
    poll(cancel);
    const size_t size = total - at < kPiece ? total - at : kPiece;
    const size_t bad = kernels().first_nonfinite(x + at, size);
    if (bad == size) continue;
    const float value = x[at + bad];
    throw Error(Code::kInvalidArgValue,
                format("The value of \"%s\" must be finite. Received %s at row %zu, component %zu", name,
                       value != value ? "NaN"
                       : value > 0    ? "Infinity"
                                      : "-Infinity",
                       (at + bad) / d, (at + bad) % d));
  }
}

}  // namespace voronode
