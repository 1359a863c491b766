#include "storage/key_table.h"

#include <cstring>
#include <mutex>

namespace voronode {
namespace {

// A block takes the longest entry, once they are of full size.
constexpr BlockSizes kTextBlocks{size_t{4} << 10, size_t{1} << 20, 16};
static_assert(kTextBlocks.top_bytes >= kMaxKeyBytes + kMaxLengthBytes);

// Less than this is not worth writing all text anew.
constexpr size_t kLittleText = size_t{64} << 10;

// Where an entry of so many bytes goes, from `at` on: into one block.
size_t fitting(const BlockShape& shape, size_t at, size_t bytes) noexcept {
  for (;;) {
    const size_t b = shape.block_of(at);
    const size_t end = shape.begin(b) + shape.capacity(b);
    if (end - at >= bytes) return at;
    at = end;
  }
}

// Entries side by side: first where they go, then their bytes.
class Text {
 public:
  Text() : shape_(1, 1, kTextBlocks), bytes_(1, kTextBlocks) {}

  Blocks<uint8_t>::View view() const { return bytes_.view(); }
  size_t size() const noexcept { return bytes_.size(); }
  size_t allocated_bytes() const noexcept { return bytes_.allocated_bytes(); }
  size_t place_from(size_t at, size_t bytes) const noexcept { return fitting(shape_, at, bytes); }
  // Room up to `end`, which is not below size(). Throws kNoMemory.
  void reserve(size_t end) { bytes_.reserve(end - size()); }
  // REQUIRES: the room is reserved, and the place fits.
  void put(size_t place, std::string_view key) noexcept {
    uint8_t* const to = bytes_.slot(place);
    const size_t n = write_length(key.size(), to);
    if (!key.empty()) std::memcpy(to + n, key.data(), key.size());
  }
  void publish(size_t end) noexcept { bytes_.publish(end - size()); }
  void truncate(size_t end) noexcept { bytes_.truncate(end); }
  void clear() noexcept { bytes_.clear(); }

 private:
  BlockShape shape_;
  Blocks<uint8_t> bytes_;
};

}  // namespace

uint64_t KeyTable::View::hash(std::string_view key, uint64_t seed) noexcept {
  uint64_t h = voronode::hash(key.size(), seed);
  for (; key.size() >= sizeof(uint64_t); key.remove_prefix(sizeof(uint64_t))) {
    uint64_t word = 0;
    std::memcpy(&word, key.data(), sizeof word);
    h = voronode::hash(h ^ word, seed);
  }
  uint64_t rest = 0;
  if (!key.empty()) std::memcpy(&rest, key.data(), key.size());
  return voronode::hash(h ^ rest, seed);
}

struct KeyTable::State {
  Blocks<int64_t> places{1};
  mutable std::mutex text_mutex;  // between rewrite_text(), which excludes all else, and who asks for bytes at any time
  std::unique_ptr<Text> text = std::make_unique<Text>();
  size_t live_text = 0;    // bytes of the entries of keys that are there
  size_t text_before = 0;  // the last append
  size_t live_before = 0;
  RowFinder<View> finder;

  void write_text(Keys keys, std::span<const int64_t> replaced, int64_t* out);
  void rewrite_text() noexcept;
  size_t copy_text(Text* to, const View& all) const;
};

KeyTable::KeyTable() : state_(std::make_unique<State>()) {}
KeyTable::~KeyTable() = default;
KeyTable::KeyTable(KeyTable&&) noexcept = default;
KeyTable& KeyTable::operator=(KeyTable&&) noexcept = default;

size_t KeyTable::size() const noexcept { return state_->places.size(); }
KeyTable::View KeyTable::view() const {
  auto places = state_->places.view();  // first: text is published before the places that name it
  return {std::move(places), state_->text->view()};
}
size_t KeyTable::allocated_bytes() const noexcept {
  const std::lock_guard<std::mutex> lock(state_->text_mutex);
  return state_->places.allocated_bytes() + state_->text->allocated_bytes();
}
size_t KeyTable::table_bytes() const noexcept { return state_->finder.bytes(); }

int64_t KeyTable::find(std::string_view key, const RowNumbers::View& rows) const {
  return state_->finder.find_last([this] { return view(); }, key, rows);
}

bool KeyTable::is_distinct() const {
  state_->finder.catch_up(view(), size());
  return state_->finder.is_distinct();
}

// ---- Appending ----

// Puts the text of new keys behind what there is, and says where the text of each lies.
void KeyTable::State::write_text(Keys keys, std::span<const int64_t> replaced, int64_t* out) {
  const auto stored = places.view();
  const auto is_new = [&](size_t i) { return replaced.empty() || replaced[i] == kNoSlot; };
  size_t end = text->size();
  size_t added = 0;
  for (size_t i = 0; i < keys.size(); ++i) {
    if (!is_new(i)) {
      out[i] = *stored.row(static_cast<size_t>(replaced[i]));
      continue;
    }
    const size_t bytes = entry_bytes(keys[i]);
    const size_t place = text->place_from(end, bytes);
    out[i] = static_cast<int64_t>(place);
    end = place + bytes;
    added += bytes;
  }
  text->reserve(end);
  for (size_t i = 0; i < keys.size(); ++i) {
    if (is_new(i)) text->put(static_cast<size_t>(out[i]), keys[i]);
  }
  text_before = text->size();
  live_before = live_text;
  text->publish(end);
  live_text += added;
}

void KeyTable::append(Keys keys, std::span<const int64_t> replaced) {
  State& state = *state_;
  std::vector<int64_t> places(keys.size());
  state.places.reserve(keys.size());
  state.write_text(keys, replaced, places.data());
  state.places.fill(keys.size(), places.data());
  state.places.publish(keys.size());
}

void KeyTable::truncate(size_t n) noexcept {
  state_->places.truncate(n);
  state_->text->truncate(state_->text_before);
  state_->live_text = state_->live_before;
}

void KeyTable::catch_up(size_t rows) noexcept {
  try {
    state_->finder.catch_up(view(), rows);
  } catch (const std::bad_alloc&) {
    // A lookup that needs it tries again, and says so.
  }
}

void KeyTable::forget(const std::vector<size_t>& slots) noexcept {
  const View all = view();
  for (const size_t slot : slots) state_->live_text -= entry_bytes(all.key(slot));
}

// ---- Compacting ----

// The entries of all rows, in their order; where the last one ends. May throw.
size_t KeyTable::State::copy_text(Text* to, const View& all) const {
  size_t end = 0;
  for (size_t slot = 0; slot < all.size(); ++slot) {
    const std::string_view key = all.key(slot);
    const size_t place = to->place_from(end, entry_bytes(key));
    end = place + entry_bytes(key);
    to->reserve(end);
    to->put(place, key);
  }
  to->publish(end);
  return end;
}

// If most of the text is of keys that went. Without memory it stays.
void KeyTable::State::rewrite_text() noexcept {
  if (text->size() < kLittleText || text->size() / 2 <= live_text) return;
  try {
    auto fresh = std::make_unique<Text>();
    const View all(places.view(), text->view());
    copy_text(fresh.get(), all);
    size_t end = 0;
    for (size_t slot = 0; slot < places.size(); ++slot) {
      const size_t bytes = entry_bytes(all.key(slot));
      const size_t place = fresh->place_from(end, bytes);
      *places.slot(slot) = static_cast<int64_t>(place);
      end = place + bytes;
    }
    const std::lock_guard<std::mutex> lock(text_mutex);
    text.swap(fresh);
  } catch (...) {
  }
}

void KeyTable::remove(const std::vector<size_t>& slots) noexcept {
  state_->places.remove(slots);
  state_->finder.clear();
  state_->rewrite_text();
}

void KeyTable::move(const RowMove& move, const RowNumbers::View& rows) noexcept {
  state_->finder.move(view(), move, rows);
  state_->places.move(move);
}

void KeyTable::keep(size_t n) noexcept {
  state_->finder.keep(n);
  state_->places.truncate(n);
  state_->places.release_spare();
  state_->rewrite_text();
}

void KeyTable::clear() noexcept {
  state_->finder.clear();
  state_->places.clear();
  state_->text->clear();
  state_->live_text = 0;
}

}  // namespace voronode
